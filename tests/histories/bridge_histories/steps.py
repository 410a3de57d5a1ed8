"""What may happen in a history, and how histories are drawn."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from hypothesis import strategies as st

from bridge_histories.asking import CHOSEN, Asks, Verb, Voice
from bridge_histories.files import Parcel
from bridge_histories.kept import BOTH_WAYS, NOTHING, Kept
from bridge_histories.pair import Rulebook
from bridge_histories.refusals import Mender, Mends, Refuses
from bridge_histories.rewording import Rewords
from bridge_histories.seen import End
from escalation_bridge.domain.routes.fields.rule import Direction
from escalation_bridge.domain.routes.routes import CommentRule, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge_sandbox.kernel.faults import FaultKind


class Who(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"


class Mail(StrEnum):
    """What becomes of the webhooks that are on their way."""

    BROUGHT = "brought"
    LATE = "late"
    """They stay on their way."""
    TWICE = "brought twice"
    BACKWARDS = "brought, the newest first"
    SECOND_LOST = "every second one lost"
    LOST = "lost"


@dataclass(frozen=True)
class Says:
    """Somebody comments, and may attach a file. A customer's words are public."""

    end: End
    who: Who
    public: bool
    parcel: Parcel | None = None


@dataclass(frozen=True)
class Moves:
    """An agent sets another status: which one of those that can be set now, counted round."""

    end: End
    choice: int


@dataclass(frozen=True)
class Ranks:
    """An agent sets another priority: which one, counted round."""

    end: End
    choice: int


class Kind(StrEnum):
    """What agents change besides the status and the priority."""

    TAGS = "tags"
    CUSTOM = "a custom field"
    ASSIGNEE = "the assignee"


@dataclass(frozen=True)
class Alters:
    """An agent changes a field: to which other value, counted round; of tags, which one is put there or taken away."""

    end: End
    kind: Kind
    choice: int


@dataclass(frozen=True)
class Works:
    """Time passes, webhooks come or not, and the worker does what is due."""

    minutes: int
    mail: Mail


@dataclass(frozen=True)
class Looks:
    """The bridge asks both vendors what changed, and works."""


@dataclass(frozen=True)
class Settles:
    """All becomes quiet, and is judged; then the history goes on."""


@dataclass(frozen=True)
class Trouble:
    """Some of the bridge's next requests at one end meet a fault."""

    end: End
    kind: FaultKind
    method: str | None
    skip: int
    times: int


@dataclass(frozen=True)
class Dies:
    """The worker is killed at one of its next commits or requests."""

    after: int


Step = (
    Asks
    | Says
    | Rewords
    | Moves
    | Ranks
    | Alters
    | Works
    | Looks
    | Settles
    | Trouble
    | Refuses
    | Mends
    | Dies
)


@dataclass(frozen=True)
class Story:
    """A whole history.

    Attributes:
        linked_first: The customer's ticket is handed on before the first step, in peace.
        mended_by: Who says retry in the end, if something is refused till then.
    """

    rulebook: Rulebook
    linked_first: bool
    steps: tuple[Step, ...]
    mended_by: Mender = Mender.ADMIN

    def __str__(self) -> str:
        lines = [str(self.rulebook), "handed on first" if self.linked_first else "not handed on yet"]
        return "\n".join([*lines, *(f"{number:3} {step}" for number, step in enumerate(self.steps, 1))])


