"""Playing a story from its beginning to its end."""

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import currently_in_test_context, note
from structlog.testing import capture_logs

from bridge_histories.history import History
from bridge_histories.refusals import Mends
from bridge_histories.steps import Settles, Step, Story
from bridge_histories.verdict import judge
from bridge_histories.world import World


def play(world: World, story: Story, at_end: Callable[[History], Any] = lambda _: None) -> Any:
    """Play a story; all becomes quiet at its end, and is judged. Returns what `at_end` makes of it.

    Raises:
        AssertionError: Something was not as promised.
    """
    if currently_in_test_context():
        note(f"{world.pair.name}\n{story}")
    with capture_logs(), world.history(story.rulebook):
        history = History(world, story)
        for step in _steps(history, story):
            history.happen(step)
            if isinstance(step, Settles):
                judge(history)
        return at_end(history)


def _steps(history: History, story: Story) -> Iterator[Step]:
    """The story, an end in which all is quiet, and another one if something has to be mended before."""
    yield from (*story.steps, Settles())
    if history.troubles.refused is not None:
        yield from (Mends(story.mended_by), Settles())
