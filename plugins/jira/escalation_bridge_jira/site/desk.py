"""The context of every operation on one Jira site."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from escalation_bridge.plugin import (
    Connection,
    JsonPart,
    Person,
    Rejected,
    VendorError,
)
from escalation_bridge_jira.http.client import Jira
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.site.memory import Memory
from escalation_bridge_jira.text.limits import LONGEST_LABEL
from escalation_bridge_jira.translation.fields import Resolved, resolved, resolved_whole
from escalation_bridge_jira.translation.mapping import Mapper


@dataclass(frozen=True)
class Desk:
    """The site for one operation.

    Attributes:
        jira: The API.
        mapper: Converts the API's answers.
        memory: The connection's cache.
    """

    connection: Connection[JiraSettings]
    jira: Jira
    mapper: Mapper
    memory: Memory

    @property
    def settings(self) -> JiraSettings:
        return self.connection.settings

    @property
    def language(self) -> str:
        return self.settings.language or "en"

    def myself(self) -> Person:
        """The bridge's own account. It always has an id: without one, the bridge's writes would count as somebody else's."""
        person = self.mapper.person(self.jira.get("/myself"))
        if not person.id:
            self.jira.unreadable("the account's own id is missing")
        self.memory.account = person.id
        return person

    def shaped(self, values: Mapping[str, object]) -> Mapping[str, object]:
        """Configured fields by id, in the API's form: all of them, or `Rejected`."""
        return resolved_whole(self.jira, values, self.language)

    def fitting(self, values: Mapping[str, object]) -> Resolved:
        """As `shaped`, with those separated that Jira would refuse."""
        return resolved(self.jira, values, self.language)

    def comments(self, ticket_id: str) -> Iterator[JsonPart]:
        """An issue's comments with their properties, newest first."""
        # `properties` is not among the expansions in the API description of this operation, and works on both editions.
        path = f"/issue/{ticket_id}/comment"
        yield from self.jira.pages(path, "comments", orderBy="-created", expand="properties")

    def reject(self, message: str) -> NoReturn:
        self.refuse(Rejected, message)

    def refuse(self, error: type[VendorError], message: str) -> NoReturn:
        self.jira.transport.refuse(error, self.jira.operation, message)


def labels_of(tags: tuple[str, ...]) -> list[str]:
    """Tags as labels: without spaces, not too long, each once."""
    words = ("-".join(tag.split())[:LONGEST_LABEL] for tag in tags)
    return list(dict.fromkeys(word for word in words if word))
