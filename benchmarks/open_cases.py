"""What an idle look at the store costs, by how many cases are open; SQLite, in a temporary folder.

    python benchmarks/open_cases.py [CASES ...]

Prints microseconds per look (median and 99th percentile of 2,000): is anything due? Compare the rows of one run with each other;
on a shared machine a single figure says little.
"""

import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.schema import cases
from escalation_bridge.store.queue.claims import claim_case, work_is_due

LOOKS = 2_000
BATCH = 20_000


def fill(database: Database, count: int, now: datetime, connection: str = "support") -> None:
    """Open cases that are woken one after another from an hour from now on."""
    for start in range(0, count, BATCH):
        rows = [
            {
                "connection": connection,
                "ticket_id": str(number),
                "state": "open",
                "opened_at": now,
                "clocks": "[]",
                "wake_at": now + timedelta(hours=1, seconds=number),
                "wake_count": 0,
            }
            for number in range(start, min(start + BATCH, count))
        ]
        with database.write() as transaction:
            transaction.execute(cases.insert(), rows)


def measure(count: int) -> None:
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bridge.db'}")
        database.upgrade()
        fill(database, count, now)
        looks = []
        for _ in range(LOOKS):
            begin = time.perf_counter()
            with database.read() as transaction:
                assert not work_is_due(transaction, now)
            looks.append((time.perf_counter() - begin) * 1e6)
        with database.write() as transaction:
            assert claim_case(transaction, "nobody", now, timedelta(minutes=1)) is None
        database.close()
    looks.sort()
    print(
        f"{count:>9,} open cases: {statistics.median(looks):7.0f} µs, p99 {looks[int(LOOKS * 0.99)]:7.0f} µs"
    )


if __name__ == "__main__":
    for wanted in [int(argument) for argument in sys.argv[1:]] or [10_000, 1_000_000]:
        measure(wanted)
