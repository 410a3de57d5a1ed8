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
        "Zendesk: a customer's mail": Bound(4, 0, 2, 2),
        "Zendesk: warned": Bound(8, 2, 3, 1),
        "Zendesk: escalated": Bound(8, 6, 7, 1),
        "Jira to Zendesk: a status": Bound(4, 1, 3, 1),
        "Jira to Zendesk: a comment": Bound(2, 1, 2, 1),
        "Zendesk to Jira: a comment": Bound(5, 1, 2, 1),
        "Zendesk to Jira: a status": Bound(6, 1, 3, 1),
        "Jira to Zendesk: a status again": Bound(4, 1, 3, 1),
        "Jira to Zendesk: done": Bound(4, 1, 3, 1),
        "Zendesk: solved": Bound(8, 2, 3, 1),
        "Zendesk: reopened": Bound(8, 3, 3, 1),
    },
    "shop": {
        "Freshdesk: a customer's mail": Bound(1, 0, 1, 1),
        "Freshdesk: warned": Bound(3, 2, 4, 2),
        "Freshdesk: escalated": Bound(6, 6, 7, 2),
        "Jira to Freshdesk: a status": Bound(7, 2, 4, 2),
        "Jira to Freshdesk: a comment": Bound(4, 1, 3, 2),
        "Freshdesk to Jira: a comment": Bound(2, 1, 2, 1),
        "Freshdesk to Jira: a status": Bound(7, 2, 3, 1),
        "Jira to Freshdesk: a status again": Bound(6, 2, 4, 2),
        "Jira to Freshdesk: done": Bound(7, 2, 4, 2),
        "Freshdesk: solved": Bound(7, 3, 3, 1),
        "Freshdesk: reopened": Bound(8, 4, 3, 1),
    },
}


def _within(counts: Counts, bound: Bound) -> bool:
    return (
        counts.reading <= bound.reads
        and counts.writing == bound.writes
        and counts.decides <= bound.decides
        and counts.loads <= bound.loads
    )


@pytest.fixture(autouse=True)
def _what_is_carried_is_what_is_stored():
    """The check of the other files loads cases itself."""


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
