"""What Plainlist answers, as far as the bridge reads it."""

from escalation_bridge.plugin import Instant, Shape


class UserShape(Shape):
    id: str
    name: str
    email: str | None = None
    staff: bool = False


class MeShape(UserShape):
    may_write: bool


class StateShape(Shape):
    id: str
    name: str


class TicketShape(Shape):
    id: int
    url: str
    title: str
    text: str
    state: StateShape
    priority: str | None
    tags: tuple[str, ...]
    author: UserShape
    created: Instant
    changed: Instant
    revision: int
    key: str | None = None


class CommentShape(Shape):
    id: int
    text: str
    author: UserShape
    created: Instant
    internal: bool | None = None
    key: str | None = None


class TicketsShape(Shape):
    tickets: tuple[TicketShape, ...]


class CommentsShape(Shape):
    comments: tuple[CommentShape, ...]


class StatesShape(Shape):
    states: tuple[StateShape, ...]
