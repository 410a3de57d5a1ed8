"""Promises about empty answers, as faulty vendors send them: they never mean that there is nothing."""

from typing import Any

import pytest

from escalation_bridge.errors import NotApplied, RateLimited, UnreadableAnswer, VendorError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import SECRET, Bench, Trouble, expect
from escalation_bridge.testing.conformance.errands import Errand, Errands

READING = ("check_connection", "describe_fields", "fetch_ticket", "fetch_comments", "native_clocks")
FINDING = ("find_ticket", "find_by_key", "changes_since", "open_tickets", "list_subscriptions")
WRITING = ("create_ticket", "update_ticket", "add_comment", "subscribe_webhooks")
PUTTING = ("link_ticket", "add_attachment", "edit_comment", "delete_comment")
"""Writes that a vendor may confirm without any content."""
_MOST_REQUESTS = 60
_MOST_WAITS = 5


class EmptinessPromises(Bench):
    """Every hook reports an empty answer as an error.

    Treated as an empty list, it would duplicate a ticket, delete comments, or make a status unreachable. So it is a
    temporary error, which is retried.
    """

    @pytest.mark.parametrize("hook", [*READING, *FINDING, *WRITING])
    def test_an_empty_answer_does_not_say_that_there_is_nothing(self, desk_of: Helpdesk, hook: str) -> None:
        errand = Errands(self, desk_of, desk_of).make(hook)
        self.arrange(Trouble.EMPTY, hook)
        with pytest.raises(VendorError) as unread:
            errand.run()
        self.__tried_again(hook, unread.value)
        error = unread.value
        expect(error.at.connection == desk_of.name, f"{hook}: an error names its connection")
        expect(error.at.operation, f"{hook}: an error names its operation")

    @pytest.mark.parametrize("hook", [*READING, *FINDING, *WRITING, *PUTTING])
    def test_one_empty_answer_among_others_does_no_harm(self, make_desk: Any, hook: str) -> None:
        """Each request of a hook in turn gets an empty answer, once."""
        for before in range(_MOST_REQUESTS):
            # A new plugin without a cache.
            desk: Helpdesk = make_desk(SECRET)
            errand = Errands(self, make_desk(SECRET), desk).make(hook)
            met = self.empty_once(before)
            result = self.__with_retries(desk, hook, errand)
            it_was_met = met()
            self.calm()
            expect(
                errand.is_done(result),
                f"{hook}: request {before + 1} was answered with nothing, and in the end it returned {result!r}",
            )
            if not it_was_met:
                return
        expect(holds=False, broken=f"{hook}: it takes more than {_MOST_REQUESTS} requests")

    def __with_retries(self, desk: Helpdesk, hook: str, errand: Errand) -> object:
        """Retry what is retryable, as the engine does."""
        for _ in range(_MOST_WAITS):
            try:
                return errand.run()
            except VendorError as error:
                self.__tried_again(hook, error)
                if isinstance(error, RateLimited):
                    self.wait(error.at.retry_after or 0.0)
                desk.budgets.forget()
        return errand.run()

    def __tried_again(self, hook: str, error: VendorError) -> None:
        expect(
            error.can_retry or isinstance(error, UnreadableAnswer | NotApplied),
            f"{hook}: an empty answer must not be given up on, as {type(error).__name__} is: {error}",
        )
