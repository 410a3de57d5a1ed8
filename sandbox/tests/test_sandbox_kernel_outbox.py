"""Outgoing webhooks: retries, moods, and where they may go."""

from collections.abc import Iterator, Mapping

import pytest

from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.kernel.outbox import Outbox, OutgoingWebhook, RetryRules
from escalation_bridge_sandbox.kernel.receiver import Answer, Receiver

AT_ONCE = RetryRules(
    delays=(0, 0), retry_on=lambda status, _: status >= 500, timeout=5, retry_on_timeout=True
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


@pytest.fixture
def outbox() -> Iterator[Outbox]:
    box = Outbox(SandboxClock())
    yield box
    box.close()


def numbered(_body: bytes, attempt: int) -> Mapping[str, str]:
    return {"X-Attempt": str(attempt)}


def webhook(url: str, body: bytes = b"{}", rules: RetryRules = AT_ONCE) -> OutgoingWebhook:
    return OutgoingWebhook(
        url, "POST", {"X-Fixed": "yes"}, body, numbered, rules, "a label", ("bridge", "secret")
    )


def test_a_webhook_arrives_signed_and_authenticated(outbox: Outbox, receiver: Receiver) -> None:
    outbox.send(webhook(f"{receiver.url}/hook", b'{"a":1}'))
    (arrived,) = receiver.wait_for(1)
    assert (arrived.method, arrived.path, arrived.body) == ("POST", "/hook", b'{"a":1}')
    assert arrived.headers["x-fixed"] == "yes"
    assert arrived.headers["x-attempt"] == "0"
    assert arrived.headers["authorization"].startswith("Basic ")
    assert outbox.wait_idle(5)
    (attempt,) = outbox.attempts()
    assert (attempt.label, attempt.attempt, attempt.status, attempt.error) == ("a label", 0, 202, None)


def test_it_is_tried_again_as_the_rules_say(outbox: Outbox, receiver: Receiver) -> None:
    receiver.answers.extend([Answer(500), Answer(502), Answer(503)])
    outbox.send(webhook(receiver.url))
    assert outbox.wait_idle(5)
    assert [attempt.status for attempt in outbox.attempts()] == [500, 502, 503]
    assert [arrived.headers["x-attempt"] for arrived in receiver.deliveries()] == ["0", "1", "2"]


def test_it_is_not_tried_again_otherwise(outbox: Outbox, receiver: Receiver) -> None:
    receiver.answers.append(Answer(400))
    outbox.send(webhook(receiver.url))
    assert outbox.wait_idle(5)
    assert [attempt.status for attempt in outbox.attempts()] == [400]


def test_a_silent_receiver_is_tried_again(outbox: Outbox, receiver: Receiver) -> None:
    receiver.answers.append(Answer(seconds=0.5))
    hasty = RetryRules(delays=(0,), retry_on=lambda _, __: False, timeout=0.1, retry_on_timeout=True)
    outbox.send(webhook(receiver.url, rules=hasty))
    assert outbox.wait_idle(5)
    assert [(attempt.status, attempt.error) for attempt in outbox.attempts()] == [
        (None, "timeout"),
        (202, None),
    ]


def test_fewer_retries_where_the_rules_count_apart(outbox: Outbox, receiver: Receiver) -> None:
    receiver.answers.extend([Answer(500)] * 3)
    fewer = RetryRules((0, 0), lambda _, __: True, 5, retry_on_timeout=True, most_retries=lambda _: 1)
    outbox.send(webhook(receiver.url, rules=fewer))
    assert outbox.wait_idle(5)
    assert len(outbox.attempts()) == 2


def test_retry_after_is_waited_for_and_the_mood_hurries(outbox: Outbox, receiver: Receiver) -> None:
    receiver.answers.append(Answer(429, (("Retry-After", "3600"),)))
    patient = RetryRules(
        (3600,), lambda status, _: status == 429, 5, retry_on_timeout=True, waits_for_retry_after=True
    )
    outbox.mood.retry_speed = 0
    outbox.send(webhook(receiver.url, rules=patient))
    assert outbox.wait_idle(5)
    assert [attempt.status for attempt in outbox.attempts()] == [429, 202]


def test_nobody_listening_is_an_error_that_is_told(outbox: Outbox) -> None:
    with Receiver() as gone:
        url = gone.url
    outbox.send(webhook(url, rules=RetryRules((), lambda _, __: True, 1, retry_on_timeout=True)))
    assert outbox.wait_idle(5)
    (attempt,) = outbox.attempts()
    assert attempt.status is None
    assert "ConnectionError" in (attempt.error or "")


def test_it_stays_on_this_machine(outbox: Outbox) -> None:
    outbox.send(webhook("http://receiver.example/hook"))
    assert outbox.wait_idle(5)
    (attempt,) = outbox.attempts()
    assert "loopback" in (attempt.error or "")


def test_an_allowed_host_is_tried() -> None:
    box = Outbox(SandboxClock(), allow_hosts=["receiver.invalid"])
    box.send(
        webhook(
            "http://receiver.invalid/hook",
            rules=RetryRules((), lambda _, __: False, 1, retry_on_timeout=False),
        )
    )
    assert box.wait_idle(20)
    assert "loopback" not in (box.attempts()[0].error or "")
    box.close()


def test_moods_duplicate_and_drop(outbox: Outbox, receiver: Receiver) -> None:
    outbox.mood.duplicate, outbox.mood.drop = 2, 1
    outbox.send(webhook(receiver.url, b"lost"))
    outbox.send(webhook(receiver.url, b"twice"))
    assert [arrived.body for arrived in receiver.wait_for(2)] == [b"twice", b"twice"]
    assert outbox.wait_idle(5)
    assert len(receiver.deliveries()) == 2


def test_a_shuffling_mood_reverses(outbox: Outbox, receiver: Receiver) -> None:
    outbox.mood.shuffle = True
    for body in (b"1", b"2", b"3"):
        outbox.send(webhook(receiver.url, body))
    assert [arrived.body for arrived in receiver.wait_for(3)] == [b"3", b"2", b"1"]


def test_close_drops_what_is_pending(receiver: Receiver) -> None:
    box = Outbox(SandboxClock())
    box.mood.delay = 3600
    box.send(webhook(receiver.url))
    assert not box.wait_idle(0)
    box.close()
    box.send(webhook(receiver.url))
    assert receiver.deliveries() == []
