"""Promises about creating: one ticket for one key, whatever happens to the answers."""

from datetime import timedelta

import pytest

from escalation_bridge.domain.tickets.tickets import Ticket
from escalation_bridge.errors import NotSettled, OutcomeUnknown, RateLimited, Rejected
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import Bench, Trouble, expect, need, new_key, new_subject


class CreatingPromises(Bench):
    """`find_ticket` and `create_ticket`."""

    def __find(self, desk: Helpdesk, key: str, lost: str = "") -> Ticket | None:
        """Retry as the engine does, if the plugin does not know yet."""
        sent_at = self.now()
        for _ in range(3):
            try:
                return desk.find_ticket(key, sent_at)
            except NotSettled as unsettled:
                expect(
                    unsettled.at.retry_after and unsettled.at.retry_after > 0,
                    "find_ticket: NotSettled must say in retry_after when to ask again",
                )
                self.wait((unsettled.at.retry_after or 0.0) + 0.1)
        pytest.fail(f"find_ticket: it never settles{lost}", pytrace=False)

    def test_a_ticket_is_created_as_drafted(self, desk_of: Helpdesk) -> None:
        need(desk_of, "create_ticket")
        draft, key = self.draft(new_subject()), new_key()
        created = desk_of.create_ticket(draft, key)
        seen = self.look(created.ref.id)
        expect(
            seen.subject == created.subject == draft.summary,
            f"create_ticket: the subject is to be {draft.summary!r}; stored {seen.subject!r}, returned {created.subject!r}",
        )
        for words in draft.description.text.split("\n\n"):
            expect(
                words in " ".join(created.description.text.split()),
                f"create_ticket: {words!r} is missing in the description {created.description.text!r}",
            )
        expect(
            "The checkout fails." in seen.text, f"create_ticket: the description is stored as {seen.text!r}"
        )
        expect(
            seen.priority is created.priority is draft.priority,
            f"create_ticket: the priority is to be {draft.priority}; stored {seen.priority}, returned {created.priority}",
        )
        labels = {label.casefold() for label in draft.labels}
        expect(
            labels <= {tag.casefold() for tag in seen.tags}
            and labels <= {t.casefold() for t in created.tags},
            f"create_ticket: labels {sorted(labels)} are missing; stored {sorted(seen.tags)}, returned {created.tags}",
        )
        expect(created.bridge_key == key, "create_ticket: the returned ticket must carry its key")
        expect(
            created.ref.connection == desk_of.name, "create_ticket: a ref must carry the connection's name"
        )

    def test_a_created_ticket_is_found_by_its_key_and_no_other(self, desk_of: Helpdesk) -> None:
        need(desk_of, "create_ticket", "find_ticket")
        key = new_key()
        created = desk_of.create_ticket(self.draft(new_subject()), key)
        found = self.__find(desk_of, key)
        expect(
            found is not None and found.ref == created.ref,
            f"find_ticket: {created.ref} has the key; got {found}",
        )
        for other in (new_key(), f"{key[:-1]}{'0' if key[-1] != '0' else '1'}"):
            expect(
                desk_of.find_ticket(other, None) is None,
                "find_ticket: a ticket was found by a key that it does not have",
            )

    def test_a_ticket_is_read_with_its_key(self, desk_of: Helpdesk) -> None:
        need(desk_of, "create_ticket", "fetch_ticket")
        key = new_key()
        created = desk_of.create_ticket(self.draft(new_subject()), key)
        read = desk_of.fetch_ticket(created.ref.id)
        expect(
            read.bridge_key == key,
            "fetch_ticket: a ticket that the bridge created must carry the key: else it escalates its own tickets",
        )

    def test_the_engines_two_steps_make_one_ticket_when_the_answer_is_lost(self, desk_of: Helpdesk) -> None:
        need(desk_of, "create_ticket", "find_ticket")
        draft, key = self.draft(new_subject()), new_key()
        self.arrange(Trouble.ANSWER_LOST, "create_ticket")
        with pytest.raises(OutcomeUnknown):
            desk_of.create_ticket(draft, key)
        found = self.__find(desk_of, key, " after a create whose answer was lost")
        expect(
            found, "find_ticket: the ticket was created, only the answer was lost; it would be created twice"
        )
        count = self.count_tickets(draft.summary)
        expect(count == 1, f"create_ticket: {count} tickets were made of one whose answer was lost")

    def test_nothing_found_is_not_believed_too_early(self, desk_of: Helpdesk) -> None:
        need(desk_of, "create_ticket", "find_ticket")
        self.arrange(Trouble.SEARCH_LAGS, "find_ticket")
        key, sent_at = new_key(), self.now()
        created = desk_of.create_ticket(self.draft(new_subject()), key)
        try:
            found = desk_of.find_ticket(key, sent_at)
        except NotSettled as unsettled:
            expect(
                unsettled.at.retry_after, "find_ticket: NotSettled must say in retry_after when to ask again"
            )
            return
        expect(
            found is not None and found.ref == created.ref,
            "find_ticket: the search does not know the ticket yet: that is NotSettled, not nothing",
        )

    def test_long_after_nothing_is_nothing(self, desk_of: Helpdesk) -> None:
        need(desk_of, "find_ticket")
        expect(
            desk_of.find_ticket(new_key(), self.now() - timedelta(days=1)) is None,
            "find_ticket: a day after the create nothing found is an answer",
        )

    def test_a_refused_create_makes_nothing(self, desk_of: Helpdesk) -> None:
        need(desk_of, "create_ticket")
        draft = self.draft(new_subject())
        self.arrange(Trouble.RATE_LIMITED, "create_ticket", retry_after="60")
        with pytest.raises(RateLimited):
            desk_of.create_ticket(draft, new_key())
        self.calm()
        count = self.count_tickets(draft.summary)
        expect(count == 0, "create_ticket: the vendor refused, and there is a ticket")

    def test_a_field_that_the_vendor_does_not_have_is_named(self, desk_of: Helpdesk) -> None:
        """It is refused by name, or omitted and named: never dropped silently."""
        need(desk_of, "create_ticket")
        draft, field = self.draft(new_subject()), "no_such_field_of_the_kit"
        fields = {**draft.fields, field: "x"}
        unknown = type(draft)(draft.summary, draft.description, draft.priority, draft.severity, fields=fields)
        try:
            ticket = desk_of.create_ticket(unknown, new_key())
        except Rejected as refusal:
            expect(
                field in str(refusal), f"create_ticket: the refusal must name the field; it says {refusal}"
            )
        else:
            named = [one for one in ticket.left_out if field in str(one)]
            expect(named, f"create_ticket: {field} was dropped, and left_out names {ticket.left_out}")
