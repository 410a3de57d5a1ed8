"""What it takes to add a command, a ladder's action, a kind of write or a kind of field.

A command and an action are a file, and their texts in both languages. A kind of write has two files: what it is, in the domain,
and how it is delivered. A kind of field that no ticket had so far has one in the core, its name in the ticket, and its form at each vendor.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import escalation_bridge
import escalation_bridge_freshdesk
import escalation_bridge_jira
import escalation_bridge_zendesk

COMMAND = '''
"""`/bridge greet`: say hello."""

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer


def _obey(asked: Asked) -> Part:
    return answer(asked.command, "command_greeted")


GREET = Verb(("greet", "sapa"), _obey)
'''
ACTION = '''
"""`label`: put a label on the ticket."""

from dataclasses import dataclass

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.escalation.action import Acting, ActionKind
from escalation_bridge.domain.sla.policy import Action
from escalation_bridge.domain.tickets.tickets import TicketChange


@dataclass(frozen=True, slots=True)
class PutLabel(Action):
    label: str


def _act(action: PutLabel, at: Acting) -> Part:
    change = ChangeTicket(at.origin.ref, TicketChange(add_tags=(action.label,)))
    return Part(intents=(KeyedIntent(at.key, change),))


LABEL = ActionKind("label", "Put this label on the ticket.", PutLabel, PutLabel, _act)
'''
WRITE = '''
"""Greetings."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from escalation_bridge.domain.case.write import Failure, Known, Leaves, Line, OfTicket
from escalation_bridge.domain.tickets.tickets import TicketRef


@dataclass(frozen=True, slots=True)
class Greet(OfTicket):
    """Greet somebody in a ticket."""

    ticket: TicketRef
    name: str
    kind: Literal["greet"] = "greet"

    leaves = Leaves.COMMENT

    @property
    def is_private(self) -> bool:
        return True

    @property
    def failure(self) -> Failure:
        return Failure.MINOR

    def described(self, known: Known) -> Iterator[Line]:
        yield known.word(self.kind), "", self.name
'''
DELIVERY = '''
"""Greetings."""

from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.greetings import Greet
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import CommentDraft, Visibility
from escalation_bridge.engine.deliver.work import HistoryEntry, Kind, Result, Work


def _greet(work: Work, intent: Greet) -> Result:
    body = work.compose(MessageRequest("command_greeted", {"by": intent.name}))
    work.mark_sent(body.text)
    draft = CommentDraft(body, Visibility.PRIVATE)
    written = work.helpdesk.write_comment(intent.ticket.id, draft, work.record.token)
    receipt = Receipt(intent.ticket, written.comment.id)
    return Result(receipt, comment=written.comment, entry=HistoryEntry("written", {"detail": intent.name}))


GREET = Kind(Greet, _greet)
'''
DUE = '''
"""`due_on`: the day on which a ticket is due."""

from escalation_bridge.config.field_kind import kind_of_value
from escalation_bridge.domain.tickets.tickets import TicketChange

