"""Promises about following the vendor: changes, and webhook registrations."""

from escalation_bridge.domain.tickets.tickets import Priority, StatusKind
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import SECRET, Bench, expect, need, new_subject
from escalation_bridge.testing.conformance.errands import open_tickets_of

MOST_PAGES = 50


class FollowingPromises(Bench):
    """`changes_since`, `open_tickets`, `subscribe_webhooks`, `list_subscriptions` and `webhook_setup`."""

    public_url = "https://bridge.example"
    """The bridge's address for webhooks. Nothing listens there."""

    def __follow(self, desk: Helpdesk, cursor: str | None) -> tuple[set[str], str]:
        """All changes since a cursor, and the next cursor."""
        ids: set[str] = set()
        for _ in range(MOST_PAGES):
            page = desk.changes_since(cursor)
            expect(page.cursor, "changes_since: a page must say where to go on")
            expect(
                not page.more or page.cursor != cursor,
                "changes_since: more is promised, and the cursor does not move",
            )
            ids.update(page.ids)
            cursor = page.cursor
            if not page.more:
                return ids, cursor
        expect(holds=False, broken=f"changes_since: after {MOST_PAGES} pages there is still more")
        raise AssertionError

    def test_what_changed_meanwhile_is_told(self, desk_of: Helpdesk) -> None:
        need(desk_of, "changes_since")
        first = self.customer_writes(new_subject(), "The checkout fails.")
        _, begin = self.__follow(desk_of, None)
        second = self.customer_writes(new_subject(), "The checkout fails.")
        self.agent_sets(first, priority=Priority.URGENT)
        self.wait(self.settling)
        changed, after = self.__follow(desk_of, begin)
        expect(
            {first, second} <= changed,
            f"changes_since: {first} was changed and {second} made since then; returned: {sorted(changed)}",
        )
        again, _ = self.__follow(desk_of, begin)
        expect(
            {first, second} <= again,
            "changes_since: a cursor asked once more must tell the same again: the first answer may have been lost",
        )
        third = self.customer_writes(new_subject(), "The checkout fails.")
        self.wait(self.settling)
        later, _ = self.__follow(desk_of, after)
        expect(third in later, f"changes_since: {third} was made after the cursor; returned: {sorted(later)}")

    def test_open_tickets_are_listed(self, desk_of: Helpdesk) -> None:
        need(desk_of, "open_tickets")
        ticket = self.customer_writes(new_subject(), "The checkout fails.")
        self.wait(self.settling)
        listed = open_tickets_of(desk_of)
        expect(ticket in listed, f"open_tickets: {ticket} is open and not listed")
        expect(ticket in open_tickets_of(desk_of), "open_tickets: listed again, an open ticket is missing")
        total = desk_of.open_tickets(None).total  # a search may lag, so it need not be exact now
        expect(total is None or total >= 0, f"open_tickets: {total} are counted")

    def test_done_tickets_are_not_listed_as_open(self, desk_of: Helpdesk) -> None:
        need(desk_of, "open_tickets", "describe_fields")
        solved = [one for one in desk_of.describe_fields().statuses if one.kind is StatusKind.SOLVED]
        if not solved:
            self.cannot("it has no status that means solved")
        ticket = self.customer_writes(new_subject(), "The checkout fails.")
        self.agent_sets_status(ticket, solved[0].name)
        self.wait(self.settling)
        expect(ticket not in open_tickets_of(desk_of), f"open_tickets: {ticket} is solved and listed")

    def test_subscribing_twice_is_subscribing_once(self, desk_of: Helpdesk) -> None:
        need(desk_of, "subscribe_webhooks", "list_subscriptions")
        callback = f"{self.public_url}/webhooks/{desk_of.name}"
        first = desk_of.subscribe_webhooks(callback, SECRET)
        expect(first, "subscribe_webhooks: it must tell which subscriptions there are now")
        again = desk_of.subscribe_webhooks(callback, SECRET)
        expect(
            {one.id for one in first} == {one.id for one in again},
            f"subscribe_webhooks: subscribed again, there are {[one.id for one in again]}",
        )
        listed = [one for one in desk_of.list_subscriptions() if one.url.startswith(callback)]
        expect(
            {one.id for one in listed} == {one.id for one in first},
            f"list_subscriptions: {[one.id for one in listed]} are listed",
        )
        expect(all(one.active for one in listed), "list_subscriptions: a new subscription is active")

    def test_what_is_to_be_entered_by_hand_names_the_address(self, desk_of: Helpdesk) -> None:
        need(desk_of, "webhook_setup")
        callback = f"{self.public_url}/webhooks/{desk_of.name}"
        steps = desk_of.webhook_setup(callback)
        expect(
            not steps or any(callback in step for step in steps),
            "webhook_setup: one of the steps must name the address",
        )
        expect(not any(SECRET in step for step in steps), "webhook_setup: a step shows a secret")
