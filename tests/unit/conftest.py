"""A case between two helpdesks, played without store, engine and network: for tests of the pure decision."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge.domain import after_writing
from escalation_bridge.domain.case.cases import CaseState, CaseView, Decision, Doubted, Link, Rules
from escalation_bridge.domain.case.recorded import as_recorded
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import DeleteComment, EditComment, WriteComment
from escalation_bridge.domain.case.writes.customer_updates import InformCustomer
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.escalation.actions.note import LeaveNote
from escalation_bridge.domain.escalation.actions.priority import RaisePriority
from escalation_bridge.domain.links.shared_ticket import note_to_revise
from escalation_bridge.domain.routes.routes import CommentRule, Route, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.sla import events
from escalation_bridge.domain.sla.calendar import ALWAYS
from escalation_bridge.domain.sla.policy import Metric, Policy, Step, Targets
from escalation_bridge.domain.sla.status_history import has_moved_on
from escalation_bridge.domain.sync.comments.rereading import reread
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.conditions import Condition
from escalation_bridge.domain.tickets.tickets import (
    Channel,
    Comment,
    Group,
    Person,
    Priority,
    RichText,
    Role,
    Severity,
    Status,
    StatusKind,
    Ticket,
    TicketRef,
    Visibility,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ORIGIN, LINKED = TicketRef("support", "1"), TicketRef("dev", "24")
ODD = Status(StatusKind.UNKNOWN, "odd", "Odd")
ODD_DONE = Status(StatusKind.SOLVED, "wont-do", "Won't Do")
STATUSES = {kind.value: Status(kind, kind.value, kind.value.title()) for kind in StatusKind} | {
    status.id: status for status in (ODD, ODD_DONE)
}


class World:
    """Both helpdesks as they are, and what the bridge knows of them. Nothing is seen until it is read."""

    origin, linked = ORIGIN, LINKED

    def __init__(self, *, policies=None, routes=None, by=Role.CUSTOMER, priority=Priority.NORMAL):
        self.now = START
        self.rules = Rules(
            policies if policies is not None else (self.policy(),),
            {route.name: route for route in (routes if routes is not None else (self.route(),))},
        )
        self.tickets = {ORIGIN: self.ticket(ORIGIN, by, priority)}
        self.comments: list[Comment] = []
        self.numbers = itertools.count()  # of comments: one that is taken back leaves its own to nobody
        self.history: list[Decision] = []
        self.view = CaseView(
            id=1,
            origin=ORIGIN,
            opened_at=START,
            state=CaseState.OPEN,
            tickets={},
            comments=(),
            events=(),
            clocks=(),
            links=(),
            fired=(),
            intents={},
            classification=Classification(Severity.STANDARD, "", ""),
        )

    @staticmethod
    def policy(**changes) -> Policy:
        values = {
            "name": "all",
            "match": Condition(),
            "calendar_name": "always",
            "calendar": ALWAYS,
            "targets": Targets(default={Metric.FIRST_RESPONSE: 3600, Metric.RESOLUTION: 8 * 3600}),
            "ladder": (
                Step("warn", Metric.FIRST_RESPONSE, 80, 0, (LeaveNote("sla_warning"), RaisePriority())),
                Step("escalate", Metric.FIRST_RESPONSE, 100, 0, (Escalate("engineering"),)),
            ),
        }
        return Policy(**{**values, **changes})

    @staticmethod
    def route(**changes) -> Route:
        values = {
            "name": "engineering",
            "origin": "support",
            "linked": "dev",
            "to_linked": StatusMap(
                dict.fromkeys(("new", "open", "waiting_customer", "waiting_third_party"), Keep.KEEP)
                | {"solved": "closed", "closed": "closed"}
            ),
            "to_origin": StatusMap(
                dict.fromkeys(("new", "open", "closed"), Keep.KEEP)
                | {
                    "waiting_customer": "waiting_customer",
                    "waiting_third_party": "waiting_third_party",
                    "solved": "open",
                }
            ),
            "comments_to_linked": CommentRule(Take.PUBLIC, Visibility.PRIVATE),
            "comments_to_origin": CommentRule(Take.ALL, Visibility.PRIVATE),
            "owner": Side.ORIGIN,
            "origin_status": "waiting_third_party",
            "tell_customer": True,
        }
        return Route(**{**values, **changes})

    def ticket(self, ref, by, priority) -> Ticket:
        person = Person(str(by), str(by).title(), None, by)
        return Ticket(
            ref=ref,
            key=f"{ref.connection.upper()}-{ref.id}",
            url=f"https://{ref.connection}.example/{ref.id}",
            subject="Printer on fire",
            description=RichText("It burns.", "It burns."),
            description_visibility=Visibility.PUBLIC,
            status=STATUSES["new"],
            priority=priority,
            channel=Channel.EMAIL,
            created_by=person,
            requester=person,
            created_at=self.now,
            updated_at=self.now,
        )

    # --- what people do ---------------------------------------------------------------------------------------------

    def says(self, ref, by, text, visibility=Visibility.PUBLIC, at=None, files=()):
        author = Person(str(by), str(by).title(), None, by)
        body, at = RichText(text, text), at or self.now
        comment = Comment(ref, f"c{next(self.numbers)}", author, visibility, body, at, tuple(files))
        self.comments.append(comment)
        return comment

    def alters(self, comment, text=None, visibility=None):
        """Somebody edits a comment, or shows it to others."""
        place = next(
            n for n, c in enumerate(self.comments) if (c.ticket, c.id) == (comment.ticket, comment.id)
        )
        body = RichText(text, text) if text is not None else self.comments[place].body
        seen = visibility or self.comments[place].visibility
        self.comments[place] = replace(self.comments[place], body=body, visibility=seen)

    def removes(self, comment):
        """Somebody takes a comment back."""
        self.comments = [c for c in self.comments if (c.ticket, c.id) != (comment.ticket, comment.id)]

    def set(self, ref, status=None, **changes):
        if status is not None:
            changes["status"] = STATUSES[status]
        self.tickets[ref] = replace(self.tickets[ref], updated_at=self.now, **changes)

    def later(self, **amount):
        self.now += timedelta(**amount)

    # --- what the bridge does ---------------------------------------------------------------------------------------

    def read(self, *refs):
        """Take notice of tickets as they are now, all of them if none is named."""
        for ref in refs or tuple(self.tickets):
            there = [comment for comment in self.comments if comment.ticket == ref]
            reading = reread(self.view, ref, there, self.now - DAY, self.now)
            self._take_notice(ref, reading)
            self._keep(self.tickets[ref], reading.new)

    def _take_notice(self, ref, reading):
        changed = {(ref, comment.id): comment for comment in reading.changed}
        gone = dict.fromkeys(((ref, id_) for id_ in reading.taken_back), self.now)
        doubts = {key: doubt for key, doubt in self.view.doubts.items() if key[1] not in reading.settled}
        self.view = replace(
            self.view,
            comments=tuple(changed.get((c.ticket, c.id), c) for c in self.view.comments),
            taken_back={k: at for k, at in (self.view.taken_back | gone).items() if k[1] not in reading.back},
            doubts=doubts | {(ref, id_): Doubted(what, self.now) for id_, what in reading.doubts.items()},
        )

    def _keep(self, ticket, new):
        old, view = self.view.tickets.get(ticket.ref), self.view
        own = {(c.ticket, c.id) for c in new if c.marker is not None}
        happened = list(view.events)
        if ticket.ref == view.origin:
            happened += [events.commented(c, Role.BRIDGE if c.marker else c.author.role) for c in new]
            happened += [e for e in (events.status_changed(old, ticket, self.now),) if e is not None]
            happened += [events.opened(ticket)] if old is None else []
        linked_events = dict(view.linked_events)
        if ticket.ref != view.origin:
            seen = [events.opened(ticket)] if old is None else []
            seen += [e for e in (events.status_changed(old, ticket, self.now),) if e is not None]
            seen = [events.of_linked(e, ticket.ref) for e in seen]
            linked_events[ticket.ref] = events.order((*linked_events.get(ticket.ref, ()), *seen))
        unique = {event.key: event for event in reversed(happened)}
        self.view = replace(
            view,
            tickets={**view.tickets, ticket.ref: ticket},
            comments=tuple(sorted((*view.comments, *new), key=lambda c: (c.created_at, c.ticket, c.id))),
            own_comments=view.own_comments | own,
            events=events.order(unique.values()),
            linked_events=linked_events,
        )

    def decide(self) -> Decision:
        return decide(self.view, self.rules, self.now)

    def record(self, decision: Decision):
        """Keep a decision as the store does, which refuses what is there already."""
        fired = {(step.metric, step.started_at, step.policy, step.step) for step in self.view.fired}
        for step in decision.fired:
            assert (step.metric, step.started_at, step.policy, step.step) not in fired, "a step fires twice"
            fired.add((step.metric, step.started_at, step.policy, step.step))
        keys = [keyed.key for keyed in decision.intents]
        assert not set(keys) & self.view.intents.keys(), "an intent is decided twice"
        assert len(set(keys)) == len(keys), "an intent is decided twice"
        self.view = as_recorded(self.view, decision, "0123456789abcdef", self.now)
        self.history.append(decision)

    def deliver(self, fate: Callable[[IntentRecord], str] = lambda _: "done") -> bool:
        """Carry out what is outstanding, as far as its fate allows: done, later, failed or lost (done without an answer)."""
        moved = False
        for key in [key for key, record in self.view.intents.items() if record.state.outstanding]:
            record = self.view.intents[key]
            if key in self.history[-1].frozen or (record.next_attempt_at or self.now) > self.now:
                continue
            outcome = fate(record)
            if outcome == "later":
                continue
            moved = True
            if outcome == "failed":
                self._mark(key, IntentState.FAILED, error="refused")
            else:
                self._carry_out(record, answered=outcome == "done")
        return moved

    def _mark(self, key, state, **changes):
        record = replace(self.view.intents[key], state=state, **changes)
        self.view = replace(self.view, intents={**self.view.intents, key: record})

    @staticmethod
    def _asked(change, tags):
        changes = {"priority": change.priority} if change.priority else {}
        if change.group is not None:
            changes["group"] = Group(change.group, change.group)
        if change.assignee is not None:
            changes["assignee"] = Person(change.assignee, change.assignee, change.assignee, Role.AGENT)
        kept = [tag for tag in tags if tag not in change.remove_tags]
        return {**changes, "tags": tuple(dict.fromkeys((*kept, *change.add_tags)))}

    def _carry_out(self, record: IntentRecord, *, answered: bool):
        intent, view = record.intent, self.view
        consequence, receipt = after_writing.Consequence(), Receipt()
        match intent:
            case CreateTicket():
                created = next((t for t in self.tickets.values() if t.bridge_key == record.token), None)
                if created is None:
                    ref = replace(LINKED, id=str(int(LINKED.id) + len(self.tickets) - 1))
                    created = replace(self.ticket(ref, Role.BRIDGE, intent.priority), bridge_key=record.token)
                    assert ref not in self.tickets
                self.tickets[created.ref] = created
                consequence = after_writing.after_create(
                    view,
                    record,
                    intent,
                    created,
                    adopted=False,
                    moved_on=has_moved_on(created),
                    now=self.now,
                )
                receipt = Receipt(created.ref)
            case WriteComment() | InformCustomer():
                written = next((c for c in self.comments if c.marker == record.token), None)
                if written is None:
                    quoted = "\n".join(quote.body.text for quote in intent.message.quotes)
                    text = f"[{intent.message.template}] {quoted}"
                    public = isinstance(intent, InformCustomer) or not intent.is_private
                    seen = Visibility.PUBLIC if public else Visibility.PRIVATE
                    written = self.says(intent.ticket, Role.AGENT, text, seen)
                    self.comments[-1] = written = replace(written, marker=record.token)
                receipt = Receipt(intent.ticket, written.id)
            case EditComment() | DeleteComment():
                written = self._written(view.intents[intent.written].receipt.comment_id, intent.ticket)
                if written is None and isinstance(intent, EditComment):
                    self._mark(record.key, IntentState.FAILED, error="it is not there")
                    return
                if isinstance(intent, EditComment):
                    quoted = "\n".join(quote.body.text for quote in intent.message.quotes)
                    self.alters(written, f"[{intent.message.template}] {quoted}")
                elif written is not None:
                    self.removes(written)
                receipt = Receipt(intent.ticket, view.intents[intent.written].receipt.comment_id)
            case ReviseNote():
                writer, comment_id = note_to_revise(view, intent)
                place = next(n for n, c in enumerate(self.comments) if c.id == comment_id)
                assert self.comments[place].marker == writer.token
                facts = dict(intent.message.facts)
                body = RichText(
                    f"[{intent.message.template}] {facts}", f"[{intent.message.template}] {facts}"
                )
                self.comments[place] = replace(self.comments[place], body=body)
                receipt = Receipt(intent.ticket, comment_id)
            case PassFile(attachment=file):
                written = next((c for c in self.comments if c.marker == record.token), None)
                if written is None:
                    copy = replace(file, id=f"f{len(self.comments)}")
                    written = self.says(intent.ticket, Role.AGENT, file.name, intent.visibility, files=[copy])
                    self.comments[-1] = written = replace(written, marker=record.token)
                receipt = Receipt(intent.ticket, file_id=written.attachments[0].id, sha256=file.url)
            case ChangeTicket():
                if intent.change.status is not None and intent.follows:
                    present, known = self.tickets[intent.ticket].status, view.tickets[intent.ticket].status
                    if present not in (known, STATUSES[intent.change.status]):
                        self._mark(record.key, IntentState.CANCELLED)
                        self.read(intent.ticket)
                        return
                changes = self._asked(intent.change, self.tickets[intent.ticket].tags)
                self.set(intent.ticket, intent.change.status, **changes)
                consequence = after_writing.after_change(
                    view, record, self.tickets[intent.ticket], self.rules.routes
                )
                receipt = Receipt(intent.ticket)
        if not answered:
            self._mark(record.key, IntentState.SENT, sent_at=self.now, attempts=record.attempts + 1)
            return
        sent = {"sent_at": self.now} if record.sent_at is None else {}
        self._mark(record.key, IntentState.DONE, receipt=receipt, attempts=record.attempts + 1, **sent)
        if isinstance(intent, ChangeTicket | CreateTicket):
            self._keep(self.tickets[receipt.ticket], [])
        if consequence.link is not None:
            links = {link.id: link for link in self.view.links}
            links |= {link.id: link for link in (consequence.link, *consequence.others)}
            self.view = replace(self.view, links=tuple(links.values()))

    def _written(self, comment_id, ticket):
        return next((c for c in self.comments if (c.ticket, c.id) == (ticket, comment_id)), None)

    def work(self, rounds=20):
        """Read, decide, record and deliver until nothing is left to do; it must come to an end."""
        for _ in range(rounds):
            self.read()
            self.record(self.decide())
            if not self.deliver():
                return
        raise AssertionError("it never comes to rest")

    def escalate(self):
        """The story up to the link."""
        self.work()
        self.later(minutes=61)
        self.work()
        return self

    # --- what there is to see ---------------------------------------------------------------------------------------

    @property
    def link(self) -> Link:
        (link,) = self.view.links
        return link

    @property
    def codes(self) -> list[str]:
        return [entry.code for decision in self.history for entry in decision.timeline]

    @property
    def writes(self) -> Mapping[str, IntentRecord]:
        return self.view.intents

    def status(self, ref) -> str:
        return self.tickets[ref].status.id


@pytest.fixture(scope="session")
def make_world() -> type[World]:
    return World


@pytest.fixture
def linked(make_world: type[World]) -> Callable[..., World]:
    """A world in which the ticket has been handed on and both sides are in step."""

    def make(**route: object) -> World:
        world = make_world(routes=(make_world.route(**route),)).escalate()
        world.later(minutes=1)
        return world

    return make
