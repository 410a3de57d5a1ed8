"""The section `texts` of the configuration file: an admin's own texts in place of the catalogue's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, StringConstraints

from escalation_bridge.config.values import Name
from escalation_bridge.configfile import Document, Review
from escalation_bridge.configfile import Path as Place
from escalation_bridge.configfile.yamltree import Scalar
from escalation_bridge.messages.catalogue import LANGUAGES, filters_of, texts, variables_of
from escalation_bridge.messages.own_texts import OwnTexts
from escalation_bridge.plugin.settings import Settings
from escalation_bridge.text.templates import Template, TemplateProblem, parse

OwnText = Annotated[
    str,
    StringConstraints(min_length=1),
    Field(examples=["file:texts/took-over.en.html", "<p>We are on it, {{ customer }}.</p>"]),
]
"""HTML with `{{ values }}`, or the file that holds it. It is read when the configuration is."""


class LanguageSettings(Settings):
    """A text by language. In a language that is not named the built-in text stays."""

    en: OwnText | None = None
    """In English."""
    id: OwnText | None = None
    """In Indonesian."""


class TextSettings(LanguageSettings):
    """An own text in place of a built-in one. A route's comes before a team's, and these before the common one."""

    teams: Mapping[Name, LanguageSettings] = Field(default_factory=dict)
    """For escalations that a team has."""
    routes: Mapping[Name, LanguageSettings] = Field(default_factory=dict)
    """For tickets of a route."""


@dataclass(frozen=True, slots=True)
class _Written:
    """An own text as it is written."""

    at: Place
    message: str
    language: str
    source: str
    team: str | None = None
    route: str | None = None


def own_texts(settings: Mapping[str, TextSettings]) -> OwnTexts:
    """The own texts, ready for use.

    Raises:
        TemplateProblem: One has an error; `check_texts` reports all such findings with their lines.
    """
    general: dict[tuple[str, str], Template] = {}
    of_teams: dict[tuple[str, str, str], Template] = {}
    of_routes: dict[tuple[str, str, str], Template] = {}
    for text in _written(settings):
        template = _parsed(text)
        if text.route is not None:
            of_routes[text.route, text.message, text.language] = template
        elif text.team is not None:
            of_teams[text.team, text.message, text.language] = template
        else:
            general[text.message, text.language] = template
    return OwnTexts(general, of_teams, of_routes)


def check_texts(document: Document, review: Review) -> None:
    """Report unknown messages, teams and routes, and errors of templates with line and name."""
    messages = texts("en")["message"]
    known = {"teams": document.keys(("teams",)), "routes": document.keys(("routes",))}
    for message in document.keys(("texts",)):
        at: Place = ("texts", message)
        if message not in messages:
            review.report_unknown(at, "message", tuple(messages), of_key=True)
            continue
        for section, names in known.items():
            for each in document.keys((*at, section)):
                if each not in names:
                    review.report_unknown(
                        (*at, section, each), section.removesuffix("s"), names, of_key=True, section=section
                    )
        settings = Review(document).read(TextSettings, at)
        for text in _written({message: settings}) if settings is not None else ():
            try:
                _parsed(text)
            except TemplateProblem as problem:
                _report(document, review, text.at, problem)


def _report(document: Document, review: Review, at: Place, problem: TemplateProblem) -> None:
    node = document.node(at)
    source = node.source if isinstance(node, Scalar) else None
    if source is None:
        review.report_in_text(at, str(problem))
    elif source.startswith("the content of"):
        review.report_in_text(
            at, f"line {problem.line} of {source.removeprefix('the content of ')}: {problem.message}"
        )
    else:  # a variable of the environment may hold a secret
        review.report(at, str(problem))


def _parsed(text: _Written) -> Template:
    return parse(text.source, variables_of(text.message), filters_of(text.language))


def _written(settings: Mapping[str, TextSettings]) -> Iterator[_Written]:
    for message, own in settings.items():
        at: Place = ("texts", message)
        yield from _by_language(at, message, own)
        for team, of_team in own.teams.items():
            yield from _by_language((*at, "teams", team), message, of_team, team=team)
        for route, of_route in own.routes.items():
            yield from _by_language((*at, "routes", route), message, of_route, route=route)


def _by_language(
    at: Place, message: str, own: LanguageSettings, team: str | None = None, route: str | None = None
) -> Iterator[_Written]:
    for language in LANGUAGES:
        source = getattr(own, language)
        if source is not None:
            yield _Written((*at, language), message, language, source, team, route)
