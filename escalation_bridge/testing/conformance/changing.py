"""Promises about changes: they take effect, changes by others stay, and confirmations are checked."""

from contextlib import suppress

import pytest

from escalation_bridge.domain.tickets.tickets import Priority, Ticket, TicketChange
from escalation_bridge.errors import ConcurrentChange, NotApplied, OutcomeUnknown, Rejected
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import Bench, Trouble, expect, need, new_subject


class ChangingPromises(Bench):
    """`update_ticket`."""

    def __opened(self, desk: Helpdesk) -> Ticket:
        need(desk, "update_ticket", "fetch_ticket")
        return desk.fetch_ticket(self.customer_writes(new_subject(), "The checkout fails."))

    def test_a_priority_is_set(self, desk_of: Helpdesk) -> None:
        ticket = self.__opened(desk_of)
        for priority in (Priority.URGENT, Priority.LOW, Priority.HIGH, Priority.NORMAL):
            ticket = desk_of.update_ticket(ticket.ref.id, TicketChange(priority=priority), ticket)
            stored = self.look(ticket.ref.id).priority
            expect(
                stored is ticket.priority is priority,
                f"update_ticket: the priority is to be {priority}; stored {stored}, returned {ticket.priority}",
            )

    def test_a_status_is_set_by_its_name(self, desk_of: Helpdesk) -> None:
        if not self.statuses:
            self.cannot("it has no statuses")
        ticket = self.__opened(desk_of)
        for name in self.statuses:
            ticket = desk_of.update_ticket(ticket.ref.id, TicketChange(status=name), ticket)
            stored = self.look(ticket.ref.id).status
            expect(
                stored == ticket.status.name == name,
                f"update_ticket: the status is to be {name!r}; stored {stored!r}, returned {ticket.status.name!r}",
            )

    def test_a_status_is_set_by_its_id_or_its_kind(self, desk_of: Helpdesk) -> None:
        self.__opened(desk_of)
        need(desk_of, "describe_fields")
        named = {status.name: status for status in desk_of.describe_fields().statuses}
        for name in self.statuses[:2]:
            for word in (named[name].id, named[name].kind.value):
                ticket = self.__opened(desk_of)
                changed = desk_of.update_ticket(ticket.ref.id, TicketChange(status=word), ticket)
                expect(
                    word in (changed.status.id, changed.status.name, changed.status.kind.value),
                    f"update_ticket: asked for {word!r}, it became {changed.status}",
                )

    def test_a_status_of_its_own_making_is_known_as_such(self, desk_of: Helpdesk) -> None:
        need(desk_of, "is_own_status")
        if not self.statuses:
            self.cannot("it has no statuses")
        ticket = self.__opened(desk_of)
        ticket_id, first = ticket.ref.id, ticket.status.id
        expect(
            not desk_of.is_own_status(ticket_id, first),
            "is_own_status: nothing was changed yet, and the status counts as the bridge's own",
        )
        for name in self.statuses:
            ticket = desk_of.update_ticket(ticket_id, TicketChange(status=name), ticket)
        expect(
            desk_of.is_own_status(ticket_id, ticket.status.id) or ticket.status.id == first,
            "is_own_status: the status that the bridge has set does not count as its own",
        )
        expect(
            not desk_of.is_own_status(ticket_id, "no such status"),
            "is_own_status: a status that the ticket does not show counts as the bridge's own",
        )

    def test_a_word_that_is_unknown_is_refused(self, desk_of: Helpdesk) -> None:
        ticket = self.__opened(desk_of)
        with pytest.raises(Rejected):
            desk_of.update_ticket(ticket.ref.id, TicketChange(status="no such status"), ticket)
        expect(
            self.look(ticket.ref.id).status == ticket.status.name,
            "update_ticket: a word that nobody knows changed the status",
        )

    def test_what_is_already_as_wanted_is_not_written(self, desk_of: Helpdesk) -> None:
        ticket = self.__opened(desk_of)
        self.agent_sets(ticket.ref.id, priority=Priority.URGENT)
        before = self.count_writes()
        # Somebody else made the same change first: that is no conflict either.
        desk_of.update_ticket(ticket.ref.id, TicketChange(priority=Priority.URGENT), ticket)
        written = self.count_writes() - before
        expect(written == 0, f"update_ticket: {written} writes for what is already as wanted")

    def test_other_peoples_tags_stay(self, desk_of: Helpdesk) -> None:
        ticket = self.__opened(desk_of)
        ticket = desk_of.update_ticket(ticket.ref.id, TicketChange(add_tags=("ours", "old")), ticket)
        self.agent_sets(ticket.ref.id, tag="theirs")
        change = TicketChange(add_tags=("more",), remove_tags=("old",))
        changed = desk_of.update_ticket(ticket.ref.id, change, ticket)
        stored = self.look(ticket.ref.id).tags
        for tags, where in ((stored, "stored"), (frozenset(changed.tags), "returned")):
            expect(
                {"ours", "more", "theirs"} <= tags and "old" not in tags,
                f"update_ticket: tags are to be ours, more and theirs, without old; {where}: {sorted(tags)}",
            )

    def test_somebody_elses_change_is_not_written_over(self, desk_of: Helpdesk) -> None:
        ticket = self.__opened(desk_of)
        theirs = Priority.LOW if ticket.priority is not Priority.LOW else Priority.HIGH
        self.agent_sets(ticket.ref.id, priority=theirs)
        with pytest.raises(ConcurrentChange):
            desk_of.update_ticket(ticket.ref.id, TicketChange(priority=Priority.URGENT), ticket)
        stored = self.look(ticket.ref.id).priority
        expect(stored is theirs, f"update_ticket: an agent set {theirs}, it was overwritten with {stored}")

    def test_a_change_of_another_field_is_no_conflict(self, desk_of: Helpdesk) -> None:
        if not self.statuses:
            self.cannot("it has no statuses")
        ticket = self.__opened(desk_of)
        theirs = Priority.LOW if ticket.priority is not Priority.LOW else Priority.HIGH
        self.agent_sets(ticket.ref.id, priority=theirs)
        changed = desk_of.update_ticket(ticket.ref.id, TicketChange(status=self.statuses[0]), ticket)
        expect(
            changed.priority is theirs and self.look(ticket.ref.id).priority is theirs,
            f"update_ticket: only the status was to change, and an agent's priority {theirs} became {changed.priority}",
        )

    def test_a_yes_that_changed_nothing_is_noticed(self, desk_of: Helpdesk) -> None:
        ticket = self.__opened(desk_of)
        self.arrange(Trouble.IGNORED, "update_ticket")
        with pytest.raises(NotApplied):
            desk_of.update_ticket(ticket.ref.id, TicketChange(priority=Priority.URGENT), ticket)

    def test_a_change_whose_answer_is_lost_is_adopted(self, desk_of: Helpdesk) -> None:
        ticket = self.__opened(desk_of)
        change = TicketChange(priority=Priority.URGENT, add_tags=("ours",))
        self.arrange(Trouble.ANSWER_LOST, "update_ticket")
        with suppress(OutcomeUnknown):  # a plugin may know that repeating the change is harmless
            desk_of.update_ticket(ticket.ref.id, change, ticket)
        # The engine retries with the original ticket: that is no ConcurrentChange, the bridge itself made it.
        changed = desk_of.update_ticket(ticket.ref.id, change, ticket)
        expect(
            changed.priority is Priority.URGENT and "ours" in changed.tags,
            f"update_ticket: asked again after a lost answer, it returned {changed.priority}, {changed.tags}",
        )
        seen = self.look(ticket.ref.id)
        expect(seen.priority is Priority.URGENT and "ours" in seen.tags, f"update_ticket: stored is {seen}")
