"""What people say in histories, and what becomes of it: each wording is found again by a token of its own."""

from dataclasses import dataclass, field

from bridge_histories.files import File
from bridge_histories.seen import SPOKEN, End

SECRET = "TOP-SECRET"
"""What stands in every text that was private when it was written."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a remark said for a while.

    Attributes:
        token: By which it is found again; empty where bars took the place of the words.
        public: Whether the customer reads it where it was written, or could when it was.
    """

    token: str
    public: bool

    @property
    def text(self) -> str:
        return self.token if self.public else f"{self.token} {SECRET}"


@dataclass(slots=True)
class Remark:
    """What a person said.

    Attributes:
        id: The comment's id at its vendor.
        public: Whether the customer reads it now, where it was said.
        before_link: It was said when there was no linked ticket yet.
        wordings: What it said and says, the newest last.
        is_gone: Somebody deleted it.
        was_hidden, was_shown: Somebody made it private, or public.
        file: What came with it.
    """

    number: int
    end: End
    id: str
    public: bool
    before_link: bool
    wordings: list[Wording] = field(default_factory=list)
    is_gone: bool = False
    was_hidden: bool = False
    was_shown: bool = False
    file: File | None = None

    @property
    def token(self) -> str:
        return self.wordings[-1].token

    @property
    def is_barred(self) -> bool:
        """Whether bars stand where its words were."""
        return not self.token

    @property
    def state(self) -> tuple[str, bool, bool]:
        """What the other side has to hear of."""
        return self.token, self.public, self.is_gone

    def reword(self) -> Wording:
        """Have it say something else, for those who read it now."""
        self.wordings.append(wording(self.number, len(self.wordings), public=self.public))
        return self.wordings[-1]

    def bar(self) -> None:
        """Have bars stand where its words were."""
        self.wordings.append(Wording("", self.public))

    def is_told_in(self, text: str) -> bool:
        """Whether any of its wordings stands in a text."""
        return any(each.token and each.token in text for each in self.wordings)


def wording(number: int, edits: int = 0, *, public: bool) -> Wording:
    """The words of a remark after so many edits."""
    return Wording(f"{SPOKEN}{number:02}" + (f"b{edits}" if edits else "") + "x", public)
