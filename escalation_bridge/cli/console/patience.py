"""Rate limits in commands that list many tickets."""

import time
from collections.abc import Callable
from typing import TypeVar

from rich.markup import escape

from escalation_bridge.cli.console.terminal import Console
from escalation_bridge.errors import RateLimited

T = TypeVar("T")

_SHORTEST_REST = 1.0


def patiently(console: Console, ask: Callable[[], T]) -> T:
    """Repeat a request after the wait that the vendor asks for, or while SLA work has priority."""
    while True:
        try:
            return ask()
        except RateLimited as limited:
            seconds = max(limited.at.retry_after or 0.0, _SHORTEST_REST)
            console.print(f"Waiting {seconds:.0f} seconds: {escape(str(limited))}", highlight=False)
            time.sleep(seconds)
