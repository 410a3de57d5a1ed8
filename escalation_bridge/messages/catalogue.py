"""The message catalogue: one file of texts per language, filled in by a sandboxed Jinja that escapes everything.

A comment's text is HTML, a timeline's line is plain. Facts come from tickets and are never trusted; quotes are rich text,
which is sanitised where it is made. Times are shown in the time zone of the fact `timezone`, and in UTC without one.
"""

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from jinja2 import Template as CompiledTemplate
from jinja2 import UndefinedError, nodes, pass_context
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import urlize
from markupsafe import Markup

from escalation_bridge.domain.case.cases import TimelineEntry
from escalation_bridge.domain.tickets.messages import Health, Message, MessageRequest, Package, Quote
from escalation_bridge.domain.tickets.tickets import RichText
from escalation_bridge.errors import ConfigurationError
from escalation_bridge.messages.due_times import by_when_of, zone_called
from escalation_bridge.text.rich_text import from_html
from escalation_bridge.text.templates import TEXT, NoFact, Shape, Template, TemplateFailure, list_of, record

LANGUAGES = ("en", "id")
_EXCERPT = 280
"""Characters of a quote's beginning."""
_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(),
    "id": "Jan Feb Mar Apr Mei Jun Jul Agu Sep Okt Nov Des".split(),
}


