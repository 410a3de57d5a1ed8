"""Facts about the accounts of a configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation_bridge.config.loading import Configuration
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.config.teams.settings import TeamSettings
from escalation_bridge.configfile import Review
from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.domain.tickets.tickets import Status
from escalation_bridge.errors import BridgeError
from escalation_bridge.online.drafts import describe_drafts
from escalation_bridge.online.people import check_people
from escalation_bridge.online.reaching import reached
from escalation_bridge.online.teams import check_field_ids, check_lead_roles, check_places, read_groups
from escalation_bridge.plugged.discovery import Catalogue
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import (
    AccountDescription,
    ConnectionReport,
    DraftDescription,
    TicketKind,
)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The answers of the enabled connections.

    Attributes:
        reports: The bridge's user, by connection; without those that did not answer.
        described: Statuses, groups, projects and fields, by connection; without those that cannot list them.
        drafts: The answer about the tickets that a route creates, by route.
        kinds: The statuses that existing tickets can reach, by the origin connections of routes.
        members: The members of the groups from which teams take theirs, by team and connection.
        open_tickets: The number of open tickets, by the connections whose tickets open cases, if the vendor counts them.
    """

    reports: Mapping[str, ConnectionReport] = field(default_factory=dict)
    described: Mapping[str, AccountDescription] = field(default_factory=dict)
    drafts: Mapping[str, DraftDescription] = field(default_factory=dict)
    kinds: Mapping[str, tuple[TicketKind, ...]] = field(default_factory=dict)
    open_tickets: Mapping[str, int] = field(default_factory=dict)
    members: Mapping[str, Mapping[str, tuple[GroupMember, ...]]] = field(default_factory=dict)

    def statuses(self) -> dict[str, tuple[Status, ...]]:
        return {name: account.statuses for name, account in self.described.items()}


def ask(
    configuration: Configuration,
    catalogue: Catalogue,
    routes: Mapping[str, RouteSettings],
    teams: Mapping[str, TeamSettings],
    problems: Review,
    warnings: Review,
) -> Accounts:
    """Query every enabled connection: the bridge's user, its names and its people. Problems are reported."""
    reports: dict[str, ConnectionReport] = {}
    described: dict[str, AccountDescription] = {}
    drafts: dict[str, DraftDescription] = {}
    kinds: dict[str, tuple[TicketKind, ...]] = {}
    open_tickets: dict[str, int] = {}
    members: dict[str, dict[str, tuple[GroupMember, ...]]] = {}
    for name, settings in configuration.connections.items():
        if not settings.enabled:
            continue
        at = ("connections", name)
        try:
            with reached(configuration, catalogue, name) as helpdesk:
                reports[name] = report = helpdesk.check_connection()
                for problem in report.problems:
                    problems.report(at, problem, of_key=True)
                for warning in report.warnings:
                    warnings.report(at, warning, of_key=True)
                if helpdesk.can("describe_fields"):
                    described[name] = helpdesk.describe_fields()
                drafts.update(describe_drafts(helpdesk, routes))
                if helpdesk.can("describe_kinds") and any(route.origin == name for route in routes.values()):
                    kinds[name] = helpdesk.describe_kinds()
                check_people(helpdesk, routes, problems, warnings)
                check_places(helpdesk, described.get(name), teams, problems, warnings)
                for team, group in read_groups(helpdesk, described.get(name), teams, warnings).items():
                    members.setdefault(team, {})[name] = group
                directory = configuration.rules.directory
                if name in described:
                    reproduced = directory.reproduced_field.get(name)
                    check_field_ids(name, described[name], teams, reproduced, problems)
                check_lead_roles(helpdesk, directory.lead_roles.get(name, ()), problems, warnings)
                if configuration.rules.opens_cases(name):
                    count = _count_open(helpdesk, warnings)
                    open_tickets |= {} if count is None else {name: count}
        except BridgeError as error:
            problems.report(at, str(error), of_key=True)
    return Accounts(reports, described, drafts, kinds, open_tickets, members)


def _count_open(helpdesk: Helpdesk, warnings: Review) -> int | None:
    """The number of open tickets, with a warning about them; None if it is unknown."""
    at = ("connections", helpdesk.name)
    if not helpdesk.can("open_tickets"):
        return None
    try:
        total = helpdesk.open_tickets(None).total
    except BridgeError as error:
        warnings.report(at, f"the number of open tickets is unknown: {error}", of_key=True)
        return None
    if total:
        tickets = "1 ticket is" if total == 1 else f"{total} tickets are"
        warnings.report(
            at,
            f"{tickets} open there; those from before the bridge are taken in by `escalation-bridge backfill`",
            of_key=True,
        )
    return total
