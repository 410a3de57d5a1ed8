"""What the accounts of a configuration say of themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation_bridge.config.loading import Configuration
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.configfile import Review
from escalation_bridge.domain.tickets.tickets import Status
from escalation_bridge.errors import BridgeError
from escalation_bridge.online.drafts import describe_drafts
from escalation_bridge.online.people import check_people
from escalation_bridge.online.reaching import reached
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
    """The enabled connections as they answered.

    Attributes:
        reports: Who the bridge is there, by connection; those that could not be asked are not in it.
        described: Their words, by connection; those that cannot tell are not in it.
        drafts: What they make of the tickets that a route creates, by route.
        kinds: What can become of the tickets that are there, by the connections with which routes begin.
        open_tickets: How many tickets are open, by the connections whose tickets open cases and whose vendor counts them.
    """

    reports: Mapping[str, ConnectionReport] = field(default_factory=dict)
    described: Mapping[str, AccountDescription] = field(default_factory=dict)
    drafts: Mapping[str, DraftDescription] = field(default_factory=dict)
    kinds: Mapping[str, tuple[TicketKind, ...]] = field(default_factory=dict)
    open_tickets: Mapping[str, int] = field(default_factory=dict)

    def statuses(self) -> dict[str, tuple[Status, ...]]:
        return {name: account.statuses for name, account in self.described.items()}


def ask(
    configuration: Configuration,
    catalogue: Catalogue,
    routes: Mapping[str, RouteSettings],
    problems: Review,
    warnings: Review,
) -> Accounts:
    """Ask every enabled connection who the bridge is, which words it has and whom it knows. What stands in the way is reported."""
    reports: dict[str, ConnectionReport] = {}
    described: dict[str, AccountDescription] = {}
    drafts: dict[str, DraftDescription] = {}
    kinds: dict[str, tuple[TicketKind, ...]] = {}
    open_tickets: dict[str, int] = {}
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
                if configuration.rules.opens_cases(name):
                    count = _count_open(helpdesk, warnings)
                    open_tickets |= {} if count is None else {name: count}
        except BridgeError as error:
            problems.report(at, str(error), of_key=True)
    return Accounts(reports, described, drafts, kinds, open_tickets)


def _count_open(helpdesk: Helpdesk, warnings: Review) -> int | None:
    """How many tickets are open there, with a warning about them; None where nobody can tell."""
    at = ("connections", helpdesk.name)
    if not helpdesk.can("open_tickets"):
        return None
    try:
        total = helpdesk.open_tickets(None).total
    except BridgeError as error:
        warnings.report(at, f"how many tickets are open cannot be told: {error}", of_key=True)
        return None
    if total:
        tickets = "1 ticket is" if total == 1 else f"{total} tickets are"
        warnings.report(
            at,
            f"{tickets} open there; those from before the bridge are taken in by `escalation-bridge backfill`",
            of_key=True,
        )
    return total
