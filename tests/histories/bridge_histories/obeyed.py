"""What agents asked the bridge for, as it has to be answered and done when all is quiet."""

from collections.abc import Mapping

from bridge_histories.asking import UNLINKED
from bridge_histories.history import History
from bridge_histories.refusals import Work
from bridge_histories.said import judge_remark
from bridge_histories.seen import End, Seen
from escalation_bridge.domain.case.cases import CaseView, Link
from escalation_bridge.domain.routes.sides import Side


def judge_notes(history: History, view: CaseView, seen: Mapping[End, Seen]) -> None:
    """Judge how notes to the bridge were answered, and that they stay where they are.

    Raises:
        AssertionError: One is not answered once, or shows elsewhere; or a link is taken back that nobody asked for, or is not.
    """
    asking = history.asking
    _is_linked_as_asked(history, view, seen)
    for asked in asking.notes:
        shown = {end: sum(text.count(asked.token) for text in ticket.words) for end, ticket in seen.items()}
        assert shown[asked.step.end] == 1, f"{asked} was repeated: {shown}"
        assert shown.get(asked.step.end.other, 0) == 0, f"{asked} was carried over"
    for remark in asking.aloud if view.links else ():
        judge_remark(history, remark, seen[remark.end.other])
    for end, ticket in seen.items():
        answers = [said for said in ticket.comments if said.is_answer]
        told = [said for said in ticket.comments if said.by_bridge and UNLINKED in said.text]
        assert not any(said.public for said in (*answers, *told)), f"customers read answers at the {end} end"
        (least, most), notices = _expected(history, end), int(bool(asking.unlinks))
        if _may_be_silent(history, end):
            least = 0
        else:
            assert len(told) == notices, f"the {end} end is told so {len(told)} times"
        assert len(told) <= notices, f"the {end} end is told so {len(told)} times"
        assert least <= len(answers) <= most, f"at the {end} end {asking.notes} have {answers}"


def _is_linked_as_asked(history: History, view: CaseView, seen: Mapping[End, Seen]) -> None:
    if End.LINKED not in seen:
        return
    unlinks = history.asking.unlinks
    assert view.links or unlinks, "taken back, and nobody asked for it"
    refused = history.troubles.refused
    heard = refused is None or Work.READING not in refused.right.work
    assert not (view.links and unlinks and heard), f"{view.links} after {unlinks}"


def _may_be_silent(history: History, end: End) -> bool:
    """Whether the bridge cannot hear what is asked there, or cannot answer."""
    refused = history.troubles.refused
    return refused is not None and refused.concerns(end, Work.COMMENTS)


def _expected(history: History, end: End) -> tuple[int, int]:
    """How many answers an end shows, at the least and at the most.

    That the link is no more is the answer to who had it taken back; and what is asked for in a ticket that is not linked any more
    is not heard.
    """
    notes = sum(asked.step.end is end for asked in history.asking.notes)
    ends = {asked.step.end for asked in history.asking.unlinks}
    most = notes - (ends == {end})
    return (0 if ends and end is End.LINKED else notes - (end in ends)), most


def judge_choices(history: History, link: Link, seen: Mapping[End, Seen]) -> None:
    """Judge what became of the statuses' conflict after agents chose whose counts, and nobody set another one.

    Raises:
        AssertionError: It is on hold for that still, or the chosen status does not hold.
    """
    sides = history.asking.chosen("status")
    if history.held_for != "status_conflict" or len(sides) != 1 or history.moved:
        return
    (side,) = sides
    assert link.hold is None or link.hold.reason != "status_conflict", f"{side} was chosen, and {link.hold}"
    if link.hold is None:
        left, shown = history.in_step_at[side], {end: ticket.status for end, ticket in seen.items()}
        wish = history.world.pair.words(Side(side.value), history.world.rulebook)[left]
        assert (shown[side], shown[side.other]) == (left, wish), f"{side} was chosen with {left!r}: {shown}"
