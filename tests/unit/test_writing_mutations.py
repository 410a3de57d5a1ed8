"""Small faults put into what plugins write by are found."""

from pathlib import Path

import pytest

from escalation_bridge.testing.mutations import Mutation, MutationSuite

TESTS = Path(__file__).parent
MUTATIONS = {
    "others_written_over": Mutation(
        "for wish in unmet if wish.changed_since]",
        "for wish in unmet if not wish.name]",
        "written_whole_or_told",
    ),
    "written_though_it_is_so": Mutation(
        "for wish in wishes if not wish.is_met(current)]", "for wish in wishes]", "written_whole_or_told"
    ),
    "not_looked_at": Mutation(
        "for wish in unmet if not wish.is_met(after)]",
        "for wish in unmet if not wish.name]",
        "written_whole_or_told",
    ),
    "lag_forgotten": Mutation(
        "(sent_at + lag - connection.now())", "(sent_at - connection.now())", "caught_up"
    ),
    "breach_where_nothing_is_told": Mutation(
        "if asked is not Visibility.PUBLIC and private is not True:",
        "if asked is not Visibility.PUBLIC and private is False:",
        "surely_as_asked",
    ),
    "public_that_came_out_private": Mutation(
        "if asked is Visibility.PUBLIC and private is not False:",
        "if asked is Visibility.PUBLIC and private is None:",
        "surely_as_asked",
    ),
    "breach_not_taken_back": Mutation("        take_back()\n", "        pass\n", "surely_as_asked"),
}
SUITE = MutationSuite(TESTS.parents[1] / "escalation_bridge", TESTS, "test_", MUTATIONS, kit="writing")


def test_every_fault_can_still_be_made():
    SUITE.check()


@pytest.mark.nightly
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_is_noticed(tmp_path: Path, name: str) -> None:
    SUITE.noticed(name, tmp_path)
