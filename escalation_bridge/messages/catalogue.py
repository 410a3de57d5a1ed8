"""The message catalogue: one file of texts per language, filled in by a sandboxed Jinja that escapes everything.

A comment's text is HTML, a timeline's line is plain. Facts come from tickets and are never trusted; quotes are rich text,
which is sanitised where it is made.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from importlib import resources

from jinja2 import StrictUndefined, Template, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from escalation_bridge.domain.cases import TimelineEntry
from escalation_bridge.domain.messages import Health, Message, MessageRequest
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.richtext import from_html

LANGUAGES = ("en", "id")


@cache
def texts(language: str) -> Mapping[str, Mapping[str, str]]:
    """All texts of a language, by section."""
    if language not in LANGUAGES:
        raise ConfigurationError(f"there are no texts in {language!r}; available: {', '.join(LANGUAGES)}")
    file = resources.files(__package__).joinpath(f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def compose(request: MessageRequest, language: str) -> Message:
    """Put a message into words.

    Raises:
        ConfigurationError: The catalogue has no such message, or it mentions a fact that is not there.
    """
    template = texts(language)["message"].get(request.template)
    if template is None:
        known = ", ".join(sorted(texts(language)["message"]))
        raise ConfigurationError(f"there is no message {request.template!r}; known: {known}")
    quotes = [
        {
            "author": q.author,
            "at": _instant(q.at),
            "body": Markup(q.body.html),  # noqa: S704 - sanitised
            "left_out": q.left_out,
            "url": q.url,
        }
        for q in request.quotes
    ]
    health = [tell_health(each, language) for each in request.health]
    links = [
        {**asdict(each), "health": [tell_health(line, language) for line in each.health]}
        for each in request.links
    ]
    try:
        filled = _template(language, template, escape=True).render(
            request.facts, quotes=quotes, health=health, links=links
        )
    except (UndefinedError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"the message {request.template} cannot be put into words here: {error}"
        ) from error
    return Message(from_html(filled))


def tell(entry: TimelineEntry, language: str) -> str:
    """A line of a case's history in words."""
    template = texts(language)["timeline"].get(entry.code, "")
    try:
        line = _template(language, template, escape=False).render(entry.facts)
    except (UndefinedError, TypeError, ValueError):
        line = ""
    # An entry of a later or an earlier version, which has another text or other facts, is shown as it is.
    return " ".join((line or f"{entry.code} {dict(entry.facts)}").split())


def tell_health(health: Health, language: str) -> str:
    """How a link is, in a line. One of another version, which has other facts, is told by its name alone."""
    try:
        return phrase("health", health.code, language, **health.facts)
    except (KeyError, UndefinedError, TypeError, ValueError):
        return texts(language)["word"].get(health.code, health.code)


def word(code: str, language: str) -> str:
    """A word of the catalogue; one that it does not have as it is."""
    return texts(language)["word"].get(code, code)


def phrase(section: str, key: str, language: str, /, **facts: object) -> str:
    """A plain text of any section, filled in."""
    return _template(language, texts(language)[section][key], escape=False).render(**facts)


@cache
def _template(language: str, text: str, *, escape: bool) -> Template:
    """Made once: there are as many as the catalogue has texts, and making one takes milliseconds."""
    return _environment(language, escape=escape).from_string(text)


class _NoFact(StrictUndefined):
    """A fact that is not there: it can be asked for, with `if`, and not be told."""

    __slots__ = ()

    def __bool__(self) -> bool:  # type: ignore[override]  # strict in all else
        return False


@cache
def _environment(language: str, *, escape: bool) -> ImmutableSandboxedEnvironment:
    words = texts(language)["word"]
    environment = ImmutableSandboxedEnvironment(autoescape=escape, undefined=_NoFact, trim_blocks=True)

    def word(value: str) -> str:
        return words.get(value, value)

    def duration(seconds: str) -> str:
        return _duration(abs(int(seconds)), words)

    def size(count: str) -> str:
        return _size(int(count), "," if language == "id" else ".")

    def remedy(error: str) -> str:
        """An error's text with what to do about it in this language. What the vendor said stays as it is."""
        for name, in_english in texts("en")["advice"].items():
            error = error.replace(in_english, texts(language)["advice"][name])
        return error

    environment.filters.update(
        {"word": word, "remedy": remedy, "duration": duration, "instant": _instant, "bytes": size}
    )
    return environment


def _duration(seconds: int, words: Mapping[str, str]) -> str:
    parts = []
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {words[unit if count == 1 else unit + 's']}")
    return " ".join(parts[:2]) or f"0 {words['seconds']}"


def _size(count: int, mark: str) -> str:
    for unit, length in (("MB", 1024 * 1024), ("kB", 1024)):
        if count >= length:
            return f"{count / length:.1f}".replace(".", mark).removesuffix(f"{mark}0") + f" {unit}"
    return f"{count} B"


def _instant(value: str | datetime) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at:%Y-%m-%d %H:%M} UTC"
