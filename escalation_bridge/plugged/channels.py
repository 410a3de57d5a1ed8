"""Channels of notices: mail, chats, pagers and many more, by Apprise.

Apprise names over a hundred services by URLs: https://github.com/caronc/apprise/wiki. Its URLs hold the secrets of an account, so that
none is ever printed.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from apprise import Apprise, AppriseAsset, AppriseResult, NotifyBase, NotifyFormat
from markupsafe import escape

from escalation_bridge.errors import BridgeError
from escalation_bridge.text.rich_text import from_html

_APPRISE = logging.getLogger("apprise")
_APPRISE.addHandler(logging.NullHandler())
_APPRISE.propagate = False  # the reason of a failure is in its result, and is logged without secrets

PLACEHOLDER = "{to}"
"""In a channel's URL, where the address of the person goes."""
_DEADLINE = 30.0
"""Seconds. A server that hangs for longer has failed."""
_SHORTEST_SECRET = 4
_HOST = re.compile(r"[^:]*\.[^:]*|[^:]*:\d{1,5}$|\[")
_SEPARATORS = 4
"""Characters between the parts of a message."""


class ChannelFailed(BridgeError):
    """A channel did not take a message; the text tells why, without secrets."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel.

    Attributes:
        name: The admin's name of it.
        url: Apprise's URL, with `{to}` where the address of the person goes.
        deadline: Seconds after which a server that does not answer has failed.
    """

    name: str
    url: str = field(repr=False)
    deadline: float = _DEADLINE

    @property
    def is_personal(self) -> bool:
        """Whether it reaches single people. Otherwise everybody who reads it sees everything."""
        return PLACEHOLDER in self.url

    def problem(self) -> str | None:
        """Why Apprise cannot use the URL; None: it can."""
        if _instance(self._url_for("somebody@example.com")) is None:
            scheme = self.url.partition("://")[0] if "://" in self.url else ""
            kind = (
                f"Apprise makes nothing of this {scheme}:// address"
                if scheme
                else "this is no address of Apprise"
            )
            return f"{kind}; its services and their addresses: https://github.com/caronc/apprise/wiki"
        return None

    def send(self, address: str, title: str, html: str) -> None:
        """Send a message.

        Args:
            address: What the channel calls the person; ignored by one that is not personal.
            title: One line of plain text.
            html: The message; it is converted to what the service shows.

        Raises:
            ChannelFailed: It was not taken, or nobody knows whether it was.
        """
        service = _instance(self._url_for(address))
        if service is None:
            raise ChannelFailed(f"the channel {self.name} makes no sense with the address {address!r}")
        apprise = Apprise()
        apprise.add(service)
        title, body, form = _fitting(service, title, html)
        result = apprise.notify(title=title, body=body, body_format=form, timeout=self.deadline)
        if not result:
            raise ChannelFailed(
                f"the channel {self.name} took no message: {self._without_secrets(_why(result))}"
            )

    def _url_for(self, address: str) -> str:
        return self.url.replace(PLACEHOLDER, quote(address, safe=""))

    def _without_secrets(self, text: str) -> str:
        for secret in sorted(set(_secrets(self.url)), key=len, reverse=True):
            text = text.replace(secret, "***")
        return text


def make_channels(urls: Mapping[str, str]) -> dict[str, Channel]:
    """Channels from their URLs, by name."""
    return {name: Channel(name, url) for name, url in urls.items()}


def _instance(url: str) -> NotifyBase | None:
    return Apprise.instantiate(url, asset=AppriseAsset(app_id="Escalation Bridge"))


def _fitting(service: NotifyBase, title: str, html: str) -> tuple[str, str, str]:
    """Title, body and format, so that the service shows everything: one without formatting would lose the addresses of links, and one
    without titles would take a customer's `<` in a title for markup.
    """
    has_titles = service.title_maxlen > 0
    room = service.body_maxlen - (0 if has_titles else len(title) + _SEPARATORS)
    if service.resolve_format("html") is NotifyFormat.TEXT or len(html) > room:
        return title, _cut(from_html(html).text, room), "text"
    if has_titles:
        return title, html, "html"
    return "", f"<p><strong>{escape(title)}</strong></p>{html}", "html"


def _cut(text: str, room: int) -> str:
    """Whole lines of a text that fit, and the last one, which has the link; where not even that fits, the beginning."""
    if len(text) <= room:
        return text
    *lines, last = text.split("\n")
    left, kept = room - len(last) - _SEPARATORS, []
    if left < 0:
        return text[:room]
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            break
        kept.append(line)
    return "\n".join([*kept, "…", last])


def _why(result: AppriseResult) -> str:
    """What Apprise logged about a failure."""
    lines = [entry.message for entry in result.logs() if entry.level in ("WARNING", "ERROR", "CRITICAL")]
    return " ".join(lines)[:500] or f"no reason was given ({result.status.name.lower()})"


def _secrets(url: str) -> Iterator[str]:
    """All parts of a URL but its scheme and host: in most services they are tokens."""
    parts = urlsplit(url)
    found = [
        parts.username or "",
        parts.password or "",
        *parts.path.split("/"),
        *(value for _, value in parse_qsl(parts.query)),
    ]
    # Without a dot it is no host but a token, as in slack://TokenA/TokenB or tgram://123:Token/.
    host = parts.netloc.rpartition("@")[2]
    found += [] if _HOST.match(host) else host.split(":")
    for each in found:
        for form in (each, unquote(each)):
            if len(form) >= _SHORTEST_SECRET and form != PLACEHOLDER:
                yield form
