"""What somebody is in a ticket, where the seat that he has now does not tell.

An agent on CC who neither has the ticket nor is in its group takes part like a customer. Somebody without a seat who neither asks nor is
on CC may have been an agent when he wrote: Zendesk's users tell the role of today only, its metrics and audits what counted then.
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
    """Who is who in a ticket.

    Attributes:
        replies: How many public answers of agents Zendesk has counted; None where it does not tell.
    """

    requester: str | None
    on_cc: frozenset[str]
    assignee: str | None
    group: str | None
    replies: int | None

    @classmethod
    def of(cls, ticket: JsonPart) -> "Cast":
        """The people of a ticket as an answer shows it; followers are agents who look on, and no CCs."""
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
    """Who answers and who asks in the account's tickets; safe to use from several threads."""

    def __init__(self, client: ZendeskClient, people: People, history: History) -> None:
        self._client = client
        self._people = people
        self._history = history
        self._lock = threading.Lock()
        self._casts: dict[str, Cast] = {}
        self._proven: dict[tuple[str, str], frozenset[str]] = {}

    def keep(self, ticket: JsonPart) -> None:
        """Remember the people of a ticket that was just read: its comments are read next."""
        ticket_id = (ticket / "id").maybe_identifier()
        if ticket_id is not None:
            with self._lock:
                _make_room(self._casts)
                self._casts[ticket_id] = Cast.of(ticket)

    def judged(self, operation: str, ticket_id: str, comments: Iterable[Comment]) -> tuple[Comment, ...]:
        """Comments with what their authors are in this ticket, if it was read before them, as the engine does."""
        comments = tuple(comments)
        authors = {said.author.id: said.author for said in comments if _may_count(said)}
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
            replace(said, author=replace(said.author, role=roles.get(said.author.id, said.author.role)))
            if _may_count(said)
            else said
            for said in comments
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
        """Whether it falls to an agent to answer the ticket."""
        return author.id == cast.assignee or cast.group in self._people.groups_of(author.id)

    def _was_agent(
        self, operation: str, ticket_id: str, author_id: str, comments: tuple[Comment, ...]
    ) -> bool:
        """Whether somebody who has no seat now wrote as an agent, remembered for what has been said so far."""
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
        """Whether Zendesk took one of the comments for an answer: its reply time was fulfilled at that second, and by no agent of today."""
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
        """Whether somebody had the ticket, assigned it or wrote an internal note: agents alone do."""
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


def _may_count(said: Comment) -> bool:
    """Whether it matters to clocks who wrote a comment."""
    roles = (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN)
    return said.visibility is Visibility.PUBLIC and bool(said.author.id) and said.author.role in roles


def _is_among(at: datetime, times: Iterable[datetime]) -> bool:
    return any(abs(at - each) <= _SAME for each in times)


def _ids(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else []
    return tuple(found for each in listed if (found := read_identifier(each)) is not None)


def _make_room(kept: "dict[str, Cast] | dict[tuple[str, str], frozenset[str]]") -> None:
    if len(kept) >= _MOST_KEPT:
        kept.clear()