# What a vendor gets over by itself; what somebody decides is another thing: see `refusals`.
TROUBLES = (
    FaultKind.TIMEOUT_AFTER_WRITE,
    FaultKind.DROP_CONNECTION,
    FaultKind.SERVER_ERROR,
    FaultKind.RATE_LIMIT,
    FaultKind.UNAUTHORIZED,
    FaultKind.EMPTY_200,
    FaultKind.HTML_LOGIN_PAGE,
)
ends = st.sampled_from(End)
says = st.builds(Says, ends, st.sampled_from(Who), st.booleans())
parcels = st.sampled_from(
    [None, None, None, Parcel.SMALL, Parcel.SMALL, Parcel.SAME, Parcel.LARGE, Parcel.REFUSED]
)
sends = st.builds(Says, ends, st.sampled_from(Who), st.booleans(), parcels)
rewords = st.builds(Rewords, ends, st.sampled_from([0, 0, 1, 2]), st.integers(0, 3))
moves = st.builds(Moves, ends, st.integers(0, 6))
ranks = st.builds(Ranks, ends, st.integers(0, 2))
alters = st.builds(Alters, ends, st.sampled_from(Kind), st.integers(0, 4))
# Whoever asks to unlink ends what most of a history is about.
verbs = st.sampled_from([verb for verb in Verb for _ in range(1 if verb is Verb.UNLINK else 2)])
voices = st.sampled_from([Voice.NOTE, Voice.NOTE, Voice.NOTE, Voice.REPLY, Voice.CUSTOMER])
asks = st.builds(
    Asks, ends, verbs, voices, st.integers(0, 5), st.sampled_from(["", "", "status", "priority"])
)
# Both sides change the same, and when all is quiet an agent chooses.
quarrels = st.builds(
    lambda does, here, there, choice: (does(End.ORIGIN, here), does(End.LINKED, there), Settles(), choice),
    st.sampled_from([Moves, Ranks]),
    st.integers(0, 6),
    st.integers(0, 6),
    st.builds(
        Asks,
        ends,
        st.sampled_from(list(CHOSEN)),
        style=st.integers(0, 5),
        field=st.sampled_from(["", "status"]),
    ),
)
works = st.builds(Works, st.sampled_from([0, 1, 5]), st.sampled_from(Mail))
troubles = st.builds(
    Trouble,
    ends,
    st.sampled_from(TROUBLES),
    st.sampled_from([None, "GET", "POST", "PUT"]),
    st.sampled_from([0, 0, 0, 1, 2, 4]),
    st.integers(1, 2),
)
refusals = st.one_of(st.builds(Refuses, ends, st.integers(0, 5)), st.builds(Mends, st.sampled_from(Mender)))
dies = st.builds(Dies, st.integers(1, 30))
ticks = st.one_of(works, works, works, works, st.just(Looks()), st.just(Settles()))
rules = st.sampled_from(
    [
        CommentRule(Take.PUBLIC, Visibility.PRIVATE),
        CommentRule(Take.PUBLIC, Visibility.PUBLIC),
        CommentRule(Take.ALL, Visibility.PRIVATE),
        CommentRule(Take.ALL, Visibility.PUBLIC),
        CommentRule(Take.NONE, Visibility.PRIVATE),
    ]
)
owners = st.sampled_from([Side.ORIGIN, Side.LINKED, None])
# Each kind of field in each direction, and all of them both ways: all combinations would be too many to find anything in.
kept = st.sampled_from(
    [
        NOTHING,
        BOTH_WAYS,
        Kept(Direction.BOTH, Direction.BOTH, Direction.TO_ORIGIN),
        Kept(Direction.TO_LINKED, Direction.TO_ORIGIN, Direction.TO_LINKED, default=True),
        Kept(Direction.TO_ORIGIN, Direction.TO_LINKED, None),
    ]
)
rulebooks = st.builds(
    Rulebook,
    full=st.booleans(),
    owner=owners,
    to_linked=rules,
    to_origin=rules,
    tell_customer=st.booleans(),
    follow=st.sampled_from([timedelta(hours=24), timedelta(hours=24), timedelta(minutes=10), None]),
    files=st.booleans(),
    kept=st.builds(lambda kept, priority: replace(kept, priority=priority), kept, st.booleans()),
)


def drawn(
    deeds: st.SearchStrategy[Step] | st.SearchStrategy[Step | tuple[Step, ...]],
    rulebooks: st.SearchStrategy[Rulebook] = rulebooks,
    linked_first: tuple[bool, ...] = (True, True, False),
    ticks: st.SearchStrategy[Step] = ticks,
) -> st.SearchStrategy[Story]:
    """Stories: people and trouble do something, then the bridge does, and so on."""
    chapters = st.tuples(st.lists(deeds, min_size=1, max_size=4), ticks)
    return st.builds(
        Story,
        rulebooks,
        linked_first=st.sampled_from(linked_first),
        steps=st.lists(chapters, min_size=1, max_size=5).map(_in_a_row),
        mended_by=st.sampled_from(Mender),
    )


def _in_a_row(chapters: list[tuple[list[Step | tuple[Step, ...]], Step]]) -> tuple[Step, ...]:
    deeds = (deed for chapter, tick in chapters for deed in (*chapter, tick))
    return tuple(step for deed in deeds for step in (deed if isinstance(deed, tuple) else (deed,)))


stories = drawn(
    st.one_of(
        sends,
        sends,
        rewords,
        rewords,
        moves,
        moves,
        moves,
        ranks,
        alters,
        alters,
        asks,
        quarrels,
        troubles,
        refusals,
        dies,
    )
)
