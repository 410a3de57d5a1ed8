"""What it takes to add a command and a ladder's action: one file, and its texts in both languages. Nothing else of the core changes."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import escalation_bridge

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
from escalation_bridge.domain.case.writes import ChangeTicket
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
TEXTS = {
    "message": {"en": "<p>Hello, {{ by }}.</p>", "id": "<p>Halo, {{ by }}.</p>"},
    "word": {"en": "answer to a command", "id": "jawaban atas perintah"},
    "command": {"en": "<code>greet</code>: say hello", "id": "<code>sapa</code>: memberi salam"},
}


@pytest.fixture
def core(tmp_path: Path) -> Path:
    """A copy of the core, to which things are added."""
    here = Path(escalation_bridge.__file__).parent
    return shutil.copytree(here, tmp_path / "escalation_bridge", ignore=shutil.ignore_patterns("__pycache__"))


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
        for section, name in (
            ("message", "command_greeted"),
            ("word", "command_greeted"),
            ("command", "greet"),
        ):
            text = text.replace(f"[{section}]\n", f'[{section}]\n{name} = "{TEXTS[section][language]}"\n')
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
    (note,) = VERBS[word].obey(Asked(None, None, command, None)).intents
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
    assert "exactly one of escalate, label, note, notify, priority" in told