DUE_ON = kind_of_value(
    "due_on",
    "The day on which a ticket is due, in step.",
    read=lambda ticket: ticket.due_on or "",
    write=lambda wish: TicketChange(due_on=wish),
)
'''
# By file, what stands there and what takes its place.
DUE_ELSEWHERE = {
    "escalation_bridge/domain/tickets/tickets.py": (
        (
            "    status_since: datetime | None = None\n",
            "    status_since: datetime | None = None\n    due_on: str | None = None\n",
        ),
        ("    group: str | None = None\n", "    group: str | None = None\n    due_on: str | None = None\n"),
    ),
    "escalation_bridge/messages/en.toml": (("[word]\n", '[word]\ndue_on = "due date"\n'),),
    "escalation_bridge/messages/id.toml": (("[word]\n", '[word]\ndue_on = "tenggat"\n'),),
    "escalation_bridge_zendesk/translation/properties.py": (
        (
            '] = {\n    "priority"',
            """] = {
    "due_on": Property(
        lambda raw: ((raw / "due_at").maybe_text() or "")[:10] or None, lambda wanted: {"due_at": f"{wanted}T00:00:00Z"}
    ),
    "priority\"""",
        ),
    ),
    "escalation_bridge_jira/translation/properties.py": (
        (
            '] = {\n    "priority"',
            """] = {
    "due_on": Property(
        lambda settings, fields: (fields / "duedate").maybe_text(), lambda settings, wanted: {"duedate": wanted}
    ),
    "priority\"""",
        ),
    ),
    "escalation_bridge_freshdesk/translation/properties.py": (
        (
            '] = {\n    "priority"',
            """] = {
    "due_on": Property(
        "due_by",
        lambda raw: raw.due_by.date().isoformat() if raw.due_by else None,
        lambda wanted: f"{wanted}T00:00:00Z",
    ),
    "priority\"""",
        ),
    ),
}
GROUP = '''
"""`group`: the group in charge; one that the other side does not have is left out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from escalation_bridge.config.field_kind import FieldKind, FieldsSettings, NamedPerson
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRule
from escalation_bridge.domain.routes.fields.values import Shown, single
from escalation_bridge.domain.routes.sides import Keep, Side, Unmapped, Wish
from escalation_bridge.domain.tickets.tickets import Severity, Ticket, TicketChange
from escalation_bridge.plugin.settings import Settings


class GroupSync(Settings):
    """Keep the group in sync."""

    map: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule(FieldRule):
    key: str = "group"
    map: Mapping[str, str] = field(default_factory=dict)

    @property
    def names_people(self) -> bool:
        return True

    def shown(self, side: Side, ticket: Ticket, severity: Severity) -> Shown:
        return single(ticket.group.name if ticket.group else "")

    def wish(self, source: Side, shown: Shown, unknown: Iterable[str]) -> Wish:
        wish = self.map.get(shown.text, "")
        return Unmapped.UNMAPPED if wish in unknown else wish or Keep.KEEP

    def stands_in(self, source: Side, shown: Shown, wish: str) -> bool:
        return wish == "everybody"

    def is_met(self, side: Side, shown: Shown, wish: str) -> bool:
        return shown.text == wish

    def change(self, side: Side, wish: str, present: Ticket) -> TicketChange:
        return TicketChange(group=wish)


def _rules(sync: GroupSync | None, _: FieldsSettings) -> Iterator[FieldRule]:
    if sync is not None:
        yield GroupRule(direction=Direction.TO_LINKED, map=sync.map)


def _people(sync: GroupSync | None) -> Iterator[NamedPerson]:
    for key, word in sync.map.items() if sync is not None else ():
        yield NamedPerson(("map", key), word, Side.LINKED, assigned=True)


GROUP = FieldKind("group", GroupSync | None, None, _rules, lambda *_: None, people=_people)
'''
TEXTS = {
    "message": {"en": "<p>Hello, {{ by }}.</p>", "id": "<p>Halo, {{ by }}.</p>"},
    "word": {"en": "answer to a command", "id": "jawaban atas perintah"},
    "greet": {"en": "greeting", "id": "salam"},
    "command": {"en": "<code>greet</code>: say hello", "id": "<code>sapa</code>: memberi salam"},
}


@pytest.fixture
def core(tmp_path: Path) -> Path:
    """A copy of the core, to which things are added."""
    here = Path(escalation_bridge.__file__).parent
    return shutil.copytree(here, tmp_path / "escalation_bridge", ignore=shutil.ignore_patterns("__pycache__"))


@pytest.fixture
def core_and_plugins(core: Path) -> Path:
    """A copy of the core, and of the three plugins beside it."""
    for package in (escalation_bridge_zendesk, escalation_bridge_jira, escalation_bridge_freshdesk):
        here = Path(str(package.__file__)).parent
        shutil.copytree(here, core.parent / here.name, ignore=shutil.ignore_patterns("__pycache__"))
    return core


def run(core: Path, script: str) -> str:
    """What a script prints that imports that copy."""
    started = f"import sys; sys.path.insert(0, {str(core.parent)!r})\n{script}"
    done = subprocess.run([sys.executable, "-c", started], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def add_texts(core: Path) -> None:
    for language in ("en", "id"):
        file = core / "messages" / f"{language}.toml"
        text = file.read_text()
        for section, name, of in (
            ("message", "command_greeted", "message"),
            ("word", "command_greeted", "word"),
            ("word", "greet", "greet"),
            ("command", "greet", "command"),
        ):
            text = text.replace(f"[{section}]\n", f'[{section}]\n{name} = "{TEXTS[of][language]}"\n')
        file.write_text(text)


def test_a_command_is_one_file_and_its_texts(core: Path) -> None:
    (core / "domain/commands/verbs/greet.py").write_text(COMMAND)
    add_texts(core)
    told = run(
        core,
        """
