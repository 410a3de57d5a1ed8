"""How many requests each story takes: whoever adds one sees it here.

Counted in one process, with the real plugins at their stand-ins and webhooks through the receiver. `benchmarks/request_counts.py --in-process
--details` shows which requests they are. The bounds are what was measured; who saves a request lowers them.
"""

from dataclasses import dataclass

import pytest
from requests_in_process import Counts, count_stories, in_process


@dataclass(frozen=True)
class Bound:
    """At most so many reads, exactly so many writes, and at most so many decisions and loads of the case."""

    reads: int
    writes: int
    decides: int
    loads: int


BOUNDS = {
    "support": {
        "Zendesk: a customer's mail": Bound(5, 0, 2, 3),
        "Zendesk: warned": Bound(17, 2, 3, 3),
        "Zendesk: escalated": Bound(30, 6, 7, 7),
        "Jira to Zendesk: a status": Bound(14, 1, 4, 5),
        "Jira to Zendesk: a comment": Bound(7, 1, 3, 5),
        "Zendesk to Jira: a comment": Bound(10, 1, 3, 5),
        "Zendesk to Jira: a status": Bound(15, 1, 4, 5),
        "Jira to Zendesk: a status again": Bound(13, 1, 4, 5),
        "Jira to Zendesk: done": Bound(14, 1, 4, 5),
        "Zendesk: solved": Bound(14, 2, 4, 5),
        "Zendesk: reopened": Bound(17, 3, 4, 5),
    },
    "shop": {
        "Freshdesk: a customer's mail": Bound(3, 0, 1, 2),
        "Freshdesk: warned": Bound(8, 2, 3, 3),
        "Freshdesk: escalated": Bound(19, 6, 6, 6),
        "Jira to Freshdesk: a status": Bound(12, 2, 4, 5),
        "Jira to Freshdesk: a comment": Bound(6, 1, 3, 5),
        "Freshdesk to Jira: a comment": Bound(8, 1, 3, 5),
        "Freshdesk to Jira: a status": Bound(13, 2, 4, 5),
        "Jira to Freshdesk: a status again": Bound(11, 2, 4, 5),
        "Jira to Freshdesk: done": Bound(11, 2, 4, 5),
        "Freshdesk: solved": Bound(13, 3, 4, 5),
        "Freshdesk: reopened": Bound(15, 4, 4, 5),
    },
}


def _within(counts: Counts, bound: Bound) -> bool:
    return (
        counts.reading <= bound.reads
        and counts.writing == bound.writes
        and counts.decides <= bound.decides
        and counts.loads <= bound.loads
    )


@pytest.mark.parametrize("connection", BOUNDS)
def test_no_story_takes_more_requests_than_it_did(connection, tmp_path):
    with in_process(tmp_path) as stage:
        found = count_stories(stage, connection)

    bounds = BOUNDS[connection]
    assert found.keys() == bounds.keys()
    grown = {
        name: Bound(counts.reading, counts.writing, counts.decides, counts.loads)
        for name, counts in found.items()
        if not _within(counts, bounds[name])
    }
    assert grown == {}, "\n".join(
        f"{name}: {number} {kind}" for name in grown for kind, number in sorted(found[name].requests.items())
    )
