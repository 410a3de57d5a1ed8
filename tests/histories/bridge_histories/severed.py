"""Two tickets whose link was taken back: nothing that people do at one end reaches the other any more."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bridge_histories.asking import Asked
from bridge_histories.remarks import Remark
from bridge_histories.seen import End, Seen

if TYPE_CHECKING:
    from bridge_histories.history import History


class Severed:
    """Two tickets whose link was taken back.

    Attributes:
        written: How many comments of each ticket were the bridge's when all was quiet first, apart from answers.
    """

    def __init__(self) -> None:
        self.written: dict[End, int] = {}

    def judge(self, history: "History", seen: Mapping[End, Seen]) -> None:
        """Judge that nothing goes over, apart from what was decided before.

        Raises:
            AssertionError: Something of what people did at one end shows at the other.
        """
        written = {
            end: sum(said.by_bridge and not said.is_answer for said in ticket.comments)
            for end, ticket in seen.items()
        }
        for remark in history.remarks:
            told = any(remark.is_told_in(text) for text in seen[remark.end.other].words)
            late = any(_is_later(remark, asked) for asked in history.asking.unlinks)
            assert not (told and late), f"{remark}: carried over all the same"
        if history.asking.severed:
            assert written == self.written, f"the bridge wrote on: {written} instead of {self.written}"
            for end, ticket in seen.items():
                left = history.left_at[end] if end in history.moved else history.in_step_at[end]
                assert ticket.status == left, f"people left the {end} end at {left!r}: {ticket.status!r}"
            history.fields.judge(None, {end: ticket.id for end, ticket in seen.items()}, history.asking)
        self.written = written


def _is_later(remark: Remark, asked: Asked) -> bool:
    """Whether something was said behind the note that took the link back, which the bridge reads first."""
    return asked.step.end is remark.end and remark.number >= asked.remarks
