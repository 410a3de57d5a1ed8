"""Random histories between the real plugins at their stand-ins, with the real engine, receiver and search between them.

People edit on both sides, comment, attach files, change what they said, reopen, change priorities, tags, a custom field and the
assignee, and ask the bridge for something; webhooks are lost, doubled, late and out of order; vendors fail; the worker is killed. When
things are quiet:

* the two statuses agree under the map, or the link is held for a reason that there is, and both tickets say so; where people
  changed only one side, that side stays as they left it, and where both were changed at once, the owner's;
* each field agrees under the map in the directions that the route has, or is held by itself for a reason that there is; where people
  changed only one side, that side stays as they left it, and other people's tags stay on both;
* every comment stands on the other side once, or not at all, as the route says, and with its visibility; it says there what it says
  now, or a note tells so once, and what was deleted or made private has gone from there, as far as the route follows it;
* every file that goes along is there once, byte for byte, or named with its size and the reason why not;
* what agents asked the bridge for in notes is answered once and goes nowhere; what they chose holds; and when they took the link
  back, both tickets say so once, and nothing goes over any more;
* what is private shows nowhere that the customer reads;
* while a vendor refuses something, the tickets say what and what to do, and everything else goes on; once it is mended and somebody says
  retry, all of the above is true;
* nothing more is written, whatever old webhooks come again;
* the bridge wrote less than twice what the history needs at the least (`bridge_histories.needs`).

A vendor cannot be written to in two ways that count as reasons: out of the service desk's last status leads no way, so that the
link is held; and what a vendor answers unintelligibly four times in a row is given up and told, so that histories do so three times.

The same examples are played in every normal run. The nightly run plays others: `HISTORIES_SEED` repeats one of them. It writes down
the commit, its seed and how it ended in `results/nightly.txt`, a line for each shard.
"""

import os
import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, seed, settings

from bridge_histories.pairs import PAIRS
from bridge_histories.play import play
from bridge_histories.steps import stories

RESULTS = Path(__file__).parent / "results" / "nightly.txt"
NIGHTLY_EXAMPLES = int(os.environ.get("HISTORIES_EXAMPLES", "10000"))
NIGHTLY_SEED = int(os.environ.get("HISTORIES_SEED", random.SystemRandom().randrange(2**32)))
SHARDS = 4


def present_commit() -> str:
    """The commit that is played, with `+changes` where files differ from it."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(RESULTS.parent), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        # The results themselves are no difference: another shard may have written its line.
        differs = git("status", "--porcelain", "--untracked-files=no", "--", ":/", f":(exclude){RESULTS}")
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if differs else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


calm = settings(
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
pairs = pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)


@pairs
@given(story=stories)
@settings(
    calm, derandomize=True, max_examples=20
)  # each costs about a second; the nightly run plays 3,334 for each pair
def test_when_it_is_quiet_both_sides_agree(world_of, pair, story):
    play(world_of(pair), story)


@pytest.mark.nightly
@pairs
@pytest.mark.parametrize("shard", range(SHARDS))
def test_when_it_is_quiet_both_sides_agree_in_ten_thousand_histories(world_of, pair, shard):
    world = world_of(pair)
    examples = -(-NIGHTLY_EXAMPLES // (len(PAIRS) * SHARDS))
    played = 0

    @seed(NIGHTLY_SEED + shard)
    @settings(calm, max_examples=examples, database=None)
    @given(story=stories)
    def property_of_histories(story):
        nonlocal played
        played += 1
        play(world, story)

    commit, outcome = present_commit(), "failed"
    try:
        property_of_histories()
        outcome = "held"
    finally:
        RESULTS.parent.mkdir(exist_ok=True)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        line = (
            f"{at} {commit} {pair.name} shard {shard} seed {NIGHTLY_SEED}: {outcome} in {played} histories\n"
        )
        with RESULTS.open("a", encoding="utf-8") as results:
            results.write(line)
