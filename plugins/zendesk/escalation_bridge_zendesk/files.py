"""Files at comments."""

from typing import NoReturn
from urllib.parse import urljoin

import requests

from escalation_bridge.addresses import is_secure
from escalation_bridge.domain.tickets import Attachment
from escalation_bridge.errors import UnreadableAnswer
from escalation_bridge_zendesk.client import ZendeskClient

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS = 3


class Files:
    """Reads attachments."""

    def __init__(self, client: ZendeskClient) -> None:
        self._client = client

    def fetch(self, attachment: Attachment) -> bytes:
        """Read a file. Zendesk redirects to its file store, which the transport asks without credentials."""
        url = attachment.url
        for _ in range(_MOST_REDIRECTS + 1):
            if not is_secure(url):
                self._refuse("the file's address is not https")
            response = self._client.transport.request(
                "fetch_attachment", "GET", url, headers={"Accept": "*/*"}, accept=_REDIRECTS
            )
            if response.status_code not in _REDIRECTS:
                return self._content(response, attachment)
            url = urljoin(url, response.headers.get("Location", ""))
        return self._refuse("the file is redirected again and again")

    def _content(self, response: requests.Response, attachment: Attachment) -> bytes:
        came = response.headers.get("Content-Type", "").lower()
        if "text/html" in came and "html" not in attachment.content_type.lower():
            self._refuse("a web page came instead of the file")
        return response.content

    def _refuse(self, message: str) -> NoReturn:
        self._client.refuse(UnreadableAnswer, "fetch_attachment", message)