@cache
def texts(language: str) -> Mapping[str, Mapping[str, str]]:
    """All texts of a language, by section."""
    if language not in LANGUAGES:
        raise ConfigurationError(f"there are no texts in {language!r}; available: {', '.join(LANGUAGES)}")
    file = resources.files(__package__).joinpath(f"{language}.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def compose(request: MessageRequest, language: str, package: RichText | None = None) -> Message:
    """Compose a message from the catalogue.

    Args:
        request: The message.
        language: Its language.
        package: The composed package, where the message has one; None: in the catalogue's words.

    Raises:
        ConfigurationError: The catalogue has no such message, or it mentions a fact that is not there.
    """
    template = texts(language)["message"].get(request.template)
    if template is None:
        known = ", ".join(sorted(texts(language)["message"]))
        raise ConfigurationError(f"there is no message {request.template!r}; known: {known}")
    try:
        filled = _template(language, template, escape=True).render(_values(request, language, package))
    except (UndefinedError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"the message {request.template} cannot be put into words here: {error}"
        ) from error
    return Message(from_html(filled))


def compose_own(
    request: MessageRequest, language: str, own: Template, package: RichText | None = None
) -> Message:
    """Compose a message from an admin's own template.

    Raises:
        TemplateFailure: It cannot be filled in, or nothing is left of it.
    """
    commands = _environment(language, escape=True).globals["commands"]
    body = from_html(own.render({**_values(request, language, package), "commands": commands}))
    if not body:
        raise TemplateFailure("text_empty")
    return Message(body)


def variables_of(message: str) -> Mapping[str, Shape]:
    """What a template of a message may mention: what the catalogue's own text mentions in any language."""
    names: set[str] = set()
    for language in LANGUAGES:
        parsed = _environment(language, escape=True).parse(texts(language)["message"][message])
        found = list(parsed.find_all(nodes.Name))
        names |= {each.name for each in found} - {each.name for each in found if each.ctx == "store"}
    shapes = _PACKAGE_SHAPES if message == PACKAGE else _SHAPES
    return {name: shapes.get(name, TEXT) for name in sorted(names - {"loop"})}


def filters_of(language: str) -> Mapping[str, Callable[..., object]]:
    """The catalogue's own filters in a language."""
    filters = _environment(language, escape=True).filters
    return {name: each for name, each in filters.items() if FILTERS.get(name) is not each}


_SHAPES: Mapping[str, Shape] = {
    "quotes": list_of(record("author", "at", "body", "excerpt", "url", left_out=list_of(TEXT))),
    "health": list_of(TEXT),
    "links": list_of(record("key", "url", "status", "assignee", health=list_of(TEXT))),
    "commands": list_of(TEXT),
}
_PACKAGE_SHAPES: Mapping[str, Shape] = {
    **dict.fromkeys(("summary", "tried", "reproduction", "missing"), list_of(TEXT)),
    **dict.fromkeys(("value", "environment", "elsewhere"), list_of(record("name", "value"))),
    **dict.fromkeys(("answers", "notes"), list_of(record("author", "at", "body", "excerpt", "url"))),
    "clocks": list_of(record("metric", "state", "due", "seconds")),
    "files": list_of(record("name", "size")),
}
PACKAGE = "package"
"""The message of a package, which others include."""


def package_request(request: MessageRequest) -> MessageRequest | None:
    """The message of the package that a message includes; None: it includes none."""
    if request.package is None or request.template == PACKAGE:
        return None
    timezone = request.facts.get("timezone")
    return replace(request, template=PACKAGE, facts={"timezone": timezone} if timezone else {}, quotes=())


def _values(request: MessageRequest, language: str, package: RichText | None) -> dict[str, object]:
    """What a template of a message may mention, by its name there."""
    if request.template == PACKAGE:
        return _package_values(request.package or Package(), request.facts.get("timezone"), language)
    included = package_request(request)
    if package is None and included is not None:
        package = compose(included, language).body
    timezone = request.facts.get("timezone")
    quotes = [_quote(each, timezone, language) for each in request.quotes]
    health = [health_line(each, language, timezone) for each in request.health]
    links = [
        {**asdict(each), "health": [health_line(line, language, timezone) for line in each.health]}
        for each in request.links
    ]
    return {
        **request.facts,
        "timezone": timezone,
        "quotes": quotes,
        "health": health,
        "links": links,
        "package": Markup(package.html) if package is not None else "",  # noqa: S704 - sanitised
    }


def _package_values(package: Package, timezone: str | None, language: str) -> dict[str, object]:
    quoted = {
        name: [_quote(each, timezone, language) for each in getattr(package, name)]
        for name in ("answers", "notes")
    }
    plain = {each.name: getattr(package, each.name) for each in fields(package)}
    return {**plain, **quoted, "timezone": timezone}


def _quote(quote: Quote, timezone: str | None, language: str) -> dict[str, object]:
    return {
        "author": quote.author,
        "at": date_and_time(quote.at, timezone, language),
        "body": Markup(quote.body.html),  # noqa: S704 - sanitised
        "excerpt": _excerpt(quote.body.text),
        "left_out": quote.left_out,
        "url": quote.url,
    }


def _excerpt(text: str) -> str:
    """The beginning of a text, on one line."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _EXCERPT else flat[: _EXCERPT - 1].rstrip() + "…"


def history_line(entry: TimelineEntry, language: str) -> str:
    """A line of a case's history as text."""
    template = texts(language)["timeline"].get(entry.code, "")
    try:
        line = _template(language, template, escape=False).render(entry.facts)
    except (UndefinedError, TypeError, ValueError):
        line = ""
    # An entry of another version, with other texts or facts, is shown raw.
    text = " ".join((line or f"{entry.code} {dict(entry.facts)}").split())
    rule = entry.facts.get("rule")
    return f"{text} {phrase('rule', 'by', language, rule=_rule(rule, language))}" if line and rule else text


def _rule(name: str, language: str) -> str:
    """The name of a rule for people; an unknown one, of an extension or a later version, is shown raw."""
    return texts(language)["rule"].get(name, name)


def health_line(health: Health, language: str, timezone: str | None = None) -> str:
    """The health of a link as a line. One of another version, with other facts, is shown by its name only."""
    try:
        return phrase("health", health.code, language, **{"timezone": timezone, **health.facts})
    except (KeyError, UndefinedError, TypeError, ValueError):
        return texts(language)["word"].get(health.code, health.code)


def word(code: str, language: str) -> str:
    """A word of the catalogue; an unknown one is shown raw."""
    return texts(language)["word"].get(code, code)


def phrase(section: str, key: str, language: str, /, **facts: object) -> str:
    """A plain text of any section, with its facts."""
    return _template(language, texts(language)[section][key], escape=False).render(**facts)


@cache
def _template(language: str, text: str, *, escape: bool) -> CompiledTemplate:
    """Cached: there are as many as the catalogue has texts, and compiling one takes milliseconds."""
    return _environment(language, escape=escape).from_string(text)


@cache
def _environment(language: str, *, escape: bool) -> ImmutableSandboxedEnvironment:
    words = texts(language)["word"]
    environment = ImmutableSandboxedEnvironment(autoescape=escape, undefined=NoFact, trim_blocks=True)

    def word(value: str) -> str:
        return words.get(value, value)

    def duration(seconds: str) -> str:
        return _duration(abs(int(seconds)), words)

    def size(count: str) -> str:
        return _size(int(count), "," if language == "id" else ".")

    def remedy(error: str) -> str:
        """An error's text with what to do about it in this language. The vendor's own message stays unchanged."""
        # The longest first: some advice is a prefix of another.
        for name, in_english in sorted(texts("en")["advice"].items(), key=lambda each: -len(each[1])):
            error = error.replace(in_english, texts(language)["advice"][name])
        return error

    @pass_context
    def instant(context: Context, value: str | datetime) -> str:
        return date_and_time(value, context.get("timezone"), language)

    @pass_context
    def by_when(context: Context, due: str) -> str:
        """A due time as people say it: relative to the fact `now`, or as a date where it is read later."""
        now, zone = context.get("now"), context.get("timezone")
        return by_when_of(due, now, zone, language, names_zone=bool(context.get("foreign_zone")))

    @pass_context
    def day(context: Context, value: str | datetime) -> str:
        return _day(value, context.get("timezone"), language)

    def capitalize(text: str) -> str:
        """Capitalize the first letter only. Jinja's own filter would also change SLA to sla."""
        return text[:1].upper() + text[1:]

    def changes(listed: str) -> str:
        """Names of fields, with or without a value, separated by commas: names and priorities are translated."""
        return ", ".join(_change(each, words) for each in listed.split(", "))

    def paragraphs(text: str) -> Markup:
        """A plain text as people write it: paragraphs by empty lines, and addresses that can be clicked."""
        blocks = (block.strip() for block in text.split("\n\n"))
        lines = (
            Markup("<br>").join(_linked(line) for line in block.splitlines()) for block in blocks if block
        )
        return Markup("").join(Markup("<p>{}</p>").format(line) for line in lines)

    def because(rules: str) -> str:
        """What rules of severity found, by their names; an admin's own rule is shown by its name."""
        found = texts(language)["severity_rule"]
        return "; ".join(found.get(name, name) for name in rules.split(",")[:3])

    # The texts about commands are HTML of the catalogue's own.
    environment.globals["commands"] = [Markup(line) for line in texts(language)["command"].values()]  # noqa: S704
    environment.filters.update(
        word=word,
        because=because,
        remedy=remedy,
        duration=duration,
        instant=instant,
        day=day,
        by_when=by_when,
        bytes=size,
        capitalize=capitalize,
        changes=changes,
        paragraphs=paragraphs,
    )
    return environment


def _linked(line: str) -> Markup:
    """A line with its addresses as links; everything else is escaped."""
    return Markup(urlize(line))  # noqa: S704 - urlize escapes


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


def _change(listed: str, words: Mapping[str, str]) -> str:
    name, space, value = listed.partition(" ")
    if name in ("priority", "severity"):
        value = words.get(value, value)
    return f"{words.get(name, name)}{space}{value}"


def _day(value: str | datetime, timezone: str | None, language: str) -> str:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = at.astimezone(ZoneInfo(timezone or "UTC"))
    return f"{local.day} {_MONTHS[language][local.month - 1]} {local.year}"


def date_and_time(value: str | datetime, timezone: str | None, language: str) -> str:
    """Day and time of day of an instant, with its zone."""
    return f"{_day(value, timezone, language)}, {time_of_day(value, timezone, language)}"


def time_of_day(value: str | datetime, timezone: str | None, language: str) -> str:
    """The time of day of an instant, with its zone."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = at.astimezone(ZoneInfo(timezone or "UTC"))
    clock = f"{local:%H.%M}" if language == "id" else f"{local:%H:%M}"
    return f"{clock} {zone_called(local)}"
