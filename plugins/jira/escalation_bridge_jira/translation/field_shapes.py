"""Convert plain values of a configuration, or of another helpdesk's field, to the form of a Jira field's type.

The types are those of the field's schema: https://developer.atlassian.com/server/jira/platform/jira-rest-api-examples/. Objects
are in the API's form already and stay unchanged.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from escalation_bridge.plugin import (
    MOST_DIGITS,
    JsonPart,
    from_text,
)
from escalation_bridge_jira.http.client import Jira
from escalation_bridge_jira.translation.cascades import TYPE, as_cascade

_NAMED = frozenset({"priority", "resolution", "version", "component", "securitylevel", "group", "issuetype"})
"""Types whose values are objects with a name."""
_NUMBERED = (":gh-sprint", ":sd-customer-organizations")
"""Custom types whose values are bare numeric ids, whatever their schema says."""
_READ_ONLY = frozenset(
    {"comments-page", "votes", "watches", "progress", "issuelinks", "attachment", "sd-servicelevelagreement"}
)
_ASSET = ":cmdb-object-cfield"


class Misfit(ValueError):
    """A value does not fit the field; the message names what the field accepts."""


def shaped(jira: Jira, schema: JsonPart, value: object, language: str) -> object:
    """A plain value in the form of the field's type: `Payments` for a select list is `{"value": "Payments"}`.

    Raises:
        Misfit: It does not fit the field's type, or fields of this type cannot be set.
    """
    kind = (schema / "type").maybe_text() or ""
    if kind in _READ_ONLY or (kind == "array" and (schema / "items").value in _READ_ONLY):
        raise Misfit("is a field that Jira does not let anybody set in this way")
    if value is None or isinstance(value, Mapping):
        return value
    if kind == TYPE:
        return as_cascade(value)
    if kind == "array":
        items = list(value) if isinstance(value, list | tuple) else [value]
        return [shaped(jira, _item(schema), each, language) for each in items]
    if isinstance(value, list | tuple):
        if len(value) != 1:
            raise Misfit("takes one value, not several")
        return shaped(jira, schema, value[0], language)
    return _scalar(jira, schema, value, language)


def _item(schema: JsonPart) -> JsonPart:
    """The schema of the elements of a list."""
    kind, custom = (schema / "items").value, (schema / "custom").value
    system = "label" if (schema / "system").value == "labels" else None
    if isinstance(custom, str) and custom.endswith(":labels"):
        system = "label"
    return JsonPart({"type": kind, "custom": custom, "system": system}, schema.path, schema.fail)


def _scalar(jira: Jira, schema: JsonPart, value: object, language: str) -> object:
    kind, custom = (schema / "type").maybe_text() or "", (schema / "custom").maybe_text() or ""
    text = _text(value)
    if custom.endswith(_ASSET):
        raise Misfit('takes objects of Assets: write [{"id": "<workspace id>:<object id>"}]')
    if custom.endswith(_NUMBERED):
        return _whole(text)
    if kind == "option":
        return {"value": text}
    if kind in _NAMED:
        return {"id": text} if text.isascii() and text.isdigit() else {"name": text}
    if kind == "user":
        return jira.user(_user(jira, text))
    if _is_long_text(schema):
        return jira.edition.document(from_text(text), language)
    if (schema / "system").value == "label":
        return "-".join(text.split())
    make = _BY_TYPE.get(kind)
    return make(value) if make else value


def _text(value: object) -> str:
    """A scalar as Jira would show it; YAML makes numbers, booleans and dates of some words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: object) -> int | float:
    try:
        number = Decimal(_text(value).strip())
    except InvalidOperation:
        raise Misfit("takes a number") from None
    if isinstance(value, bool) or not number.is_finite():
        raise Misfit("takes a number")
    if not number:
        return 0
    if abs(number.adjusted()) > MOST_DIGITS:  # written out, `1e999999999` would fill the memory
        raise Misfit(f"takes a number of at most {MOST_DIGITS} digits")
    return int(number) if number == number.to_integral_value() else float(number)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise Misfit("takes an id, which is a number")
    return int(text)


def _day(value: object) -> str:
    instant = _instant_of(value)
    return (instant.date() if isinstance(instant, datetime) else instant).isoformat()


def _instant(value: object) -> str:
    """An instant in Jira's form, always with an offset of four digits; without a zone it is UTC."""
    instant = _instant_of(value)
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day, tzinfo=UTC)
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return f"{aware:%Y-%m-%dT%H:%M:%S}.{aware.microsecond // 1000:03d}{aware:%z}"


def _instant_of(value: object) -> date:
    if isinstance(value, date):
        return value
    text = _text(value).strip()
    try:
        return (
            date.fromisoformat(text)
            if re.fullmatch(r"\d{4}-\d\d-\d\d", text)
            else datetime.fromisoformat(text)
        )
    except ValueError:
        raise Misfit(
            "takes a date such as 2026-11-30, or an instant such as 2026-11-30T09:00:00+07:00"
        ) from None


def _issue(value: object) -> dict[str, str]:
    """Another issue: a sub-task's parent, an epic."""
    text = _text(value)
    return {"id": text} if text.isascii() and text.isdigit() else {"key": text}


def project(value: object) -> dict[str, str]:
    """A project in the API's form."""
    return _issue(value)


def _user(jira: Jira, named: str) -> str:
    """A user's id. An email address is looked up; any other text is the id.

    Raises:
        Misfit: Nobody or more than one has the address.
    """
    if "@" not in named:
        return named
    how = {"query": named} if jira.edition.user == "accountId" else {"username": named}
    users = [
        each
        for each in jira.get("/user/search", **how).elements()
        if (each / "active").maybe_flag() is not False
    ]
    shown = [each for each in users if str((each / "emailAddress").value).casefold() == named.casefold()]
    fitting = shown or [each for each in users if not (each / "emailAddress").maybe_text()]
    if len(fitting) != 1:
        raise Misfit("names a person whom Jira does not know, or more than one")
    return (fitting[0] / jira.edition.user).text()


def _is_long_text(schema: JsonPart) -> bool:
    custom = (schema / "custom").maybe_text() or ""
    return custom.endswith(":textarea") or (schema / "system").value in ("description", "environment")


_BY_TYPE: Mapping[str, Callable[[object], object]] = {
    "string": _text,
    "number": _number,
    "date": _day,
    "datetime": _instant,
    "issuelink": _issue,
    "project": project,
    "timetracking": lambda value: {"originalEstimate": _text(value)},
}
