"""Tests of the test: a fault in the engine makes the property fail, within a bounded number of examples."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bridge_histories.mutants import MUTANTS
from bridge_histories.play import play

MOST_EXAMPLES = 60


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
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
