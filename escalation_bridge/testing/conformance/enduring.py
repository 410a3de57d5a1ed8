"""Promises about limits, refusals, and missing or closed tickets: each has its own error."""

from collections.abc import Callable

import pytest

from escalation_bridge.domain.tickets.tickets import (
    CommentDraft,
    Presence,
    Priority,
    TicketChange,
    Visibility,
)
from escalation_bridge.errors import (
    AuthenticationFailed,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    TicketClosed,
    TicketNotFound,
    Unavailable,
    UnreadableAnswer,
    VendorError,
)
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import Bench, Trouble, expect, need, new_key, new_subject
from escalation_bridge.text.rich_text import from_text

HOOKS = ("fetch_ticket", "fetch_comments", "find_ticket", "create_ticket", "update_ticket", "add_comment")
EACH = pytest.mark.parametrize("hook", HOOKS)
WRITING = ("create_ticket", "update_ticket", "add_comment")
WORDS = "Secretly ours."


class EnduringPromises(Bench):
    """Every hook reports why the vendor cannot or will not answer."""

    def __call(self, desk: Helpdesk, hook: str) -> Callable[[], object]:
        """A call of a hook, with its setup."""
        need(desk, hook, "fetch_ticket")
        ticket_id = self.customer_writes(new_subject(), "The checkout fails.")
        ticket = desk.fetch_ticket(ticket_id)
        key, draft = new_key(), self.draft(new_subject())
        comment = CommentDraft(from_text(WORDS), Visibility.PRIVATE)
        change = TicketChange(priority=Priority.URGENT)
        calls: dict[str, Callable[[], object]] = {
            "fetch_ticket": lambda: desk.fetch_ticket(ticket_id),
            "fetch_comments": lambda: desk.fetch_comments(ticket_id, None),
            "find_ticket": lambda: desk.find_ticket(key, None),
            "create_ticket": lambda: desk.create_ticket(draft, key),
            "update_ticket": lambda: desk.update_ticket(ticket_id, change, ticket),
            "add_comment": lambda: desk.add_comment(ticket_id, comment, key),
        }
        return calls[hook]

    def __check_error(self, desk: Helpdesk, hook: str, error: VendorError) -> None:
        expect(error.at.connection == desk.name, f"{hook}: an error names its connection")
        expect(error.at.operation, f"{hook}: an error names its operation")
        expect(WORDS not in str(error), f"{hook}: an error must not quote what was written: {error}")

    @EACH
    def test_a_limit_is_told_with_the_time_to_wait(self, desk_of: Helpdesk, hook: str) -> None:
        call = self.__call(desk_of, hook)
        self.arrange(Trouble.RATE_LIMITED, hook, retry_after="77")
        with pytest.raises(RateLimited) as limited:
            call()
        self.__check_error(desk_of, hook, limited.value)
        waiting = limited.value.at.retry_after
        expect(
            waiting is not None and 76 <= waiting <= 78,
            f"{hook}: the vendor asked to wait 77 seconds, retry_after is {waiting}",
        )
        self.calm()
        desk_of.budgets.forget()  # as after 77 seconds
        call()

    @pytest.mark.parametrize("retry_after", [None, "0", "soon"])
    def test_a_limit_without_a_usable_time_is_a_limit_too(
        self, desk_of: Helpdesk, retry_after: str | None
    ) -> None:
        call = self.__call(desk_of, "fetch_ticket")
        self.arrange(Trouble.RATE_LIMITED, "fetch_ticket", retry_after=retry_after)
        with pytest.raises(RateLimited) as limited:
            call()
        waiting = limited.value.at.retry_after
        expect(not waiting, f"fetch_ticket: no time was given, retry_after is {waiting}")

    @EACH
    def test_refused_credentials_are_told_as_such(self, desk_of: Helpdesk, hook: str) -> None:
        call = self.__call(desk_of, hook)
        self.arrange(Trouble.UNAUTHORIZED, hook)
        with pytest.raises(AuthenticationFailed) as refused:
            call()
        self.__check_error(desk_of, hook, refused.value)

    @EACH
    def test_a_missing_permission_is_told_as_such(self, desk_of: Helpdesk, hook: str) -> None:
        call = self.__call(desk_of, hook)
        self.arrange(Trouble.FORBIDDEN, hook)
        with pytest.raises(PermissionDenied) as refused:
            call()
        self.__check_error(desk_of, hook, refused.value)

    @EACH
    def test_a_vendor_in_trouble_is_tried_again_later(self, desk_of: Helpdesk, hook: str) -> None:
        call = self.__call(desk_of, hook)
        self.arrange(Trouble.SERVER_ERROR, hook)
        with pytest.raises((Unavailable, OutcomeUnknown)) as down:
            call()
        self.__check_error(desk_of, hook, down.value)
        expect(down.value.can_retry, f"{hook}: a vendor in trouble comes back; can_retry must be true")
        self.calm()
        call()

    @EACH
    def test_a_login_page_is_no_answer(self, desk_of: Helpdesk, hook: str) -> None:
        call = self.__call(desk_of, hook)
        self.arrange(Trouble.LOGIN_PAGE, hook)
        wrong = (UnreadableAnswer, OutcomeUnknown) if hook in WRITING else UnreadableAnswer
        with pytest.raises(wrong) as page:
            call()
        self.__check_error(desk_of, hook, page.value)

    @pytest.mark.parametrize("hook", ["update_ticket", "add_comment"])
    def test_nothing_is_written_to_a_ticket_that_is_not_there(self, desk_of: Helpdesk, hook: str) -> None:
        need(desk_of, hook, "fetch_ticket")
        ticket = desk_of.fetch_ticket(self.customer_writes(new_subject(), "The checkout fails."))
        comment = CommentDraft(from_text(WORDS), Visibility.PRIVATE)
        change = TicketChange(priority=Priority.URGENT)
        calls: dict[str, Callable[[], object]] = {
            "update_ticket": lambda: desk_of.update_ticket("999999999", change, ticket),
            "add_comment": lambda: desk_of.add_comment("999999999", comment, new_key()),
        }
        with pytest.raises(TicketNotFound):
            calls[hook]()

    def test_a_deleted_ticket_is_gone_or_told_as_deleted(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_ticket")
        ticket_id = self.customer_writes(new_subject(), "The checkout fails.")
        self.delete(ticket_id)
        try:
            ticket = desk_of.fetch_ticket(ticket_id)
        except TicketNotFound:
            return
        expect(
            ticket.presence is Presence.DELETED,
            f"fetch_ticket: a deleted ticket that can be read has the presence deleted, not {ticket.presence}",
        )

    def test_a_closed_ticket_takes_nothing(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_ticket", "update_ticket", "add_comment")
        ticket_id = self.customer_writes(new_subject(), "The checkout fails.")
        self.close(ticket_id)
        ticket = desk_of.fetch_ticket(ticket_id)
        with pytest.raises(TicketClosed):
            desk_of.update_ticket(ticket_id, TicketChange(priority=Priority.URGENT), ticket)
        with pytest.raises(TicketClosed):
            desk_of.add_comment(ticket_id, CommentDraft(from_text(WORDS), Visibility.PRIVATE), new_key())
