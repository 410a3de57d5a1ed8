"""The section `procedures`: the admin's own procedure texts, and for which cases they are."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from escalation_bridge.config.values import Language, Name, Word
from escalation_bridge.configfile import Document, Review
from escalation_bridge.domain.teams.procedures import Procedure
from escalation_bridge.plugin.settings import Settings

LONGEST = 10_000
"""Characters of a procedure: a note has to hold it at every vendor."""


def _text(written: str) -> str:
    text = "\n".join(line.rstrip() for line in written.strip().splitlines())
    if not text or len(text) > LONGEST:
        raise PydanticCustomError(
            "procedure_text", "allowed: a text of at most {longest} characters", {"longest": LONGEST}
        )
    return text


def _by_language(value: object) -> object:
    """A single text serves all languages."""
    return dict.fromkeys(("en", "id"), value) if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_text)]
Texts = Annotated[
    Mapping[Language, Text],
    BeforeValidator(_by_language, json_schema_input_type=str | dict[Language, str]),
    Field(min_length=1, examples=["file:procedures/payments.txt"]),
]


class ProcedureSettings(Settings):
    """What is to be done in a kind of case. Agents read it with `/bridge how`."""

    text: Texts
    """The text, or one text per language (`en`, `id`). `file:` reads it from a file."""
    title: str | None = None
    """What people call it. If omitted: its name."""
    rules: tuple[Name, ...] = ()
    """The routing rules whose escalations it is for. The rule of its own name counts without being listed, as does a team or a category."""
    teams: tuple[Name, ...] = ()
    """The teams whose work it is for."""
    categories: tuple[Word, ...] = ()
    """The categories of severity that it is for, such as safety, disruption or damage."""


def make_procedures(settings: Mapping[str, ProcedureSettings]) -> tuple[Procedure, ...]:
    """Make the domain's procedures, in the order of the file."""
    return tuple(
        Procedure(
            name=name,
            title=each.title or name,
            texts={str(language): str(text) for language, text in each.text.items()},
            rules=frozenset(each.rules),
            teams=frozenset(each.teams),
            categories=frozenset(each.categories),
        )
        for name, each in settings.items()
    )


def check_procedures(document: Document, review: Review) -> None:
    """Refuse names of rules and teams that do not exist, and a second procedure for the same."""
    rules = tuple(str(document.value((*at, "name"))) for at in document.below(("escalation", "rules")))
    known = {"rules": ("rule", rules), "teams": ("team", document.keys(("teams",)))}
    taken: dict[tuple[str, str], str] = {}
    for name in document.keys(("procedures",)):
        for key in ("rules", "teams", "categories"):
            for at in document.below(("procedures", name, key)):
                value = str(document.value(at))
                if key in known and value not in known[key][1]:
                    review.report_unknown(at, *known[key])
                elif taken.setdefault((key, value), name) != name:
                    review.report(at, f"the procedure {taken[key, value]} is for {value} already")
