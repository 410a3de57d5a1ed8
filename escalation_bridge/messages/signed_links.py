"""Signed links to pages of the receiver: whoever has the link may do the one thing that it is for, until it expires.

Nothing is stored for a link: it carries what it is about. The facts in it are signed, not hidden.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

_UNTIL = "until"


class LinkInvalid(ValueError):
    """The link was not made by this bridge, or is for another page."""


class LinkExpired(LinkInvalid):
    """The link was valid until an instant in the past."""


def _random() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """Makes and reads signed links.

    Attributes:
        secret: What they are signed with; by default a random one, so that the links are valid within this process only.
        public_url: The public address of the receiver; None: there are no links, because nobody could open them.
    """

    secret: str = field(default_factory=_random, repr=False)
    public_url: str | None = None

    def url(self, page: str, facts: Mapping[str, str], now: datetime, valid_for: timedelta) -> str | None:
        """The address of a page about these facts; None if the receiver's public address is unknown."""
        if self.public_url is None:
            return None
        until = str(int((now + valid_for).timestamp()))
        return f"{self.public_url.rstrip('/')}/{page}/{self._signer(page).dumps({**facts, _UNTIL: until})}"

    def read(self, page: str, token: str, now: datetime) -> dict[str, str]:
        """The facts of a link.

        Args:
            page: The page that was opened: a link to one page is none to another.
            token: The last part of the address.
            now: The instant.

        Raises:
            LinkExpired: It is too old.
            LinkInvalid: It was not made by this bridge for this page.
        """
        try:
            facts: dict[str, Any] = self._signer(page).loads(token)
            until = datetime.fromtimestamp(int(facts.pop(_UNTIL)), UTC)
        except (BadData, KeyError, ValueError) as error:
            raise LinkInvalid("the link is not one of this bridge's") from error
        if until < now:
            raise LinkExpired(f"the link was valid until {until:%Y-%m-%d %H:%M} UTC")
        return {name: str(value) for name, value in facts.items()}

    def _signer(self, page: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt=f"escalation-bridge/{page}")