from escalation_bridge.domain.commands.command import Asked, Command
from escalation_bridge.domain.commands.verbs import VERBS
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.messages.catalogue import compose

for word, language in (("greet", "en"), ("sapa", "id")):
    command = Command(word, (), TicketRef("support", "1"), "c1", "command:support:1:c1", "Mira")
    (note,) = VERBS[word].obey(Asked(None, None, command, None, None)).intents
    print(compose(note.intent.message, language).body.text)
    print(compose(MessageRequest("command_unknown", {"by": "Mira"}), language).body.text)
""",
    )
    for text in ("Hello, Mira.", "Halo, Mira.", "greet: say hello", "sapa: memberi salam"):
        assert text in told


def test_a_ladders_action_is_one_file(core: Path) -> None:
    (core / "domain/escalation/actions/label.py").write_text(ACTION)
    told = run(
        core,
        """
import json
from types import SimpleNamespace
from escalation_bridge.config.models import LadderStep
from escalation_bridge.config.rules import _step
from escalation_bridge.domain.escalation.actions import kind_of
from escalation_bridge.domain.tickets.tickets import TicketRef
from pydantic import ValidationError

step = {"id": "mark", "metric": "resolution", "at": "due", "do": [{"label": "late"}]}
(action,) = _step(LadderStep.model_validate(step)).actions
at = SimpleNamespace(origin=SimpleNamespace(ref=TicketRef("support", "1")), key="k")
(write,) = kind_of(action).act(action, at).intents
print(action, write.intent.change.add_tags)
print(json.dumps(LadderStep.model_json_schema()))
try:
    LadderStep.model_validate({**step, "do": [{"label": "late", "note": "sla_breached"}]})
except ValidationError as error:
    print(error)
""",
    )
    assert "PutLabel(label='late') ('late',)" in told
    assert "Put this label on the ticket." in told
    assert (
        "exactly one of assign, comment, escalate, group, label, note, notify, priority, status, tags" in told
    )


def test_a_kind_of_write_is_a_file_in_the_domain_one_in_the_engine_and_its_texts(
    core: Path, tmp_path: Path
) -> None:
    (core / "domain/case/writes/greetings.py").write_text(WRITE)
    (core / "engine/deliver/kinds/greetings.py").write_text(DELIVERY)
    add_texts(core)
    told = run(
        core,
        f"""
from datetime import UTC, datetime
from escalation_bridge.bridge import Bridge
from escalation_bridge.cli.cases.intended import described, into
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.greetings import Greet
from escalation_bridge.domain.tickets.tickets import TicketRef
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import Rejected
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.store.cases.case_tickets import open_case
from escalation_bridge.store.queue.wakes import wake
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.database.database import Database
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings

now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
database = Database("sqlite:///{tmp_path / "bridge.db"}")
database.upgrade()
desk = MemoryHelpdesk(Connection("support", MemorySettings(plugin="memory"), lambda: now))
desks = {{"support": Helpdesk("support", desk)}}
bridge = Bridge("b", database, desks, Extensions({{}}), Rules((), {{}}), "en", lambda: now)
ref = TicketRef("support", desk.customer_writes("Hello", "Is anybody there?"))
with database.write() as transaction:
    case = open_case(transaction, ref, now)
    wake(transaction, case, now, "test")
