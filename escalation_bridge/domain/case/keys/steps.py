"""Keys of what a ladder step does, and the names of steps."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from escalation_bridge.domain.case.keys.key import Key, key
from escalation_bridge.domain.case.keys.parts import MaybeWord, Number, Word


@dataclass(frozen=True, slots=True)
class StepName:
    """What a step is called where it is dealt with.

    Attributes:
        step: Its id in the policy.
        repetition: Of one that repeats, from the second time on.
        moved_to: Of one that fires again: the target in seconds that made it, or the instant in seconds since 1970.
    """

    step: str
    repetition: int | None = None
    moved_to: int | None = None

    @property
    def text(self) -> str:
        """As it is stored: `remind#2`, `warn@7200`."""
        moved = "" if self.moved_to is None else f"@{self.moved_to}"
        return self.point + moved

    @property
    def point(self) -> str:
        """The point on the ladder, whatever made it fire again."""
        return self.step if self.repetition is None else f"{self.step}#{self.repetition}"

    @classmethod
    def read(cls, text: str) -> Self:
        """The name that a text is."""
        point, _, moved = text.partition("@")
        step, _, number = point.partition("#")
        return cls(step, int(number) if number else None, int(moved) if moved else None)


@key("step")
class Step(Key):
    """A write of a ladder step.

    Attributes:
        started: When the clock's cycle began, in seconds since 1970.
        policy: The policy of the ladder; None: the key is from a time when it had no policy.
        step: The text of the step's `StepName`.
        position: Of the action in the step.
    """

    metric: Word
    started: Number
    policy: MaybeWord
    step: Word
    position: Number

    @classmethod
    def of(cls, metric: str, started_at: datetime, policy: str, step: str, position: int) -> Self:
        """What a step of a policy's ladder does in the cycle that began at `started_at`."""
        return cls(metric, int(started_at.timestamp()), policy, step, position)
