"""Remove secrets from messages of others.

Validators of models, plugins and libraries word their own errors; some quote the value.
"""

import re
from collections.abc import Iterator
from collections.abc import Sequence as Sequence_

from escalation_bridge.configfile.findings import one_line
from escalation_bridge.configfile.locating import Spot
from escalation_bridge.configfile.yamltree import Mapping, Scalar, Sequence

_HIDDEN = "**********"
_TOO_SHORT_TO_SEARCH = 6
"""A short value is hidden only as a whole word: "en" occurs in "sent"."""

_LONGEST_SECRET = 64 * 1024
"""Only a calendar is longer; to look for each of its lines would take seconds."""

_QUOTED = re.compile(r"""(['"`])(.+?)\1""", re.DOTALL)


def hide(message: str, spot: Spot) -> str:
    """Return the message, on one line, without the secret values at and below a spot."""
    secrets = set(_secrets(spot))
    for secret in sorted(secrets, key=len, reverse=True):
        pattern = re.escape(secret)
        if len(secret) < _TOO_SHORT_TO_SEARCH:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        message = re.sub(pattern, _HIDDEN, message, flags=re.IGNORECASE)
    return one_line(_QUOTED.sub(lambda quoted: _hide_part(quoted, secrets), message))


def _hide_part(quoted: re.Match[str], secrets: set[str]) -> str:
    """Also hide a part of a value, such as "it contains 'x'" quotes."""
    mark, text = quoted.groups()
    return f"{mark}{_HIDDEN}{mark}" if any(text in secret for secret in secrets) else quoted[0]


def _parts(text: str) -> Sequence_[str]:
    """The words of a secret, or the lines of a file: its words alone, as those of a calendar, are everybody's."""
    if len(text) > _LONGEST_SECRET:
        return ()
    lines = text.splitlines()
    return lines if len(lines) > 1 else text.split()


def _secrets(spot: Spot) -> Iterator[str]:
    match spot.node:
        case Scalar(value=value) if spot.is_secret:
            text = str(value)
            yield from (part for part in (text, text.strip(), repr(text)[1:-1], *_parts(text)) if part)
        case Sequence(items=items):
            for at in range(len(items)):
                yield from _secrets(spot.enter(at))
        case Mapping(entries=entries):
            for key in entries:
                yield from _secrets(spot.enter(key))
