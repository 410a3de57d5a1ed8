"""The file of a SQLite database: made on purpose only, and noticed when it was deleted or replaced."""

import shutil
import sqlite3

import pytest

from escalation_bridge.errors import StoreMissing, StoreUnavailable
from escalation_bridge.store.database.bridge_id import bridge_id
from escalation_bridge.store.database.database import Database


@pytest.fixture
def file(tmp_path):
    return tmp_path / "bridge.db"


@pytest.fixture
def running(file):
    database = Database(f"sqlite:///{file}")
    database.upgrade()
    yield database
    database.close()


def use(database):
    with database.write() as transaction:
        bridge_id(transaction)
    with database.read() as transaction:
        return bridge_id(transaction)


def delete(file):
    file.unlink()


def delete_all(file):
    for each in file.parent.glob("bridge.db*"):
        each.unlink()


def delete_the_log(file):
    file.with_name("bridge.db-wal").unlink()


def move(file):
    file.rename(file.with_name("old.db"))


def restore_a_backup(file):
    shutil.copy(file, file.with_name("backup.db"))
    file.with_name("backup.db").replace(file)


def start_again_empty(file):
    delete_all(file)
    sqlite3.connect(file).close()
    file.touch()


HARM = [delete, delete_all, delete_the_log, move, restore_a_backup, start_again_empty]


@pytest.mark.parametrize("harm", HARM)
def test_what_is_done_to_a_file_in_use_is_noticed_by_reads_and_writes(file, running, harm):
    use(running)
    harm(file)
    left = sorted(file.parent.iterdir())
    for transaction in (running.read, running.write):
        with (
            pytest.raises(StoreUnavailable, match="deleted or replaced while the bridge was running"),
            transaction(),
        ):
            pass
    assert sorted(file.parent.iterdir()) == left  # nothing was made in its place
    with pytest.raises(StoreUnavailable):
        running.is_current()


def test_others_that_come_and_go_are_no_harm(file, running):
    before = use(running)
    for _ in range(3):
        other = Database(f"sqlite:///{file}")
        assert use(other) == before
        other.close()
        assert use(running) == before
    running.close()
    assert use(running) == before  # opened again: its log is a new file


def test_looking_makes_nothing(file):
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StoreMissing, match=r"no database yet at .*bridge\.db"):
        database.require()
    assert not database.is_current()
    with pytest.raises(StoreUnavailable):
        use(database)
    database.close()
    assert not file.exists()


def test_an_empty_file_is_no_database_either(file):
    file.touch()
    database = Database(f"sqlite:///{file}")
    with pytest.raises(StoreMissing, match="no database yet"):
        database.require()
    database.close()


def test_another_version_is_said(file, running):
    running.require()
    for revision, reason in (("0003", "older version"), ("9999", "newer version")):
        with running.write() as transaction:
            transaction.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{revision}'")
        with pytest.raises(StoreMissing, match=reason):
            running.require()


def test_a_program_that_keeps_the_file_locked_is_said(file, running):
    with running.read() as transaction:
        transaction.exec_driver_sql("PRAGMA busy_timeout=20")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="database is locked"), running.write():
        pass
    other.rollback()
    other.close()
    assert use(running), "and it goes on"