Worker(bridge).run_until_idle()


def work_on(key, greeting):
    with database.write() as transaction:
        case_file.save_intents(transaction, [(case, KeyedIntent(key, greeting))], "b", now)
        wake(transaction, case, now, "test")
    Worker(bridge).run_until_idle()


work_on("command:support:1:c1", Greet(ref, "Mira"))
desk.faults["add_comment"] = [Rejected("greetings are not wanted", desk.at("add_comment"))]
work_on("command:support:1:c2", Greet(ref, "Budi"))
print([comment.body.text for comment in desk.fetch_comments(ref.id, None)])
with database.read() as transaction:
    view = case_views.load_case(transaction, case)
    history = case_views.load_timeline(transaction, case)
for record in view.intents.values():
    print(record.state.value, into(view, record.intent), list(described(view, record.intent)))
for entry in history:
    for language in ("en", "id"):
        print(history_line(entry, language))
""",
    )
    for text in (
        "['Hello, Mira.']",
        "done SUPPORT-1 [('greeting', '', 'Mira')]",
        "failed SUPPORT-1 [('greeting', '', 'Budi')]",
        "Delivered to support: greeting (Mira).",
        "Terkirim ke support: salam (Mira).",
        "Could not deliver to support: greeting.",
        "Pengiriman ke support gagal: salam.",
    ):
        assert text in told


def test_a_kind_of_field_that_no_ticket_had_is_seven_files(core_and_plugins: Path) -> None:
    everything = core_and_plugins.parent
    (core_and_plugins / "config/fields/due_on.py").write_text(DUE)
    for name, replacements in DUE_ELSEWHERE.items():
        text = (everything / name).read_text()
        for old, new in replacements:
            assert old in text, f"{name} has no {old!r}"
            text = text.replace(old, new, 1)
        (everything / name).write_text(text)
    assert 1 + len(DUE_ELSEWHERE) <= 7
    told = run(
        core_and_plugins,
        """
from dataclasses import replace
from datetime import UTC, datetime
from escalation_bridge.config.fields import FieldsSync, field_rules
from escalation_bridge.domain.after_writing import described_changes
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Severity, TicketRef
from escalation_bridge.messages.catalogue import word
from escalation_bridge.plugin import Connection, JsonPart, webhook_object
from escalation_bridge.store.database.codec import decode_intent, encode_intent
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings
from escalation_bridge_freshdesk.http.shapes import TicketShape
from escalation_bridge_freshdesk.translation import changes as freshdesk
from escalation_bridge_freshdesk.translation.properties import PROPERTIES as FRESHDESK
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.translation.properties import PROPERTIES as JIRA
from escalation_bridge_zendesk.tickets import changes as zendesk
from escalation_bridge_zendesk.translation.properties import PROPERTIES as ZENDESK

now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
desk = MemoryHelpdesk(Connection("support", MemorySettings(plugin="memory"), lambda: now))
there = desk.fetch_ticket(desk.customer_writes("Hello", "Is anybody there?"))
(rule,) = field_rules(FieldsSync.model_validate({"due_on": {"direction": "to_linked"}})).single
shown = rule.shown(Side.ORIGIN, replace(there, due_on="2026-03-09"), Severity.STANDARD)
wish = rule.wish(Side.ORIGIN, shown, ())
change = rule.change(Side.LINKED, wish, there)
write = decode_intent(encode_intent(ChangeTicket(there.ref, change)))


class Known:
    ticket = {there.ref: replace(there, due_on="2026-03-02")}.get


