"""What the audience sees: one line per thing that happened, and only after it was observed at the vendor's side."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from rich.console import Console
from rich.markup import escape

T = TypeVar("T")

_PATIENCE = 30.0
_GLANCE = 0.08


class NotObserved(Exception):
    """A step of the story did not show at the vendor's side in time."""


@dataclass
class Stage:
    """Tells the story and keeps the time."""

    console: Console
    started: float = field(default_factory=time.monotonic)
    observed: int = 0

    def chapter(self, title: str) -> None:
        """A heading."""
        self.console.print(f"\n[bold]{escape(title)}[/bold]")

    def says(self, who: str, what: str) -> None:
        """Somebody does something."""
        self._line("[cyan]-[/cyan]", who, what)

    def observe(self, where: str, what: str, look: Callable[[], T | None], patience: float = _PATIENCE) -> T:
        """Wait until something shows at a vendor, and tell it.

        Args:
            where: At whose side.
            what: What is expected.
            look: Looks through the vendor's own API; anything true is what was expected.
            patience: Seconds.

        Raises:
            NotObserved: It did not show in time.
        """
        until = time.monotonic() + patience
        while True:
            seen = look()
            if seen:
                self.observed += 1
                self._line("[green]✓[/green]", where, what)
                return seen
            if time.monotonic() > until:
                self._line("[red]✗[/red]", where, what)
                raise NotObserved(f"{where}: not seen within {patience:.0f} s: {what}")
            time.sleep(_GLANCE)

    def settle(self, seconds: float) -> None:
        """Let a little time pass, to see that nothing more happens."""
        time.sleep(seconds)

    def _line(self, mark: str, who: str, what: str) -> None:
        elapsed = time.monotonic() - self.started
        self.console.print(
            f"[dim]{elapsed:5.1f}s[/dim] {mark} [bold]{escape(f'{who:<10}')}[/bold] {escape(what)}"
        )
