"""A round goes on with a case in memory. Wherever this is in force, it has to be what the store reads, after every gathering."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any
from unittest import mock

from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.engine import case_rounds, fresh_decisions
from escalation_bridge.store.cases import case_views
from escalation_bridge.store.queue.wakes import wake_count

_OF_STORE = {
    field.name
    for field in fields(CaseView)
    # What is asked of others when a case is decided, and what other cases know, which may change meanwhile.
    if field.name
    not in {
        *("vendors", "turn_at", "unread", "halfway", "siblings", "beyond", "relays", "refusals"),
        *("standstills", "advice", "incident"),
    }
}


class Diverged(BaseException):
    """What no handler catches: the worker puts a case off whose work raises an error."""


def _compare(bridge: Any, claim: Any, view: CaseView) -> None:
    with bridge.database.read() as transaction:
        stored = case_views.load_case(transaction, claim.case_id)
        woken = wake_count(transaction, claim.case_id) != claim.wake_count
    for name in sorted(_OF_STORE):
        carried, kept = getattr(view, name), getattr(stored, name)
        if name == "fired":  # in no order
            carried, kept = set(carried), set(kept)
        if carried != kept and not woken:  # else somebody else changed it meanwhile
            raise Diverged(f"{name}: {carried!r} is carried, {kept!r} is stored")


@contextmanager
def carried_views_are_checked() -> Iterator[None]:
    """Compare what is carried with what is stored, whoever gathers."""

    def checked(real: Any) -> Any:
        def gather(bridge: Any, claim: Any, view: CaseView, *args: Any) -> Any:
            _compare(bridge, claim, view)
            gathered = real(bridge, claim, view, *args)
            _compare(bridge, claim, gathered.view)
            return gathered

        return gather

    with (
        mock.patch.object(case_rounds, "gather", checked(case_rounds.gather)),
        mock.patch.object(fresh_decisions, "read_again", checked(fresh_decisions.read_again)),
    ):
        yield
