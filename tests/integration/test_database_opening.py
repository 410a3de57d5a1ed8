"""Opening the database: several processes at once, and what is no database."""

import subprocess
import sys
import traceback
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from escalation_bridge.errors import ConfigurationError, StoreMissing, StoreRefused, StoreUnavailable
from escalation_bridge.store.database import Database
from escalation_bridge.store.schema import cases

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

OPEN = "import sys; from escalation_bridge.store.database import Database; d = Database(sys.argv[1]); d.upgrade(); d.close()"


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
