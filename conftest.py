"""Fixtures and settings for the tests of all packages.

Properties are tried with the same examples each time, so that a run says something about the change and not about luck. The
profile `nightly` draws others, and prints its seed: `HYPOTHESIS_PROFILE=nightly pytest --hypothesis-seed=N` plays them again.
"""

import importlib.util
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from bridge_helpers.databases import new_schema
from escalation_bridge.store.database.database import Database

settings.register_profile("every-time", derandomize=True, database=None, deadline=None, print_blob=True)
settings.register_profile("nightly", derandomize=False, database=None, deadline=None, print_blob=True)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "every-time")
settings.load_profile(PROFILE)

# Under pytest-xdist, too, the summary lists what the conformance kit did not check.
pytest_plugins = ["escalation_bridge.testing.stated"]

JIRA_OPENAPI = Path(__file__).parent / "tests" / "jira_openapi.py"


def pytest_configure(config: pytest.Config) -> None:
    """Choose the seed of a nightly run here, so that it can be printed."""
    if PROFILE == "nightly" and config.getoption("--hypothesis-seed", None) is None:
        config.option.hypothesis_seed = str(secrets.randbelow(2**32))


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.getoption("--hypothesis-seed", None) if PROFILE == "nightly" else None
    return f"properties: profile {PROFILE}" + (f", --hypothesis-seed={seed}" if seed else "")


def _module(path: Path) -> ModuleType:
    """A helper beside the tests. Test folders are no packages, so that it cannot be imported by name."""
    name = f"helpers.{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise ImportError(path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


# The schema is built once per process and kind: building it takes longer than most tests.


@pytest.fixture(scope="session")
def upgraded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite database with the schema and nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("upgraded") / "bridge.db"
    opened = Database(f"sqlite:///{file}")
    opened.upgrade()
    opened.close()
    return file


@pytest.fixture(scope="session")
def upgraded_schema() -> Iterator[Database]:
    """A PostgreSQL database with the schema, to be emptied before it is used."""
    with new_schema() as url:
        opened = Database(url)
        opened.upgrade()
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def jira_openapi_if_there() -> Any:
    """Atlassian's API descriptions, or None where they are missing."""
    module = _module(JIRA_OPENAPI)
    try:
        return module.load()
    except module.SpecsMissingError:
        return None


@pytest.fixture
def jira_openapi(jira_openapi_if_there: Any) -> Any:
    """Atlassian's API descriptions: `validate_request`, `validate_response`, `validate_document` and more.

    Where they are missing the test is skipped.
    """
    if jira_openapi_if_there is None:
        module = _module(JIRA_OPENAPI)
        try:
            module.find_specs()
        except module.SpecsMissingError as problem:
            pytest.skip(str(problem))
    return jira_openapi_if_there
