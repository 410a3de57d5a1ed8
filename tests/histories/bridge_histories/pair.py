"""Two accounts that histories take place between, and how a bridge between them is configured."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from bridge_histories import files
from bridge_histories.desks import Desk
from bridge_histories.kept import ESCALATED, NOTHING, Book, Kept
from escalation_bridge.domain.routes.routes import CommentRule, Route, StatusMap, Take
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.domain.tickets.tickets import Visibility
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.http.meter import Budgets
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.store.connections.request_budgets import StoredBoard
from escalation_bridge.store.database.database import Database
from escalation_bridge_freshdesk.plugin import FreshdeskPlugin
from escalation_bridge_freshdesk.settings import FreshdeskSettings
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.kernel.clock import SandboxClock
from escalation_bridge_sandbox.zendesk.state import seed as zendesk
from escalation_bridge_zendesk.plugin import ZendeskPlugin
from escalation_bridge_zendesk.settings import ZendeskSettings

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LAG = 2.0
"""Seconds for which the stand-ins' searches know nothing of a change."""


NO_COMMENTS = CommentRule(Take.NONE, Visibility.PRIVATE)


@dataclass(frozen=True)
class Rulebook:
    """What an admin may have configured for a pair.

    Attributes:
        follow: For how long what becomes of a comment is followed; None: not at all.
        files: Small files go along with what is carried over.
        kept: Which fields are kept in step.
        full: Every status of either side has a counterpart; else most are left alone and one is not mapped.
    """

    full: bool = True
    owner: Side | None = None
    to_linked: CommentRule = NO_COMMENTS
    to_origin: CommentRule = NO_COMMENTS
    tell_customer: bool = False
    follow: timedelta | None = None
    files: bool = False
    kept: Kept = NOTHING


class Pair(ABC):
    """Two connections, `origin` and `linked`, with a stand-in each.

    Attributes:
        full: By side, what each status of that side means for the other one.
        sparse: The same with gaps.
        book: Its fields, and what their values mean on the other side.
        handed_on: What the origin shows from the moment that it is handed on.
        fields: What linked tickets are created with besides, in the vendor's own terms.
    """

    name: ClassVar[str]
    full: ClassVar[Mapping[Side, Mapping[str, str]]]
    sparse: ClassVar[Mapping[Side, Mapping[str, str | Keep]]]
    book: ClassVar[Book]
    handed_on: ClassVar[str]
    fields: ClassVar[Mapping[str, object]] = {}

    def __init__(self) -> None:
        self.clock = SandboxClock(lambda: START)
        self.desks = self.open_desks()

    @abstractmethod
    def open_desks(self) -> dict[str, Desk]: ...

    @abstractmethod
    def connect(self, secrets: Mapping[str, str], database: Database) -> dict[str, Any]:
        """New plugins, as a bridge that starts makes them. `secrets`: what proves webhooks, by connection."""

    def words(self, side: Side, rulebook: Rulebook) -> Mapping[str, str | Keep]:
        return (self.full if rulebook.full else self.sparse)[side]

    def route(self, rulebook: Rulebook) -> Route:
        return Route(
            name="on",
            origin="origin",
            linked="linked",
            to_linked=StatusMap(self.words(Side.ORIGIN, rulebook)),
            to_origin=StatusMap(self.words(Side.LINKED, rulebook)),
            comments_to_linked=rulebook.to_linked,
            comments_to_origin=rulebook.to_origin,
            owner=rulebook.owner,
            origin_status=self.handed_on,
            tell_customer=rulebook.tell_customer,
            labels=(ESCALATED,),
            fields=self.fields,
            follow_edits=rulebook.follow,
            files=files.RULE if rulebook.files else None,
            synced=self.book.rules(rulebook.kept, rulebook.owner, self.desks),
        )

    def connection(self, name: str, settings: Any, database: Database) -> Connection[Any]:
        return Connection(name, settings, self.clock.now, Budgets(StoredBoard(database, name)))


def connect_zendesk(pair: Pair, name: str, desk: Desk, secret: str, database: Database) -> ZendeskPlugin:
    settings = ZendeskSettings.model_validate(
        {
            "plugin": "zendesk",
            "url": desk.url,
            "sign_in": {"access_token": Resolved(zendesk.OAUTH_ACCESS_TOKEN)},
            "webhook_secrets": [Resolved(secret)],
            "search_lag_seconds": LAG,
        }
    )
    return ZendeskPlugin(pair.connection(name, settings, database))


def connect_freshdesk(pair: Pair, name: str, desk: Desk, secret: str, database: Database) -> FreshdeskPlugin:
    settings = FreshdeskSettings.model_validate(
        {
            "plugin": "freshdesk",
            "url": desk.url,
            "api_key": Resolved(freshdesk.BRIDGE.api_key),
            "webhook_secrets": [Resolved(secret)],
            "key_field": freshdesk.FIELD_REFERENCE,
            "link_field": freshdesk.FIELD_LINKED_ISSUE,
            "status_kinds": {freshdesk.STATUS_WITH_ENGINEERING: "waiting_third_party"},
            "search_lag_seconds": LAG,
        }
    )
    return FreshdeskPlugin(pair.connection(name, settings, database))
