"""Promises about reading: the account, tickets and comments."""

from datetime import UTC, timedelta

import pytest

from escalation_bridge.domain.tickets.tickets import Presence, Role, Visibility
from escalation_bridge.errors import PermissionDenied, Rejected, TicketNotFound, UnknownPerson, VendorError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.testing.conformance.bench import Bench, expect, need, new_subject

TEXT = 'The <b>checkout</b> & "all" fails: naïve 日本 🙂.'
NOWHERE = ("999999999", "../me", "1?a=b", "not-a-ticket")


class ReadingPromises(Bench):
    """`check_connection`, `describe_fields`, `find_assignee`, `fetch_group_members`, `fetch_role_members`, `fetch_ticket`, `find_by_key`, `fetch_comments`, `native_clocks`."""

    def test_the_account_is_fit_for_use(self, desk_of: Helpdesk) -> None:
        need(desk_of, "check_connection")
        report = desk_of.check_connection()
        expect(report.user_id, "check_connection: it must say as whom the bridge acts")
        expect(
            not report.problems, f"check_connection: problems in the tests' own account: {report.problems}"
        )

    def test_the_accounts_words_are_described(self, desk_of: Helpdesk) -> None:
        need(desk_of, "describe_fields")
        described = desk_of.describe_fields()
        names = [status.name for status in described.statuses]
        expect(names, "describe_fields: an account without statuses")
        ids = [status.id for status in described.statuses]
        expect(len(set(ids)) == len(ids), f"describe_fields: two statuses have one id: {ids}")
        missing = set(self.statuses) - set(names)
        expect(not missing, f"describe_fields: it must know the statuses {sorted(missing)}; it knows {names}")
        expect(described.priorities, "describe_fields: an account without priorities")

    def test_the_accounts_fields_are_described(self, desk_of: Helpdesk) -> None:
        need(desk_of, "describe_fields")
        fields = desk_of.describe_fields().fields
        ids = [field.id for field in fields]
        expect(len(set(ids)) == len(ids), f"describe_fields: two fields have one id: {ids}")
        for field in fields:
            expect(
                not field.takes or field.holds is not None,
                f"describe_fields: what {field.id} takes is judged beside what it holds; say that, too",
            )
            expect(
                not (field.unwritable and field.doubt),
                f"describe_fields: either {field.id} cannot be written, or it is in doubt",
            )

    def test_a_customers_ticket_is_read_as_it_was_written(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_ticket")
        subject = new_subject()
        ticket_id = self.customer_writes(subject, TEXT)
        ticket, seen = desk_of.fetch_ticket(ticket_id), self.look(ticket_id)
        expect(ticket.ref.id == ticket_id, f"fetch_ticket: {ticket_id} was asked for, {ticket.ref.id} came")
        expect(
            ticket.ref.connection == desk_of.name,
            "fetch_ticket: a ticket's ref must carry the connection's name",
        )
        expect(ticket.subject == subject, f"fetch_ticket: the subject is {subject!r}, not {ticket.subject!r}")
        expect(
            TEXT in " ".join(ticket.description.text.split()),
            f"fetch_ticket: the description is {TEXT!r}, not {ticket.description.text!r}",
        )
        expect(
            "<b>checkout" not in ticket.description.html or "&lt;b&gt;" in ticket.description.html,
            "fetch_ticket: what a customer wrote as plain text came out as markup",
        )
        expect(
            ticket.status.name == seen.status,
            f"fetch_ticket: the status is {seen.status!r}, not {ticket.status.name!r}",
        )
        expect(
            ticket.priority is seen.priority,
            f"fetch_ticket: the priority is {seen.priority}, not {ticket.priority}",
        )
        expect(ticket.presence is Presence.PRESENT, "fetch_ticket: the ticket is there")
        expect(ticket.bridge_key is None, "fetch_ticket: this ticket was not created by the bridge")
        expect(
            ticket.created_at.utcoffset() == UTC.utcoffset(None),
            "fetch_ticket: created_at must be an instant in UTC",
        )
        expect(ticket.key and ticket.url, "fetch_ticket: key and url are what people go by")

    def test_kinds_of_tickets_tell_of_their_own_statuses(self, desk_of: Helpdesk) -> None:
        need(desk_of, "describe_kinds")
        for kind in desk_of.describe_kinds():
            known = {status.id for status in kind.statuses}
            expect(kind.name and known, f"describe_kinds: a kind without a name or statuses: {kind}")
            expect(
                (kind.ways is None) is bool(kind.unjudged),
                f"describe_kinds: of {kind.name} either the ways are known, or why they are not",
            )
            for end, starts in (kind.ways or {}).items():
                expect({end, *starts} <= known, f"describe_kinds: {kind.name} has no statuses {starts}")

    @pytest.mark.parametrize("named", ["nobody@nowhere.example", "nobody"])
    def test_nobody_is_no_assignee(self, desk_of: Helpdesk, named: str) -> None:
        need(desk_of, "find_assignee")
        with pytest.raises((UnknownPerson, PermissionDenied, Rejected)):
            desk_of.find_assignee(named, self.draft(new_subject()).fields)

    def test_the_members_of_groups_are_told(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_group_members", "describe_fields", "check_connection")
        own = desk_of.check_connection().user_id
        for group in desk_of.describe_fields().groups:
            try:
                by_name, by_id = (desk_of.fetch_group_members(word) for word in (group.name, group.id))
            except PermissionDenied:
                continue  # some vendors show them to administrators only
            ids = [each.person.id for each in by_name]
            expect(by_name == by_id, f"fetch_group_members: {group.name} differs by name and by id")
            expect(
                len(set(ids)) == len(ids), f"fetch_group_members: somebody is in {group.name} twice: {ids}"
            )
            expect(own not in ids, "fetch_group_members: leave out the bridge's own account")
            expect(
                all(each.person.role is Role.AGENT for each in by_name),
                "fetch_group_members: only agents can have tickets",
            )

    def test_a_group_that_is_not_there_has_no_members(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_group_members")
        with pytest.raises((Rejected, PermissionDenied)):
            desk_of.fetch_group_members("No such group")

    def test_nobody_has_a_role_that_is_not_there(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_role_members")
        with pytest.raises((Rejected, PermissionDenied)):
            desk_of.fetch_role_members("No such role")

    @pytest.mark.parametrize("ticket_id", NOWHERE)
    def test_a_ticket_that_is_not_there_is_not_found(self, desk_of: Helpdesk, ticket_id: str) -> None:
        need(desk_of, "fetch_ticket")
        with pytest.raises(TicketNotFound):
            desk_of.fetch_ticket(ticket_id)

    def test_a_ticket_is_found_by_what_people_call_it(self, desk_of: Helpdesk) -> None:
        need(desk_of, "find_by_key", "fetch_ticket")
        self.customer_writes(new_subject(), "Help.")
        ticket_id = self.customer_writes(new_subject(), "Help.")
        ticket = desk_of.fetch_ticket(ticket_id)
        for text in (ticket.key, ticket.key.swapcase(), ticket.key.removeprefix("#"), ticket_id):
            found = desk_of.find_by_key(text)
            expect(
                found is not None and found.ref == ticket.ref,
                f"find_by_key: {text!r} is {ticket.ref}; got {found.ref if found else 'nothing'}",
            )

    @pytest.mark.parametrize("text", [*NOWHERE, "", "#", "NOWHERE-999999999"])
    def test_what_nobody_is_called_finds_nothing(self, desk_of: Helpdesk, text: str) -> None:
        need(desk_of, "find_by_key")
        self.customer_writes(new_subject(), "Help.")
        expect(desk_of.find_by_key(text) is None, f"find_by_key: no ticket is called {text!r}")

    def test_comments_come_oldest_first_as_visible_as_they_are(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_comments")
        ticket_id = self.customer_writes(new_subject(), "The description is no comment.")
        written = [
            ("For the customer.", Visibility.PUBLIC),
            ("For us <only> & nobody else.", Visibility.PRIVATE),
            ("Once more for the customer.", Visibility.PUBLIC),
        ]
        for text, visibility in written:
            self.agent_comments(ticket_id, text, visibility)
        comments = desk_of.fetch_comments(ticket_id, None)
        read = [(" ".join(comment.body.text.split()), comment.visibility) for comment in comments]
        expect(read == written, f"fetch_comments: written was {written}, read was {read}")
        expect(
            all(comment.marker is None for comment in comments),
            "fetch_comments: an agent's comment has no marker; the bridge would take it for its own",
        )
        expect(len({comment.id for comment in comments}) == 3, "fetch_comments: each comment has its own id")
        expect(
            all(comment.ticket.id == ticket_id for comment in comments),
            "fetch_comments: a comment must carry the ticket it is in",
        )

    def test_a_ticket_read_with_its_comments_is_the_same(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_with_comments")
        ticket_id = self.customer_writes(new_subject(), "Help.")
        self.agent_comments(ticket_id, "For the customer.", Visibility.PUBLIC)
        self.agent_comments(ticket_id, "For us.", Visibility.PRIVATE)
        known: list[str | None] = [None, *(comment.id for comment in desk_of.fetch_comments(ticket_id, None))]
        for after in known:
            together = desk_of.fetch_with_comments(ticket_id, after)
            ticket, comments = desk_of.fetch_ticket(ticket_id), desk_of.fetch_comments(ticket_id, after)
            expect(together.ticket == ticket, f"fetch_with_comments: {together.ticket} is not {ticket}")
            expect(
                together.comments == comments,
                f"fetch_with_comments: after {after} there are {comments}, returned: {together.comments}",
            )

    def test_nothing_is_left_out_after_a_comment(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_comments")
        ticket_id = self.customer_writes(new_subject(), "Help.")
        for number in range(4):
            self.agent_comments(ticket_id, f"part {number}", Visibility.PUBLIC)
        everything = [comment.id for comment in desk_of.fetch_comments(ticket_id, None)]
        for at, known in enumerate(everything):
            newer = [comment.id for comment in desk_of.fetch_comments(ticket_id, known)]
            missing = [one for one in everything[at + 1 :] if one not in newer]
            expect(not missing, f"fetch_comments: after {known} there are also {missing}")

    def test_more_comments_than_a_page_holds(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_comments")
        ticket_id = self.customer_writes(new_subject(), "Help.")
        for number in range(self.page):
            self.agent_comments(ticket_id, f"part {number}", Visibility.PUBLIC)
        read = [comment.body.text.strip() for comment in desk_of.fetch_comments(ticket_id, None)]
        wanted = [f"part {number}" for number in range(self.page)]
        expect(
            read == wanted, f"fetch_comments: {self.page} comments were said, {len(read)} came: {read[-3:]}"
        )

    def test_comments_of_no_ticket_are_not_none(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_comments")
        with pytest.raises(VendorError):
            desk_of.fetch_comments("999999999", None)

    def test_the_history_of_a_status_is_told(self, desk_of: Helpdesk) -> None:
        need(desk_of, "fetch_status_changes", "fetch_ticket")
        ticket_id = self.customer_writes(new_subject(), "Help.")
        opened = desk_of.fetch_ticket(ticket_id)
        started = self.now()
        for name in self.statuses[:2]:
            self.wait(1.5)  # some vendors have a precision of one second
            self.agent_sets_status(ticket_id, name)
        ticket = desk_of.fetch_ticket(ticket_id)
        changes = desk_of.fetch_status_changes(ticket_id, opened.created_at)
        times = [change.at for change in changes]
        expect(times == sorted(times), "fetch_status_changes: the oldest change comes first")
        expect(
            changes and changes[-1].status == ticket.status,
            f"fetch_status_changes: the last change must have led to {ticket.status}; returned: {changes}",
        )
        expect(
            len({change.id for change in changes}) == len(changes),
            "fetch_status_changes: each change has its own id",
        )
        expect(
            ticket.status_since is None or abs(ticket.status_since - times[-1]) <= timedelta(seconds=1),
            f"fetch_ticket: status_since is {ticket.status_since}, the last change was at {times[-1]}",
        )
        expect(
            times[-1] >= started - timedelta(seconds=1),
            f"fetch_status_changes: the last change was made after {started}, returned: {times[-1]}",
        )

    def test_the_vendors_own_clocks_are_told(self, desk_of: Helpdesk) -> None:
        need(desk_of, "native_clocks")
        ticket_id = self.customer_writes(new_subject(), "Help.")
        for clock in desk_of.native_clocks(ticket_id):
            expect(clock.name, "native_clocks: a clock has a name")
            expect(
                clock.due is None or clock.due.tzinfo is not None,
                "native_clocks: a due without a zone is no instant",
            )
