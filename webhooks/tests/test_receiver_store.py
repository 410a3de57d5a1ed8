"""The writer: many requests share a commit, and each has its own answer."""

import fcntl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.webhooks import deliveries as module
from escalation_bridge.store.webhooks.deliveries import (
    DeliveryWriter,
    IncomingDelivery,
    _Waiting,
    save_deliveries,
)


def delivery(receiver, name, *, body=b"x", quarantine=None):
    request = WebhookRequest.make(body, {"x-name": name}, received_at=receiver.clock.at)
    return IncomingDelivery("support", request, name, quarantine)


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def stored(receiver):
    return [row.headers for row in receiver.rows()]


def test_a_batch_says_of_each_whether_it_was_there(any_receiver):
    one, two = delivery(any_receiver, "one"), delivery(any_receiver, "two")
    with any_receiver.bridge.database.write() as transaction:
        assert save_deliveries(transaction, []) == []
        first = save_deliveries(transaction, [one, one, two])
        second = save_deliveries(transaction, [two, delivery(any_receiver, "three"), one])
    assert [saved.repeated for saved in first] == [False, True, False]
    assert [saved.repeated for saved in second] == [True, False, True]
    assert len(any_receiver.rows()) == 3


def test_a_transaction_that_is_taken_back_stores_nothing(any_receiver):
    def fail():
        with any_receiver.bridge.database.write() as transaction:
            save_deliveries(transaction, [delivery(any_receiver, "one")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert any_receiver.rows() == []


def test_requests_that_wait_share_a_commit(any_receiver, monkeypatch):
    batches = []
    gate = threading.Event()

    def watched(connection, batch):
        batches.append(len(batch))
        gate.wait(20)
        return save_deliveries(connection, batch)

    monkeypatch.setattr(module, "save_deliveries", watched)
    writer = any_receiver.writer
    with ThreadPoolExecutor(25) as pool:
        saved = [pool.submit(writer.save, delivery(any_receiver, "first"))]
        until(lambda: batches == [1])
        saved += [pool.submit(writer.save, delivery(any_receiver, str(number))) for number in range(24)]
        until(lambda: writer._waiting.qsize() == 24)
        gate.set()
    assert [one.result().repeated for one in saved] == [False] * 25
    assert batches == [1, 24]
    assert len(any_receiver.rows()) == 25


def test_a_batch_is_not_larger_than_allowed(receiver, in_threads, monkeypatch):
    batches = []

    def watched(connection, batch):
        batches.append(len(batch))
        return save_deliveries(connection, batch)

    monkeypatch.setattr(module, "save_deliveries", watched)
    small = DeliveryWriter(receiver.bridge.database, largest_batch=3)
    in_threads(lambda n: small.save(delivery(receiver, str(n))), list(range(20)))
    small.close()
    assert max(batches) <= 3
    assert len(receiver.rows()) == 20


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_that_cannot_be_stored_fails_alone(any_receiver, place):
    batch = [delivery(any_receiver, name) for name in ("one", "two")]
    batch.insert(place, replace(delivery(any_receiver, "bad"), connection=None))
    waiting = [_Waiting(one) for one in batch]
    any_receiver.writer._save_batch(waiting)
    with pytest.raises(StoreUnavailable, match="rejects"):
        waiting.pop(place).wait(timeout=1)
    assert [one.wait(timeout=1).repeated for one in waiting] == [False, False]
    assert len(any_receiver.rows()) == 2


def test_an_error_quotes_nothing_of_what_was_to_be_stored(any_receiver):
    nowhere = replace(delivery(any_receiver, "bad", body=b"my card is 4111"), connection=None)
    with pytest.raises(StoreUnavailable, match="IntegrityError") as failed:
        any_receiver.writer.save(nowhere)
    assert "4111" not in str(failed.value)
    assert any_receiver.writer.save(delivery(any_receiver, "next")).repeated is False


def test_who_was_told_to_come_again_is_not_stored_as_well(receiver):
    writer = receiver.writer
    with receiver.bridge.database.write():  # nobody else can write now
        with pytest.raises(StoreUnavailable, match="in time"):
            writer.save(delivery(receiver, "taken up, perhaps stored"), timeout=0.05)
        until(writer._waiting.empty)
        with pytest.raises(StoreUnavailable, match="in time"):
            writer.save(delivery(receiver, "waited in vain"), timeout=0.05)
    writer.save(delivery(receiver, "last"))
    assert not any("in vain" in headers for headers in stored(receiver))
    assert "last" in stored(receiver)[-1]


def test_closing_stores_what_waits(receiver):
    writer = DeliveryWriter(receiver.bridge.database)
    with ThreadPoolExecutor(4) as pool:
        with receiver.bridge.database.write():  # nobody else can write now
            saved = [pool.submit(writer.save, delivery(receiver, "first"))]
            until(lambda: saved[0].running() and writer._waiting.empty())
            saved += [pool.submit(writer.save, delivery(receiver, name)) for name in ("second", "third")]
            until(lambda: writer._waiting.qsize() == 2)
            ending = pool.submit(writer.close)
            until(lambda: writer._waiting.qsize() == 3)
        ending.result(20)
    assert [one.result().repeated for one in saved] == [False] * 3
    assert len(receiver.rows()) == 3


def test_who_waits_to_write_comes_before_who_has_just_written(receiver):
    database = receiver.bridge.database
    if not database.on_sqlite:
        pytest.skip("PostgreSQL has many writers at a time")
    other = Database(database.url)  # queues as another process does
    order = []

    def write(who, through):
        with through.write():
            order.append(who)

    with closing(other), ThreadPoolExecutor(1) as pool:
        with database.write():
            waiting = pool.submit(write, "who waits", other)
            until(lambda: _is_locked(Path(f"{database.url.database}.next")))
        write("who has just written", database)
        waiting.result(20)
    assert order == ["who waits", "who has just written"]


def _is_locked(file):
    with file.open() as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
