"""What Plainlist answers, as far as the bridge reads it."""

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Shape(BaseModel):
    """Fields that a later version of the vendor adds are no error."""

    model_config = ConfigDict(extra="ignore", frozen=True)


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
    created: AwareDatetime
    changed: AwareDatetime
    revision: int
    key: str | None = None


class CommentShape(Shape):
    id: int
    text: str
    author: UserShape
    created: AwareDatetime
    internal: bool | None = None
    key: str | None = None


class TicketsShape(Shape):
    tickets: tuple[TicketShape, ...]


class CommentsShape(Shape):
    comments: tuple[CommentShape, ...]


class StatesShape(Shape):
    states: tuple[StateShape, ...]
