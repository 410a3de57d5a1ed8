"""The role of a person in a ticket, where the current license does not show it.

A CC'd agent who is neither the assignee nor in the ticket's group takes part like a customer. A person without a license who is neither
requester nor CC may have been an agent at the time of writing. Zendesk's users have today's role only; metrics and audits have the
role of that time.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from escalation_bridge.plugin import (
    Comment,
    JsonPart,
    PermissionDenied,
    Person,
    Role,
    TicketNotFound,
    Visibility,
    read_identifier,
)
from escalation_bridge_zendesk.account.history import History
from escalation_bridge_zendesk.account.people import People
from escalation_bridge_zendesk.http.client import ZendeskClient, ticket_path

_MOST_KEPT = 2000
_SAME = timedelta(seconds=1)
_BY_AGENTS_ONLY = frozenset({"assignee_id", "group_id"})


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a ticket.

    Attributes:
        replies: The number of public agent replies that Zendesk counted; None if unknown.
    """

    requester: str | None
    on_cc: frozenset[str]
    assignee: str | None
    group: str | None
    replies: int | None

    @classmethod
    def of(cls, ticket: JsonPart) -> "Cast":
        """The people of a ticket as an answer shows it. Followers are agents who watch, not CCs."""
        followers = set(_ids((ticket / "follower_ids").value))
        listed = (ticket / "email_cc_ids").value
        on_cc = _ids(listed if isinstance(listed, list) else (ticket / "collaborator_ids").value)
        replies = (ticket / "metric_set" / "replies").value
        return cls(
            requester=(ticket / "requester_id").maybe_identifier(),
            on_cc=frozenset(one for one in on_cc if one not in followers),
            assignee=(ticket / "assignee_id").maybe_identifier(),
            group=(ticket / "group_id").maybe_identifier(),
            replies=replies if isinstance(replies, int) else None,
        )


class Standing:
    """Agents and customers of the account's tickets. Thread-safe."""

    def __init__(self, client: ZendeskClient, people: People, history: History) -> None:
        self._client = client
        self._people = people
        self._history = history
        self._lock = threading.Lock()
        self._casts: dict[str, Cast] = {}
        self._proven: dict[tuple[str, str], frozenset[str]] = {}

    def keep(self, ticket: JsonPart) -> None:
        """Store the people of a ticket that was just read: its comments are read next."""
        ticket_id = (ticket / "id").maybe_identifier()
        if ticket_id is not None:
            with self._lock:
                _make_room(self._casts)
                self._casts[ticket_id] = Cast.of(ticket)

    def judged(self, operation: str, ticket_id: str, comments: Iterable[Comment]) -> tuple[Comment, ...]:
        """Comments with the roles that their authors have in this ticket, if the ticket was read before, as the engine does."""
        comments = tuple(comments)
        authors = {comment.author.id: comment.author for comment in comments if _may_count(comment)}
        with self._lock:
            cast = self._casts.get(ticket_id)
        if cast is None or not authors:
            return comments
        roles = {
            author.id: role
            for author in authors.values()
            if (role := self._role(operation, ticket_id, cast, author, comments)) is not author.role
        }
        return tuple(
            replace(
                comment,
                author=replace(comment.author, role=roles.get(comment.author.id, comment.author.role)),
            )
            if _may_count(comment)
            else comment
            for comment in comments
        )

    def _role(
        self, operation: str, ticket_id: str, cast: Cast, author: Person, comments: tuple[Comment, ...]
    ) -> Role:
        if author.id == cast.requester:
            return author.role  # that he asks is known by the ticket
        if author.role is Role.AGENT:
            takes_part = author.id in cast.on_cc and not self._has_it(cast, author)
            return Role.CUSTOMER if takes_part else Role.AGENT
        if author.id in cast.on_cc or cast.replies == 0:
            return author.role
        was_agent = self._was_agent(operation, ticket_id, author.id, comments)
        return Role.AGENT if was_agent else author.role

    def _has_it(self, cast: Cast, author: Person) -> bool:
        """Whether an agent is responsible for the ticket."""
        return author.id == cast.assignee or cast.group in self._people.groups_of(author.id)

    def _was_agent(
        self, operation: str, ticket_id: str, author_id: str, comments: tuple[Comment, ...]
    ) -> bool:
        """Whether a person without a license wrote as an agent. The result is cached for the present comments."""
        key, ids = (ticket_id, author_id), frozenset(each.id for each in comments)
        with self._lock:
            seen = self._proven.get(key)
        if seen is not None and (not seen or ids <= seen):
            return not seen
        try:
            proven = self._counted(operation, ticket_id, author_id, comments) or self._acted(
                operation, ticket_id, author_id
            )
        except (PermissionDenied, TicketNotFound):
            return False
        with self._lock:
            _make_room(self._proven)
            # Empty: proven. Else the comments of which nothing proved it.
            self._proven[key] = frozenset() if proven else ids
        return proven

    def _counted(self, operation: str, ticket_id: str, author_id: str, comments: tuple[Comment, ...]) -> bool:
        """Whether Zendesk counted one of the comments as a reply: its reply time was fulfilled in that second, and by no present agent."""
        answer = self._client.read(operation, ticket_path(ticket_id), {"include": "metric_events"})
        events = answer / "ticket" / "metric_events"
        public = [each for each in comments if each.visibility is Visibility.PUBLIC]
        by_agents = [each.created_at for each in public if each.author.role is Role.AGENT]
        fulfilled = [
            at
            for event in (events / "reply_time").objects()
            if (event / "type").maybe_text() == "fulfill"
            and (at := (event / "time").maybe_instant()) is not None
            and not _is_among(at, by_agents)
        ]
        return any(_is_among(each.created_at, fulfilled) for each in public if each.author.id == author_id)

    def _acted(self, operation: str, ticket_id: str, author_id: str) -> bool:
        """Whether a person was assigned, assigned the ticket or wrote an internal note: only agents do."""
        for audit in self._history.audits(operation, ticket_id):
            by_author = (audit / "author_id").maybe_identifier() == author_id
            for event in (audit / "events").objects():
                name = (event / "field_name").maybe_text()
                if name == "assignee_id" and (event / "value").maybe_identifier() == author_id:
                    return True
                by_rule = (event / "via" / "channel").maybe_text() == "rule"
                if (
                    by_author
                    and not by_rule
                    and (event / "type").maybe_text() == "Change"
                    and name in _BY_AGENTS_ONLY
                ):
                    return True
                wrote = (event / "author_id").maybe_identifier() == author_id
                if wrote and (event / "type").maybe_text() == "Comment" and (event / "public").value is False:
                    return True
        return False


def _may_count(comment: Comment) -> bool:
    """Whether the author of a comment matters to clocks."""
    roles = (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN)
    return (
        comment.visibility is Visibility.PUBLIC and bool(comment.author.id) and comment.author.role in roles
    )


def _is_among(at: datetime, times: Iterable[datetime]) -> bool:
    return any(abs(at - each) <= _SAME for each in times)


def _ids(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(found for each in listed if (found := read_identifier(each)) is not None)


def _make_room(kept: "dict[str, Cast] | dict[tuple[str, str], frozenset[str]]") -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
