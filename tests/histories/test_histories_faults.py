"""Tests of the test: a fault in the engine makes the property fail, within a bounded number of examples."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bridge_histories.mutants import MUTANTS
from bridge_histories.play import play

MOST_EXAMPLES = 60
RARE = frozenset(
    {
        "hiding_ignored",
        "owner_mistaken",
        "receipt_not_stored",
        "refused_for_ever",
        "retry_in_vain",
        "settled_wrongly",
        "statuses_guessed",
        "taking_back_ignored",
    }
)
"""Faults that show only after many histories, which take most of the time of all faults. The nightly run plays them."""


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=mutant.__name__, marks=[pytest.mark.nightly] * (mutant.__name__ in RARE))
        for mutant in MUTANTS
    ],
)
def test_a_fault_in_the_engine_is_noticed(world_of, mutant):
    pair, stories = MUTANTS[mutant]

    @settings(
        max_examples=MOST_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],  # one is enough, however long it is
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(story=stories)
    def property_of_histories(story):
        with mutant():
            play(world_of(pair), story)

    with pytest.raises(AssertionError):
        property_of_histories()
