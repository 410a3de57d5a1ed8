"""One database, and no logs: many errors are raised here, and rendering their tracebacks takes longer than all the rest."""

import pytest
from structlog.testing import capture_logs


@pytest.fixture
def database_kind():
    return "sqlite"


@pytest.fixture(autouse=True)
def logs():
    """Errors are raised in great number here; rendering their tracebacks takes longer than all the rest."""
    with capture_logs() as entries:
        yield entries
