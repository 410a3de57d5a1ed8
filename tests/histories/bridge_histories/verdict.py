"""What must be true when all is quiet: seen from outside, as the vendors show it."""

from collections.abc import Mapping

from bridge_histories.files_passed import judge_files
from bridge_histories.history import History
from bridge_histories.obeyed import judge_choices, judge_notes
from bridge_histories.refusals import Work
from bridge_histories.refused import is_refused, judge_refusals
from bridge_histories.remarks import SECRET
from bridge_histories.said import is_told_in_a_note, judge_remark
from bridge_histories.seen import End, Seen
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.routes.sides import Keep, Side

ROBOTIC = 10
"""So many changes within five minutes are what the bridge takes for a robot's."""
REOPENINGS = 5
"""So often within a day the bridge takes a ticket up again by itself."""
Words = Mapping[str, str | Keep]


def judge(history: History) -> None:
    """Judge a history in which all is quiet.

    Raises:
        AssertionError: Something is not as promised.
    """
    view = history.world.view()
    seen = {end: history.desk(end).look(ticket) for end in End if (ticket := history.id_at(end)) is not None}
    _nothing_private_shows(seen)
    if view is not None:
        _nothing_is_left_to_do(view, history)
        judge_notes(history, view, seen)
    tickets = {end: ticket.id for end, ticket in seen.items()}
    if view is None or End.LINKED not in seen:
        answers = history.needs.with_words(seen, held=0)
        assert history.bridge_writes() <= answers, "written, and nothing was handed on"
        return
    if not view.links:
        _few_writes(history, 0, seen)
        if history.troubles.refused is None:  # else something that was decided before still waits
            history.severed.judge(history, seen)
            history.fields.still(None, tickets)
            history.asking.still(severed=True)
            history.still({end: ticket.status for end, ticket in seen.items()}, held_for=None)
        return
    assert len(view.links) == 1, f"{len(view.links)} links"
    link = view.links[0]
    refused = history.troubles.refused
    stuck = refused is not None and any(refused.concerns(end, Work.CHANGES) for end in End)
    if not stuck:
        judge_choices(history, link, seen)
        _statuses_agree(history, link, seen)
        history.fields.judge(link, tickets, history.asking)
    _holds_are_told(history, link, seen)
    judge_refusals(history, view, seen)
    for remark in history.remarks:
        judge_remark(history, remark, seen[remark.end.other])
    judge_files(history, seen)
    _few_writes(history, _holds(link), seen)
    if not stuck:  # else what people did still waits for being carried over
        history.fields.still(link, tickets)
        history.asking.still(severed=False)
        history.still(
            {end: ticket.status for end, ticket in seen.items()}, held_for=link.hold and link.hold.reason
        )


def _nothing_private_shows(seen: dict[End, Seen]) -> None:
    for end, ticket in seen.items():
        for text in ticket.shown:
            assert SECRET not in text, f"the customer reads at the {end} end: {text}"


def _nothing_is_left_to_do(view: CaseView, history: History) -> None:
    for record in view.intents.values():
        assert not record.state.outstanding, f"still outstanding: {record}"
        if record.state is IntentState.FAILED:
            refused = isinstance(record.intent, ChangeTicket) and _may_refuse(history)
            excused = refused or is_refused(history, record) or is_told_in_a_note(history, record.intent)
            assert excused, f"given up: {record}"


def _may_refuse(history: History) -> bool:
    """Whether a vendor has good reason to refuse a status: out of the service desk's last status leads no way."""
    pair = history.world.pair
    linked = history.linked()
    return (
        pair.name == "zendesk-jira"
        and linked is not None
        and history.desk(End.LINKED).status(linked) == "Closed"
    )


def _statuses_agree(history: History, link: Link, seen: dict[End, Seen]) -> None:
    """Both statuses agree under the map, or the link is held for a reason that there is, and both tickets say so.

    They agree where one of them is what the map makes of the other one. Where people changed only one side since all was
    quiet last, that side stays as they left it, and the other one is what the map makes of it.
    """
    pair, rulebook = history.world.pair, history.world.rulebook
    words: dict[End, Words] = {End(side.value): pair.words(side, rulebook) for side in Side}
    shown = {end: ticket.status for end, ticket in seen.items()}
    if link.hold is not None:
        _held_for_good_reason(history, link, words, shown)
        return
    wishes = {end: words[end].get(shown[end]) for end in End}
    for end in End:
        # What the bridge itself has set there needs no counterpart.
        ours = wishes[end.other] == shown[end] or history.left_at.get(end) != shown[end]
        assert wishes[end] is not None or ours, f"{shown[end]!r} is not mapped, and the link is not held"
    satisfied = [end for end in End if wishes[end] in (Keep.KEEP, shown[end.other])]
    assert satisfied, f"{shown} do not belong together"
    end = _whose_word_counts(history, words)
    if end is not None:
        assert shown[end] == history.left_at[end], (
            f"people set the {end} end to {history.left_at[end]!r}, and it shows {shown[end]!r}"
        )
        assert end in satisfied, f"{shown}: the {end.other} end did not follow"


def _holds(link: Link) -> int:
    """How much is on hold: the link itself, and fields."""
    return (link.hold is not None) + sum(state.hold is not None for state in link.fields.values())


def _holds_are_told(history: History, link: Link, seen: dict[End, Seen]) -> None:
    """Internal notes in both tickets say what is on hold, as far as any note is taken there."""
    refused = history.troubles.refused
    for end, ticket in seen.items():
        if refused is not None and refused.concerns(end, Work.COMMENTS):
            continue
        noted = sum(said.tells_of_a_hold and not said.public for said in ticket.comments)
        assert noted >= _holds(link), f"{noted} notes at the {end} end say what is on hold, of {_holds(link)}"


def _whose_word_counts(history: History, words: dict[End, Words]) -> End | None:
    """The end that alone was changed since both were in step, or the owner's where both were before the bridge looked."""
    if not history.in_step or not history.moved:
        return None
    if len(history.moved) == 1:
        return next(iter(history.moved))
    owner = history.world.rulebook.owner
    if owner is None or history.worked_between:
        return None
    end = End(owner.value)
    left = history.left_at[end]
    # What the owner's side has nothing to say about, or has taken back, the other one may.
    return None if left == history.in_step_at[end] or words[end].get(left, Keep.KEEP) is Keep.KEEP else end


def _held_for_good_reason(
    history: History, link: Link, words: dict[End, Words], shown: dict[End, str]
) -> None:
    assert link.hold is not None
    match link.hold.reason:
        case "status_unmapped":
            assert any(shown[end] not in words[end] for end in End), f"{shown} are mapped"
        case "status_conflict":
            assert history.world.rulebook.owner is None, "held, and somebody owns the status"
            assert history.moved_ever == set(End), "held for a conflict, and only one side was changed"
        case "status_refused":
            could_fail = history.troubles.refused_ever or _may_refuse(history)
            assert could_fail, f"refused for no reason: {link.hold}"
        case "write_budget":
            edits = history.edits + history.fields.edits
            assert edits >= ROBOTIC, f"held as if for a robot, after {edits} changes by people"
        case "ping_pong":
            assert history.edits >= REOPENINGS, "held for reopenings that nobody made"
        case reason:
            raise AssertionError(f"held for {reason}")


def _few_writes(history: History, held: int, seen: dict[End, Seen]) -> None:
    """The bridge writes less than twice what the history needs at the least; see `Needs` for what that is."""
    needed = history.needs.with_words(seen, held=held)
    written = history.bridge_writes()
    assert written < 2 * needed, f"{written} writes where {needed} were needed"
