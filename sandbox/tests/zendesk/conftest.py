"""A stand-in Zendesk that waits little for receivers, and a receiver."""

from collections.abc import Iterator

import pytest

from bridge_helpers.zendesk_desk import Desk
from escalation_bridge_sandbox.kernel.receiver import Receiver
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox, ZendeskSettings


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox(settings=ZendeskSettings(webhook_timeout=0.2))) as running:
        yield running


@pytest.fixture
def desk(served: RunningVendor) -> Desk:
    served.vendor.reset()
    served.vendor.outbox.mood.retry_speed = 0
    return Desk(served)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening
