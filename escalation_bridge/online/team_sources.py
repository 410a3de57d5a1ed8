"""Read facts about teams from outside of the configuration: members of groups, leads by role, calendars of rotas."""

import time
from collections.abc import Callable
from typing import TypeVar

from escalation_bridge.config.teams.rota_calendars import (
    LARGEST,
    ParsedCalendar,
    UnreadableCalendar,
    parse_rota_calendar,
)
from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.domain.teams.rota import RotaCalendar
from escalation_bridge.domain.tickets.tickets import Person
from escalation_bridge.errors import BridgeError, VendorError
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.http.addresses import parse_address
from escalation_bridge.plugin.http.downloads import opened
from escalation_bridge.plugin.http.transport import Transport
from escalation_bridge.plugin.settings import Timeouts

_OPERATION = "fetch_calendar"
_TIMEOUTS = Timeouts(connect=5, read=10)
_LONGEST_SECONDS = 30.0
_CHUNK = 16 * 1024

T = TypeVar("T")


class SourceUnreadable(Exception):
    """A source of facts cannot be read now. The message contains no address behind its host, which may be a secret."""


def read_members(helpdesk: Helpdesk | None, group: str) -> tuple[GroupMember, ...]:
    """Read the members of a group.

    Args:
        helpdesk: The connection; None: it is disabled or broken.
        group: Its name or id.

    Raises:
        SourceUnreadable: With the vendor's reason.
    """
    return _read(helpdesk, lambda at: at.fetch_group_members(group))


def read_role(helpdesk: Helpdesk | None, role: str) -> tuple[Person, ...]:
    """Read who has a role.

    Args:
        helpdesk: The connection; None: it is disabled or broken.
        role: Its name or id.

    Raises:
        SourceUnreadable: With the vendor's reason.
    """
    return _read(helpdesk, lambda at: at.fetch_role_members(role))


def _read(helpdesk: Helpdesk | None, read: Callable[[Helpdesk], T]) -> T:
    if helpdesk is None:
        raise SourceUnreadable("the connection is not in use")
    try:
        return read(helpdesk)
    except VendorError as error:
        raise SourceUnreadable(_reason(error)) from error
    except BridgeError as error:
        raise SourceUnreadable(str(error)) from error


def read_calendar(source: RotaCalendar) -> ParsedCalendar:
    """Read the calendar of a rota, from its address if it has one.

    Raises:
        SourceUnreadable: It cannot be fetched, or is no calendar.
    """
    try:
        return parse_rota_calendar(_fetched(source.url) if source.url else source.text)
    except UnreadableCalendar as error:
        raise SourceUnreadable(str(error)) from error


def _fetched(url: str) -> str:
    """The text at an address. No credentials are sent, and redirects never lead into a private network."""
    transport = Transport(
        "calendar",
        parse_address(url).site,
        timeouts=_TIMEOUTS,
        is_own=lambda _: True,  # calendars are served as text, and refused with pages
        attempts=1,
    )
    deadline = time.monotonic() + _LONGEST_SECONDS
    content = bytearray()
    try:
        with opened(transport, _OPERATION, url) as response:
            for chunk in response.iter_content(_CHUNK):
                content += chunk
                if len(content) > LARGEST:
                    raise SourceUnreadable(f"it is too large; allowed: {LARGEST // 1024} KiB")
                if time.monotonic() > deadline:
                    raise SourceUnreadable(f"it takes longer than {_LONGEST_SECONDS:.0f} seconds")
    except VendorError as error:
        raise SourceUnreadable(_reason(error)) from error
    except OSError as error:  # what `requests` raises while the content is read is one
        raise SourceUnreadable(f"the connection broke ({type(error).__name__})") from error
    finally:
        transport.close()
    return content.decode("utf-8-sig", errors="replace")


def _reason(error: VendorError) -> str:
    return f"{error.message} (HTTP {error.at.status})" if error.at.status else error.message
