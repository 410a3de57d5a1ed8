"""Opening the database: several processes at once, and what is no database."""

import subprocess
import sys

import pytest

from escalation_bridge.errors import ConfigurationError, StoreUnavailable
from escalation_bridge.store.database import Database

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
