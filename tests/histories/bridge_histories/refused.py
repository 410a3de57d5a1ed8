"""What must be true while a vendor refuses something: the agents can read what, and what to do about it."""

from bridge_histories.history import History
from bridge_histories.refusals import Work
from bridge_histories.seen import ON_HOLD, End, Seen
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes.comments import DeleteComment, EditComment, WriteComment
from escalation_bridge.domain.case.writes.files import PassFile

NOT_OVER = "not copied to"
NOT_THROUGH = "Could not deliver"
"""What the bridge's notes about what failed say in English; they say something else when it got over, where notes can be reworded."""


def is_refused(history: History, record: IntentRecord) -> bool:
    """Whether a write failed because something is refused where it goes, or where it is read for it."""
    refused = history.troubles.refused
    return refused is not None and (
        Work.READING in refused.right.work or record.intent.connection == refused.end
    )


def judge_refusals(history: History, view: CaseView, seen: dict[End, Seen]) -> None:
    """Judge what the tickets say of writes that are refused, or were.

    Raises:
        AssertionError: Nobody is told, or people are told what is not true any more.
    """
    refused = history.troubles.refused
    if refused is None:
        for end, ticket in seen.items():
            if history.desk(end).can_reword(public=False):
                unsettled = [text for text in _own_notes(ticket) if NOT_OVER in text or NOT_THROUGH in text]
                assert not unsettled, f"all got over, and at the {end} end it says {unsettled}"
        return
    failed = [record for record in view.intents.values() if record.state is IntentState.FAILED]
    lost = [
        record.intent for record in failed if isinstance(record.intent, WriteComment) and record.intent.source
    ]
    for intent in lost:
        assert intent.source is not None
        end = End(intent.source[0].connection)
        unreadable = end is refused.end and Work.READING in refused.right.work
        told = any(NOT_OVER in text for text in _own_notes(seen[end]))
        assert told or unreadable, f"at the {end} end nobody is told of {intent}"
    if refused.end is End.LINKED and any(_has_to_be_told(record) for record in failed):
        told = any(
            words in text
            for words in (NOT_THROUGH, NOT_OVER, ON_HOLD)
            for text in _own_notes(seen[End.ORIGIN])
        )
        assert told, f"nobody is told of {failed}"


def _own_notes(ticket: Seen) -> list[str]:
    return [said.text for said in ticket.comments if said.by_bridge and not said.public]


def _has_to_be_told(record: IntentRecord) -> bool:
    """At the ticket that files and rewordings are for it is told of them, if that is not what is refused."""
    return not isinstance(record.intent, PassFile | EditComment | DeleteComment)
