"""What it costs to compare a new ticket while many are open: milliseconds of CPU for reading it and for the comparison.

    python benchmarks/incident_detection.py [TICKETS]

Remembers TICKETS (10,000) tickets that arrived within two days, then lets waves arrive between everyday tickets. Prints median, 99th
percentile and maximum; on a shared machine a single figure says little.
"""

import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from bridge_helpers.ticket_streams import stream
from escalation_bridge.domain.incidents.detection import Detector
from escalation_bridge.domain.incidents.subjects import Subjects

DAYS = 2


def measure(count: int) -> None:
    subjects, detector = Subjects(), Detector()
    at = datetime(2026, 3, 2, tzinfo=UTC)
    gap = timedelta(days=DAYS) / count
    for number, row in enumerate(stream(1, everyday=count)):
        at += gap
        detector.arrive(f"open-{number}", at, subjects.of(str(row["text"])))
    costs, compared = [], []
    for number, row in enumerate(stream(2, waves="waves", everyday=600)):
        at += gap
        begin = time.process_time()
        detector.arrive(f"new-{number}", at, subjects.of(str(row["text"])))
        costs.append((time.process_time() - begin) * 1e3)
        compared.append(detector.compared)
    costs.sort()
    print(
        f"{count:,} tickets open, {len(costs)} new ones: median {statistics.median(costs):.1f} ms, "
        f"p99 {costs[int(len(costs) * 0.99)]:.1f} ms, maximum {costs[-1]:.1f} ms; "
        f"compared with {max(compared)} at most"
    )


if __name__ == "__main__":
    for wanted in [int(argument) for argument in sys.argv[1:]] or [10_000]:
        measure(wanted)
