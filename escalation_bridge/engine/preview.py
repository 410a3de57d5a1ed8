"""Show what a team would read if a ticket were handed over to it now. Nothing is written, neither to a vendor nor to the store."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from escalation_bridge.bridge import Bridge
from escalation_bridge.domain.after_reading import after_reading
from escalation_bridge.domain.case.cases import CaseState, CaseView, Rules
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.escalation.hand_over import draft_linked, package_note
from escalation_bridge.domain.escalation.package import (
    Facts,
    for_description,
    is_worth_a_note,
    missing_parts,
    private_part,
    public_part,
    whole,
)
from escalation_bridge.domain.routes.routes import Route
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments.rereading import reread
from escalation_bridge.domain.teams.procedures import Matter, fitting
from escalation_bridge.domain.teams.team import Team
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import RichText, Severity, TicketRef
from escalation_bridge.engine.deliver.quoted_words import around
from escalation_bridge.engine.gather.gather import edits_since, fetch, news_in
from escalation_bridge.errors import BridgeError, ConfigurationError
from escalation_bridge.messages.own_texts import Occasion
from escalation_bridge.store.cases import case_tickets, case_views


@dataclass(frozen=True, slots=True)
class Preview:
    """What a team would read.

    Attributes:
        summary: The linked ticket's summary; empty: the team works in the customer's ticket.
        texts: What it reads, by `description` and `note`: the description of the linked ticket, which customers may read, and
            the internal note.
        missing: What the team requires and is not known.
        failed: Own texts that could not be used: message, and why.
    """

    summary: str = ""
    texts: Mapping[str, RichText] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


def preview_hand_over(
    bridge: Bridge,
    connection: str,
    ticket: str,
    *,
    route: str | None = None,
    team: str | None = None,
    language: str | None = None,
    words: str = "",
    by: str = "",
) -> Preview:
    """Read a ticket, and compose what the team would read.

    Args:
        bridge: The bridge.
        connection: The connection of the customer's ticket.
        ticket: Its id or key.
        route: The route; None: the team has a place in the customer's helpdesk, or one route leads to it.
        team: The team.
        language: The language of the texts; None: that of the readers.
        words: The summary.
        by: Who escalates.

    Raises:
        BridgeError: There is no such connection, ticket, route or team, or the ticket cannot be read.
    """
    view, rules = _read(bridge, connection, ticket)
    chosen_team, chosen_route = _target(rules, connection, route, team)
    origin, now = view.tickets[view.origin], bridge.now()
    clocks = decide(view, rules, now).clocks
    place = chosen_team.place_at(connection) if chosen_team is not None else None
    facts = Facts(view, rules, origin, now, clocks, words, chosen_team)
    zones = (rules.calendar_called(clock.calendar) for clock in clocks)
    timezone = next((zone.spec.timezone for zone in zones if zone is not None), None)
    failed: list[tuple[str, str]] = []

    def composed(request: MessageRequest, readers: str) -> RichText:
        occasion = Occasion(
            chosen_team.name if chosen_team else None,
            chosen_route.name if chosen_route else None,
            lambda failure: failed.append((request.template, str(failure))),
        )
        given = {**request.facts, "timezone": timezone} if timezone else request.facts
        return bridge.extensions.compose_message(
            replace(request, facts=given), language or readers, around(view, request), occasion
        ).body

    def procedure_for(team: Team | None) -> str:
        matter = Matter(team=team.name if team is not None else "", category=view.classification.category)
        found = fitting(rules.directory.procedures, matter)
        return found.name if found is not None else ""

    if chosen_route is None:
        facts = replace(facts, rule=place.package) if place is not None else facts
        note = package_note(whole(facts), by, procedure_for(chosen_team))
        texts = {"note": composed(note, bridge.language_of(connection))}
        return Preview("", texts, missing_parts(facts), tuple(failed))
    facts = replace(facts, rule=chosen_route.package)
    readers = chosen_route.languages.get(Side.LINKED) or bridge.language_of(chosen_route.linked)
    draft = draft_linked(view, origin, chosen_route, None, by, (), for_description(public_part(facts)))
    texts = {"description": composed(draft.description, readers)}
    private = private_part(facts)
    procedure = procedure_for(chosen_team or rules.directory.team_of_route(chosen_route.name))
    if is_worth_a_note(private) or procedure:
        texts["note"] = composed(package_note(private, by, procedure), readers)
    return Preview(draft.summary, texts, missing_parts(facts), tuple(failed))


def _read(bridge: Bridge, connection: str, ticket: str) -> tuple[CaseView, Rules]:
    """The case as a fresh read shows it; a ticket that has none is taken as if it had just arrived."""
    helpdesk = bridge.helpdesks.get(connection)
    if helpdesk is None:
        known = ", ".join(sorted(bridge.helpdesks)) or "none"
        raise ConfigurationError(f"there is no enabled connection {connection!r}; known: {known}")
    found = helpdesk.find_by_key(ticket)
    if found is None:
        raise BridgeError(f"{connection} has no ticket {ticket!r} that the bridge's account may see")
    view = _known(bridge, found.ref)
    reading = fetch(bridge, found.ref, None)
    comments = reread(view, found.ref, reading.comments, edits_since(bridge, found.ref), bridge.now())
    view = after_reading(view, news_in(bridge, view, reading, comments))
    titles = {name: desk.title for name, desk in bridge.helpdesks.items()}
    return replace(view, vendors=titles), bridge.rules_under(view.rules_version)


def _known(bridge: Bridge, ref: TicketRef) -> CaseView:
    with bridge.database.read() as transaction:
        for case_id in case_tickets.cases_of(transaction, ref):
            view = case_views.load_case(transaction, case_id)
            if view.origin == ref:
                return view
    return CaseView(
        id=0,
        origin=ref,
        opened_at=bridge.now(),
        state=CaseState.OPEN,
        tickets={},
        comments=(),
        events=(),
        clocks=(),
        links=(),
        fired=(),
        intents={},
        classification=Classification(Severity.STANDARD, "", ""),
    )


def _target(
    rules: Rules, connection: str, route: str | None, team: str | None
) -> tuple[Team | None, Route | None]:
    directory = rules.directory
    chosen = directory.team_called(team) if team is not None else None
    if team is not None and chosen is None:
        raise ConfigurationError(f"there is no team {team!r}; known: {', '.join(directory.teams) or 'none'}")
    if route is None and chosen is not None and chosen.place_at(connection) is not None:
        return chosen, None
    starting = {name: each for name, each in rules.routes.items() if each.origin == connection}
    if route is None and chosen is not None:
        route = next((name for name in chosen.routes if name in starting), None)
    if route not in starting:
        raise ConfigurationError(
            f"no route {route!r} begins at {connection}; known: {', '.join(starting) or 'none'}"
        )
    return chosen or directory.team_of_route(route), starting[route]
