"""The architecture page leads to files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = ("escalation_bridge/", "plugins/", "webhooks/", "tests/")


def test_each_path_that_it_names_is_there():
    named = {path for path in re.findall(r"`([\w/.]+)`", PAGE) if path.startswith(ROOMS)}
    assert len(named) > 20
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_each_room_of_the_drawing_is_there():
    drawing = PAGE.split("```")[1]
    named = set(re.findall(r"\b((?:engine|domain|store)/[\w./]+)", drawing))
    assert len(named) >= 6
    assert sorted(path for path in named if not (ROOT / "escalation_bridge" / path).exists()) == []
