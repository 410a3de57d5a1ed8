"""pydantic's kinds of error, worded for an admin."""

import re
from collections.abc import Mapping
from typing import Any

_TEXT = "text"
_WHOLE_NUMBER = "a whole number"
_NUMBER = "a number"
_YES_OR_NO = "true or false"
_LIST = "a list"
_MAPPING = "a mapping (`key: value` lines)"
_DATE = "a date such as 2026-12-31"
_TIME = "a time of day such as 09:00"
_INSTANT = "a date and time such as 2026-12-31T09:00:00+07:00"
_LENGTH_OF_TIME = "a length of time such as PT4H or 04:00:00"
_URL = "a complete address such as https://helpdesk.example.com"

_EXACT = {
    "string_too_short": "text of {at_least}",
    "string_too_long": "text of {at_most}",
    "string_pattern_mismatch": "text that matches the pattern {pattern}",
    "finite_number": "a finite number",
    "int_from_float": _WHOLE_NUMBER,
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "{le} or less",
    "multiple_of": "a multiple of {multiple_of}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "too_short": "{at_least}",
    "too_long": "{at_most}",
    "iterable_type": _LIST,
    "mapping_type": _MAPPING,
    "url_scheme": "an address that begins with {expected_schemes}",
    "url_too_long": "an address of at most {max_length} characters",
    "none_required": "nothing",
    "date_past": "a date in the past",
    "date_future": "a date in the future",
    "timezone_aware": f"{_INSTANT}, with the offset",
    "secret_in_file": "`${{NAME}}` for an environment variable or `file:/path/to/the/secret`, "
    "because a secret must not stand in the configuration file",
}

_FAMILIES = {
    "string": _TEXT,
    "int": _WHOLE_NUMBER,
    "float": _NUMBER,
    "decimal": _NUMBER,
    "bool": _YES_OR_NO,
    "list": _LIST,
    "tuple": _LIST,
    "set": _LIST,
    "frozen_set": _LIST,
    "dict": _MAPPING,
    "model": _MAPPING,
    "model_attributes": _MAPPING,
    "dataclass": _MAPPING,
    "date": _DATE,
    "date_from_datetime": _DATE,
    "date_from_datetime_inexact": _DATE,
    "time": _TIME,
    "datetime": _INSTANT,
    "datetime_from_date": _INSTANT,
    "time_delta": _LENGTH_OF_TIME,
    "url": _URL,
    "uuid": "a UUID",
    "path": "the path of a file",
}
_FAMILY_ENDINGS = re.compile(
    r"_(type|parsing|parsing_size|exact|syntax_violation|unicode|sub_type|exact_type)$"
)


def allowed(kind: str, context: Mapping[str, Any]) -> str | None:
    """Return the allowed values; None for errors that our validators or a plugin word themselves."""
    template = _EXACT.get(kind) or _FAMILIES.get(_FAMILY_ENDINGS.sub("", kind))
    if template is None:
        return None
    unit = "item" if kind.startswith("too_") else "character"
    facts = {key: _plain_number(value) for key, value in context.items()}
    for end, key in (("least", "min_length"), ("most", "max_length")):
        if key in facts:
            facts[f"at_{end}"] = f"at {end} {facts[key]} {unit if facts[key] == 1 else f'{unit}s'}"
    try:
        return template.format_map(facts)
    except KeyError:  # a validator's own error under the name of one of pydantic's
        return None


def offered(expected: str) -> list[str]:
    """Return the values in pydantic's "'low', 'normal' or 'high'"."""
    return re.findall(r"'([^']*)'", expected)


def _plain_number(value: object) -> object:
    """Format the limit 60.0 as 60."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
