"""What people changed in a ticket besides what they meant to: a vendor sets a status for an answer."""

from typing import TYPE_CHECKING

from bridge_histories.seen import End

if TYPE_CHECKING:
    from bridge_histories.history import History


class Moving:
    """Notes whether what a person does changes a ticket's status or fields: a customer's answer may reopen it."""

    def __init__(self, history: "History", end: End, ticket: str) -> None:
        self._history, self._end, self._ticket = history, end, ticket

    def __enter__(self) -> None:
        self._before = self._history.desk(self._end).status(self._ticket)
        self._fields = self._history.fields.values(self._end, self._ticket)

    def __exit__(self, *_: object) -> None:
        after = self._history.desk(self._end).status(self._ticket)
        if after != self._before:
            self._history.note_move(self._end, after)
        fields = self._history.fields.values(self._end, self._ticket)
        self._history.fields.note(self._end, self._fields, fields)