after = desk.update_ticket(there.ref.id, change, there)
print("compared:", rule.is_met(Side.LINKED, rule.shown(Side.LINKED, there, Severity.STANDARD), wish))
print("written:", after.due_on, rule.is_met(Side.LINKED, rule.shown(Side.LINKED, after, Severity.STANDARD), wish))
print("described:", list(write.described(Known)))
print("told:", list(described_changes(change, after, {})), word("due_on", "en"), word("due_on", "id"))
(at_zendesk,) = zendesk.wishes(change, there, there, None, lambda: (), lambda name: None)
print("zendesk:", dict(at_zendesk.write.members), ZENDESK["due_on"].read(webhook_object({"due_at": "2026-03-09T00:00:00Z"})))
raw = TicketShape(id=1, status=2, created_at=now, due_by="2026-03-09T00:00:00Z")
(at_freshdesk,) = freshdesk.wishes(raw, change, there, freshdesk.Resolved())
print("freshdesk:", at_freshdesk.name, at_freshdesk.write, FRESHDESK["due_on"].read(raw))
settings = JiraSettings.model_construct(priorities={})
print("jira:", JIRA["due_on"].write(settings, wish), JIRA["due_on"].read(settings, JsonPart({"duedate": wish}, "fields", print)))
""",
    )
    for text in (
        "compared: False",
        "written: 2026-03-09 True",
        "described: [('due on', '2026-03-02', '2026-03-09')]",
        "told: [('due_on', '2026-03-09')] due date tenggat",
        "zendesk: {'due_at': '2026-03-09T00:00:00Z'} 2026-03-09",
        "freshdesk: due_by 2026-03-09T00:00:00Z 2026-03-09",
        "jira: {'duedate': '2026-03-09'} 2026-03-09",
    ):
        assert text in told


def test_a_kind_of_field_with_a_form_of_its_own_is_one_file(core: Path) -> None:
    """Its rule, whom it names, and what becomes of somebody whom the other side does not know."""
    (core / "config/fields/group.py").write_text(GROUP)
    told = run(
        core,
        """
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from escalation_bridge.config.fields import KINDS, FieldsSync, field_rules
from escalation_bridge.domain.case.cases import FieldState, Link
from escalation_bridge.domain.case.write import FieldEdge, FieldSettlement
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.fields.writing import after_unknown_person
from escalation_bridge.domain.tickets.tickets import TicketChange, TicketRef
from escalation_bridge.errors import Circumstances, UnknownPerson
from escalation_bridge.online.people import check_people

now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
fields = FieldsSync.model_validate({"group": {"map": {"1st level": "2nd level"}}})
rules = field_rules(fields)
print("found:", "group" in KINDS, rules.single[0].stands_in(Side.ORIGIN, None, "everybody"))

link = Link("by-hand:1", "r", TicketRef("support", "1"), TicketRef("dev", "9"), now, {}, fields={"group": FieldState({})})
settles = FieldSettlement(link.id, Side.ORIGIN, {"group": FieldEdge("1st level", "", "2nd level")})
write = ChangeTicket(link.linked, TicketChange(group="2nd level"), follows=True, settles_fields=settles)
record = IntentRecord("fields:by-hand:1:1:linked", write, "token", IntentState.PENDING, now)
after = after_unknown_person(SimpleNamespace(links=[link]), record, {"r": SimpleNamespace(synced=rules)})
print("unknown:", after.fields["group"].unknown, repr(rules.single[0].wish(Side.ORIGIN, SimpleNamespace(text="1st level"), ["2nd level"])))


class Desk:
    name = "dev"
    can = staticmethod(lambda hook: True)

    def find_assignee(self, word, place):
        raise UnknownPerson(f"nobody is called {word}", Circumstances("dev", "find_assignee"))


route = SimpleNamespace(fields=fields, origin="support", linked="dev", create={})
problems = SimpleNamespace(report=lambda at, message, **_: print("reported:", at, message[:32]))
check_people(Desk(), {"r": route}, problems, None)
""",
    )
    for text in (
        "found: True True",
        "unknown: ('2nd level',) <Unmapped.UNMAPPED",
        "reported: ('routes', 'r', 'fields', 'group', 'map', '1st level') there is nobody `2nd level` at",
    ):
        assert text in told
