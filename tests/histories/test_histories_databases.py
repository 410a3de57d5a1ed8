"""The same history ends the same on SQLite and on PostgreSQL."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

from bridge_histories.pairs import PAIRS
from bridge_histories.play import play
from bridge_histories.seen import End
from bridge_histories.steps import stories

REQUEST = re.compile(r", request \w+")
"""A vendor's own number of a request that it refused, in the note about that: no two are alike."""


def outside(history):
    """Both tickets as their vendors show them, their fields, and how many writes it took."""
    tickets = {end: ticket for end in End if (ticket := history.id_at(end))}
    shown = [history.desk(end).look(ticket) for end, ticket in tickets.items()]
    fields = [history.fields.values(end, ticket) for end, ticket in tickets.items()]
    return REQUEST.sub("", repr(shown)), fields, history.bridge_writes()


calm = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
@given(story=stories)
@settings(calm, derandomize=True, max_examples=2)  # the nightly run plays a hundred
def test_a_history_ends_the_same_on_both_databases(world_of, postgresql_world_of, pair, story):
    compare(world_of, postgresql_world_of, pair, story)


@pytest.mark.nightly
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
@given(story=stories)
@settings(calm, max_examples=100)
def test_a_hundred_histories_end_the_same_on_both_databases(world_of, postgresql_world_of, pair, story):
    compare(world_of, postgresql_world_of, pair, story)


def compare(world_of, postgresql_world_of, pair, story):
    on_sqlite, on_postgresql = (play(make(pair), story, outside) for make in (world_of, postgresql_world_of))
    assert on_sqlite == on_postgresql
