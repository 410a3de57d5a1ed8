"""Who writes to a SQLite file next: whoever waits comes before who has just written, in this process and between processes."""

import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from escalation_bridge.errors import StoreUnavailable
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.write_turns import Turns, TurnTimeout

ROUNDS = 25
HOLD = """
import sys, time
from pathlib import Path
from escalation_bridge.store.database.write_turns import Turns
with Turns(Path(sys.argv[1]), 60).taken():
    print("taken", flush=True)
    time.sleep(600)
"""


def until(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def somebody_waits(file):
    """Whether the place of who comes next is taken."""
    probe = Turns(file, 0)
    with closing(probe):
        try:
            probe._next.acquire(0)
        except TurnTimeout:
            return True
        probe._next.release()
        return False


def test_whoever_waits_comes_before_who_has_just_written(tmp_path):
    """The two share nothing but the files, as two processes do."""
    file = tmp_path / "bridge.db"
    busy, waiting = Turns(file, 60), Turns(file, 60)
    order = []

    def wait_for_it():
        with waiting.taken():
            order.append("waiting")

    with closing(busy), closing(waiting):
        for _ in range(ROUNDS):
            with busy.taken():
                order.append("busy")
                thread = threading.Thread(target=wait_for_it)
                thread.start()
                until(lambda: somebody_waits(file))
            with busy.taken():  # at once, as a worker does that has the next transaction ready
                order.append("busy again")
            thread.join()
    assert order == ["busy", "waiting", "busy again"] * ROUNDS


def test_threads_of_one_process_count_once(tmp_path):
    """A worker's threads that wait do not all come before the receiver."""
    file = tmp_path / "bridge.db"
    busy, waiting = Turns(file, 60), Turns(file, 60)
    order = []

    def take(turns, name):
        with turns.taken():
            order.append(name)

    with closing(busy), closing(waiting):
        with busy.taken():
            others = [threading.Thread(target=take, args=(busy, "worker")) for _ in range(4)]
            for thread in others:
                thread.start()
            receiver = threading.Thread(target=take, args=(waiting, "receiver"))
            receiver.start()
            until(lambda: somebody_waits(file))
        for thread in (*others, receiver):
            thread.join()
    assert sorted(order) == ["receiver", *["worker"] * 4]
    assert order[0] == "receiver"


def test_the_turn_of_a_process_that_was_killed_is_over(tmp_path):
    file = tmp_path / "bridge.db"
    with subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"taken\n"
        with closing(Turns(file, 0.01)) as impatient, pytest.raises(TurnTimeout), impatient.taken():
            pass
        holder.kill()
        holder.wait()
    with closing(Turns(file, 60)) as turns, turns.taken():
        pass


def test_a_turn_that_does_not_come_is_told(tmp_path):
    url = f"sqlite:///{tmp_path / 'bridge.db'}"
    with closing(Database(url)) as database:
        database.upgrade()
    with (
        closing(Database(url, busy_seconds=0.01)) as first,
        closing(Database(url, busy_seconds=0.01)) as second,
        first.write(),
    ):
        with pytest.raises(StoreUnavailable, match="others keep writing"), second.write():
            pass
        with pytest.raises(StoreUnavailable, match="others keep writing"), first.write():
            pass
    with closing(Database(url)) as third, third.write():
        pass


def test_where_no_lock_file_can_be_made_the_database_works_all_the_same(tmp_path):
    for name in ("bridge.db.next", "bridge.db.turn"):
        (tmp_path / name).symlink_to(tmp_path / "missing" / "place")
    with closing(Database(f"sqlite:///{tmp_path / 'bridge.db'}")) as database:
        database.upgrade()
        assert database.is_current()
