"""Tests of the test: a fault in the engine makes the property fail."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from bridge_helpers.carried_views import Diverged
from bridge_histories.mutants import MUTANTS
from bridge_histories.play import play
from bridge_histories.shortest import SHORTEST

MOST_EXAMPLES = 60
NOTICED = (AssertionError, Diverged)
mutants = pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)


@mutants
def test_a_short_history_holds_and_shows_a_fault_in_the_engine(world_of, mutant):
    pair, _ = MUTANTS[mutant]
    play(world_of(pair), SHORTEST[mutant])
    with mutant(), pytest.raises(NOTICED):
        play(world_of(pair), SHORTEST[mutant])


@pytest.mark.nightly
@mutants
def test_random_histories_show_a_fault_in_the_engine_within_a_bounded_number(world_of, mutant):
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

    with pytest.raises(NOTICED):
        property_of_histories()
