"""Which rules of time zones count, and whether they changed."""

import os
import subprocess
import sys
from datetime import date
from importlib import resources

import pytest
import tzdata

from escalation_bridge.config import zone_data
from escalation_bridge.config.zone_data import ZoneData, fingerprints

DECIDE = (
    "import sys, zoneinfo; from datetime import datetime; zoneinfo.reset_tzpath([sys.argv[1]] if sys.argv[1] else ());"
    "from escalation_bridge.config.zone_data import choose; data = choose();"
    "print(data.version, data.source, datetime(2026, 12, 1, tzinfo=zoneinfo.ZoneInfo('America/Vancouver')).utcoffset())"
)


def decide(path, **environ):
    """What a process decides whose operating system has its data there, and the offset of a zone that changed lately."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONTZPATH"} | environ
    made = subprocess.run(
        [sys.executable, "-c", DECIDE, str(path)], capture_output=True, text=True, check=True, env=env
    )
    return made.stdout.split(maxsplit=2)


@pytest.fixture
def system(tmp_path):
    """An operating system's data in which Vancouver still is at UTC-8 in winter, of a version that the test gives."""

    def make(first_line):
        zones = resources.files("tzdata.zoneinfo")
        (tmp_path / "America").mkdir()
        for name, like in (("UTC", "UTC"), ("America/Vancouver", "Etc/GMT+8")):
            (tmp_path / name).write_bytes(zones.joinpath(*like.split("/")).read_bytes())
        if first_line:
            (tmp_path / "tzdata.zi").write_text(f"{first_line}\n")
        return tmp_path

    return make


def test_the_newer_package_counts_on_a_machine_with_old_data(system):
    version, source, offset = decide(system("# version 2025b"))
    assert (version, source, offset.strip()) == (tzdata.IANA_VERSION, "tzdata", "-1 day, 17:00:00")


def test_the_newer_data_of_the_machine_counts(system):
    version, source, offset = decide(system("# version 2999a"))
    assert (version, source, offset.strip()) == ("2999a", "system", "-1 day, 16:00:00")


def test_data_that_does_not_say_its_version_is_not_preferred(system):
    assert decide(system(""))[:2] == [tzdata.IANA_VERSION, "tzdata"]


def test_where_an_admin_chose_that_counts(system):
    path = system("# version 2025b")
    assert decide(path, PYTHONTZPATH=str(path))[:2] == ["2025b", "system"]


@pytest.mark.parametrize(
    ("version", "today", "old"),
    [
        ("2025b", date(2026, 11, 30), True),
        ("2025b", date(2026, 6, 1), False),
        ("2026f", date(2027, 6, 1), False),
        ("2026f", date(2028, 1, 2), True),
        ("unknown", date(2026, 1, 1), True),
    ],
)
def test_a_data_set_older_than_a_year_is_called_old(version, today, old):
    assert ZoneData(version, "system").is_old(today) is old


def test_a_zone_has_the_same_fingerprint_while_its_rules_are_the_same():
    found = fingerprints(["Asia/Jakarta", "Asia/Bangkok", "America/Vancouver", "Europe/Berlin"])
    assert found == fingerprints(found)
    assert found["Asia/Jakarta"] == found["Asia/Bangkok"]  # UTC+7 all these years
    assert len(set(found.values())) == 3
    assert zone_data.choose() is zone_data.choose()
