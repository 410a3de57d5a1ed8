"""The roles of a request's authors: the desk's team, requester and participants, and former agents."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from escalation_bridge.plugin import (
    Comment,
    JsonPart,
    PermissionDenied,
    Role,
    Ticket,
    TicketNotFound,
    Visibility,
)
from escalation_bridge_jira.site.desk import Desk
from escalation_bridge_jira.site.team import Team
from escalation_bridge_jira.translation.mapping import is_service_project

_SAME = timedelta(seconds=2)


@dataclass(frozen=True)
class Standing:
    """The people of one issue.

    Attributes:
        issue: With its project and its reporter.
    """

    desk: Desk
    issue: JsonPart

    def of(self, ticket: Ticket) -> Ticket:
        """The ticket, with whether the bridge knows the desk's team, and who opened it."""
        if not is_service_project(self.issue):
            return ticket
        opener, reporter = ticket.created_by, ticket.requester
        somebody = opener.id or (reporter.id if reporter else "")
        works = self._team.has(somebody) if somebody else False
        if works is None:
            return replace(ticket, answers_known=False)
        written_down = works and reporter is not None and opener.id != reporter.id
        return replace(ticket, created_by=replace(opener, role=Role.AGENT)) if written_down else ticket

    def judged(self, comments: Iterable[Comment]) -> tuple[Comment, ...]:
        """Comments with the roles of their authors in the desk."""
        comments = tuple(comments)
        if not is_service_project(self.issue):
            return comments
        roles = {author: self._role(author, comments) for author in self._in_doubt(comments)}
        return tuple(
            replace(
                comment,
                author=replace(comment.author, role=roles.get(comment.author.id) or comment.author.role),
            )
            for comment in comments
        )

    @property
    def _team(self) -> Team:
        return Team(self.desk, (self.issue / "fields" / "project" / "key").text())

    def _in_doubt(self, comments: tuple[Comment, ...]) -> list[str]:
        """Authors of public comments whose account does not show their side."""
        reporter = self.desk.mapper.person(self.issue / "fields" / "reporter").id
        people = {
            comment.author.id: None
            for comment in comments
            if comment.visibility is Visibility.PUBLIC and comment.author.role in (Role.AGENT, Role.UNKNOWN)
        }
        return [each for each in people if each and each != reporter]

    def _role(self, author: str, comments: tuple[Comment, ...]) -> Role | None:
        works = self._team.has(author)
        if works is None:
            return None
        return Role.AGENT if works or self._did_work(author, comments) else Role.CUSTOMER

    def _did_work(self, author: str, comments: tuple[Comment, ...]) -> bool:
        """Whether a person outside the team answered as an agent: by actions of agents only, or by the desk's own clocks."""
        issue_id = (self.issue / "id").identifier()
        own = [each for each in comments if each.author.id == author]
        asked = issue_id, author, str(len(own))
        known = self.desk.memory.former.get(*asked)
        if known is None:
            internal = any(each.visibility is Visibility.PRIVATE and not each.marker for each in own)
            known = (
                internal or self._had_it(issue_id, author) or self._ended_a_clock(issue_id, author, comments)
            )
            self.desk.memory.former.put(known, *asked)
        return known

    def _had_it(self, issue_id: str, author: str) -> bool:
        """Whether the request was ever assigned to the person: only the desk's team is."""
        return any(
            (item / "field").value == "assignee" and (item / "to").maybe_text() == author
            for change in (self.desk.jira.history_of(issue_id) / "histories").elements()
            for item in (change / "items").items()
        )

    def _ended_a_clock(self, issue_id: str, author: str, comments: tuple[Comment, ...]) -> bool:
        """Whether a response clock of the desk stopped with a comment of this person, and no other comment can have stopped it."""
        try:
            slas = self.desk.jira.service_desk(f"/request/{issue_id}/sla", limit=100)
        except (PermissionDenied, TicketNotFound):
            return False
        stops = [
            datetime.fromtimestamp(millis / 1000, UTC)
            for sla in (slas / "values").elements()
            if "response" in ((sla / "name").maybe_text() or "").casefold()
            for cycle in (sla / "completedCycles").items()
            if (millis := (cycle / "stopTime" / "epochMillis").maybe_number()) is not None
        ]
        public = [each for each in comments if each.visibility is Visibility.PUBLIC]
        return any(_ends(stop, author, public) for stop in stops)


def _ends(stop: datetime, author: str, public: list[Comment]) -> bool:
    nearest = min(public, key=lambda comment: abs(comment.created_at - stop), default=None)
    return nearest is not None and nearest.author.id == author and abs(nearest.created_at - stop) <= _SAME
