"""Webhooks that wait in a bag until the history says what becomes of them: brought, brought twice, out of order, or lost."""

from collections import deque
from collections.abc import Iterator

import requests

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.outbox import Outbox, OutgoingWebhook

ACCEPTED = 202


class Mailbag(Outbox):
    """In the place of a stand-in's outbox, whose threads and real seconds no history could be repeated with."""

    def __init__(self, clock: SandboxClock) -> None:
        super().__init__(clock)
        self.waiting: deque[OutgoingWebhook] = deque()

    def send(self, webhook: OutgoingWebhook) -> None:
        self.waiting.append(webhook)

    def reset(self) -> None:
        super().reset()
        self.waiting.clear()

    def emptied(self, *, newest_first: bool = False) -> Iterator[OutgoingWebhook]:
        """The webhooks one by one, each taken out; those too that come meanwhile."""
        while self.waiting:
            yield self.waiting.pop() if newest_first else self.waiting.popleft()


def bring(webhook: OutgoingWebhook, attempt: int = 0) -> None:
    """Send a webhook as the vendor does, signed now. The receiver must take it."""
    answer = requests.request(
        webhook.method,
        webhook.url,
        data=webhook.body,
        headers={**webhook.headers, **webhook.sign(webhook.body, attempt)},
        auth=webhook.auth,
        timeout=5,
    )
    assert answer.status_code == ACCEPTED, f"the receiver answered {answer.status_code}: {answer.text}"
