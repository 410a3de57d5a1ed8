"""Opening the database: several processes at once, and what is no database."""

import sqlite3
import subprocess
import sys
import traceback
from datetime import UTC, datetime
from typing import ClassVar

import pytest
import sqlalchemy as sa

from escalation_bridge.errors import ConfigurationError, StoreMissing, StoreRefused, StoreUnavailable
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.schema import cases

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

OPEN = "import sys; from escalation_bridge.store.database.database import Database; d = Database(sys.argv[1]); d.upgrade(); d.close()"


def test_processes_that_start_together_wait_for_each_other(database_url):
    starting = [subprocess.Popen([sys.executable, "-c", OPEN, database_url]) for _ in range(4)]
    assert [process.wait() for process in starting] == [0, 0, 0, 0]
    database = Database(database_url)
    assert database.is_current()
    database.close()


def test_a_new_database_is_not_current(database_url):
    database = Database(database_url)
    assert not database.is_current()
    database.close()


@pytest.mark.parametrize("url", ["bridge.db", "mysql://root@localhost/bridge"])
def test_another_database_is_a_mistake_in_the_configuration(url):
    with pytest.raises(ConfigurationError, match=r"bridge\.database"):
        Database(url)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/missing/bridge.db")
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        database.upgrade()


class Counted(sqlite3.Connection):
    """A connection that remembers itself, so that a test sees whether somebody closed it."""

    made: ClassVar[list["Counted"]] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_open = True
        self.made.append(self)

    def close(self):
        super().close()
        self.is_open = False


@pytest.fixture
def opened_files(monkeypatch):
    """Every connection to a SQLite file that the test opens."""
    made: list[Counted] = []
    monkeypatch.setattr(Counted, "made", made)
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **options: connect(*args, factory=Counted, **options)
    )
    return made


@pytest.mark.parametrize(
    "content", [b"no database at all, but long enough to be looked at" * 40, b"SQLite format 3\x00broken"]
)
def test_a_connection_that_cannot_be_prepared_is_closed(tmp_path, opened_files, content):
    file = tmp_path / "bridge.db"
    file.write_bytes(content)
    database = Database(f"sqlite:///{file}")
    with pytest.raises((StoreUnavailable, StoreRefused)):
        database.require()
    database.close()
    assert opened_files
    assert not any(each.is_open for each in opened_files)


def test_all_connections_are_closed_at_the_end(tmp_path, opened_files):
    database = Database(f"sqlite:///{tmp_path / 'bridge.db'}")
    database.upgrade()
    with database.read(), database.write():
        assert len(opened_files) >= 2
    database.close()
    assert not any(each.is_open for each in opened_files)


def test_a_new_database_is_not_there_for_who_only_looks(database_url):
    database = Database(database_url)
    with pytest.raises(StoreMissing, match="no database yet"):
        database.require()
    database.upgrade()
    database.require()
    database.close()


SECRET = "my card is 4111-1111"


def test_no_error_of_the_database_shows_what_was_to_be_stored(database):
    """Neither the error itself nor a logged traceback: PostgreSQL quotes the row that it refuses."""
    row = {"connection": None, "ticket_id": SECRET, "state": SECRET, "opened_at": START, "clocks": SECRET}
    statements = (
        cases.insert().values(**row),
        sa.text("SELECT * FROM nowhere WHERE x = :x").bindparams(x=SECRET),
    )
    for statement in statements:
        with pytest.raises((StoreRefused, StoreUnavailable)) as failed, database.write() as transaction:
            transaction.execute(statement)
        assert SECRET not in "".join(traceback.format_exception(failed.value))
    with database.read() as transaction:
        assert transaction.execute(sa.select(sa.func.count()).select_from(cases)).scalar() == 0
