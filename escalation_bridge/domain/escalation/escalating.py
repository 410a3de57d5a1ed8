"""Escalate a case: open its record or join the open one, choose who takes it over, and move the ticket there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Rules, TimelineEntry
from escalation_bridge.domain.case.escalations import (
    Cause,
    Change,
    ChangeKind,
    Escalation,
    EscalationKind,
    Owner,
    open_one,
)
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import CaseLook
from escalation_bridge.domain.case.write_records import KeyedIntent
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.escalation.hand_over import pass_further_summary, plan_escalation
from escalation_bridge.domain.escalation.history import history_lines
from escalation_bridge.domain.escalation.own_writes import unsent_moves
from escalation_bridge.domain.escalation.package import (
    Facts,
    for_description,
    missing_parts,
    public_part,
    whole,
)
from escalation_bridge.domain.escalation.procedure import name_of_procedure
from escalation_bridge.domain.escalation.summary_words import continued
from escalation_bridge.domain.notices.notice import About
from escalation_bridge.domain.routes.package_rule import COMMON
from escalation_bridge.domain.sla.clocks import Clock
from escalation_bridge.domain.teams.choosing import Chosen, Needs, Workload, choose
from escalation_bridge.domain.teams.directory import WEIGHTS, Directory
from escalation_bridge.domain.teams.team import Member, Team
from escalation_bridge.domain.tickets.messages import Health, MessageRequest, Package
from escalation_bridge.domain.tickets.tickets import UNASSIGNED, Ticket, TicketChange, Visibility

NEXT_LEVEL = "next-level"
"""In place of a team's name: the team after the one that has the case."""


@dataclass(frozen=True, slots=True)
class Request:
    """An escalation that is asked for.

    Attributes:
        cause: Why.
        by: Who asks, as people know them; empty: the bridge.
        to_team: The team; None: `route` says where to.
        route: The route; None: the one that leads to the team, if it has no place in the customer's helpdesk.
        summary: What a person wrote about it.
        facts: What explains it to people, beside these.
        skills: What the person should know.
        clock: The clock whose step escalates; None: no clock does.
        key: Of the write that creates a linked ticket; None: the record names it.
        is_lead: Whether a lead asks: then the limits of transfers do not count.
        too_often: Whether the limit of transfers sends it elsewhere.
        yields: Whether it joins an escalation whose team a person chose, instead of handing it on.
        quietly: Whether no note is written, because the answer to a command says the same.
    """

    cause: Cause
    by: str = ""
    to_team: str | None = None
    route: str | None = None
    summary: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    skills: frozenset[str] = frozenset()
    clock: Clock | None = None
    key: str | None = None
    is_lead: bool = False
    yields: bool = False
    quietly: bool = False
    too_often: bool = False

    def to(self, team: str, skills: frozenset[str] = frozenset()) -> "Request":
        """The same, to a team, whose person should have some skills."""
        return replace(self, to_team=team, skills=skills)

    def along(self, route: str) -> "Request":
        """The same, along a route."""
        return replace(self, route=route)


@dataclass(frozen=True, slots=True)
class Situation:
    """A case that may be escalated.

    Attributes:
        decided: What other rules decided in this look.
        clocks: The clocks, as of now.
    """

    view: CaseView
    rules: Rules
    origin: Ticket
    now: datetime
    decided: tuple[KeyedIntent, ...] = ()
    clocks: tuple[Clock, ...] = ()

    @classmethod
    def of(cls, look: CaseLook) -> "Situation":
        """The case of a look."""
        return cls(look.view, look.rules, look.origin, look.now, look.decided, look.clocks)

    @property
    def directory(self) -> Directory:
        """The support organisation."""
        return self.rules.directory

    @property
    def present(self) -> Escalation | None:
        """The open escalation."""
        return open_one(self.view.escalations)

    @property
    def present_team(self) -> str | None:
        """The team that has the work: the owner of the open escalation, else the team at whose place the ticket is."""
        if self.present is not None:
            return self.present.owner.team
        holding = self.directory.team_holding(self.origin)
        return holding.name if holding is not None else None


def escalate(at: Situation, request: Request) -> Part:
    """Escalate a case, or join its open escalation.

    Nothing changes where there is no such team or route: the history says so.
    """
    if request.to_team is not None:
        return _to_team(at, request, request.to_team)
    if request.route is not None:
        return _along_route(at, request, request.route)
    raise ValueError("an escalation goes to a team or along a route")


def next_level(at: Situation) -> str | None:
    """The team of the next level; None: there is none above, and the last resort has it already.

    If the owner is no configured team, as behind a route without one, the team that has the ticket counts instead.
    """
    present = at.present_team
    if present not in at.directory.teams:
        holding = at.directory.team_holding(at.origin)
        present = holding.name if holding is not None else None
    following = at.directory.next_of(present)
    if following is not None:
        return following.name
    last = at.directory.last_resort
    return last if last and last != at.present_team else None


# --- to a team ----------------------------------------------------------------------------------------------------------


def _to_team(at: Situation, request: Request, team: str) -> Part:
    directory = at.directory
    if team not in directory.teams:
        # A case keeps the rules it was opened under, and a team may be gone since.
        gone = Part(timeline=(TimelineEntry(at.now, "team_gone", {"team": team}),))
        last = directory.last_resort
        return gone + _to_team(at, request, last) if last in directory.teams else gone
    present = at.present
    if present is not None and (present.owner.team == team or (request.yields and _was_chosen(present))):
        return _joined(at, request, present)
    returned = _transferred_too_often(at, request, team)
    if returned:
        team = directory.leads or directory.last_resort or team
        request = replace(request, too_often=True)
    needs, workload = _needs(at, request), at.view.workload or Workload()
    chosen = choose(directory, team, needs, workload, at.now)
    if chosen is None:
        return NOTHING
    instead = at.view.advice.teams.get(chosen.team.name)
    if instead is not None:  # an extension knows better
        chosen = choose(directory, instead, needs, workload, at.now) or chosen
    if present is not None and present.owner.team == chosen.team.name:
        return _joined(at, request, present)
    part = _take_over(at, request, chosen)
    if returned:
        facts = {"transfers": str(present.transfers if present else 0), "team": chosen.team.title}
        part = Part(timeline=(TimelineEntry(at.now, "transferred_too_often", facts),)) + part
    return part


def _was_chosen(present: Escalation) -> bool:
    """Whether a person chose who has it now."""
    given = (ChangeKind.OPENED, ChangeKind.HANDED_ON, ChangeKind.TAKEN)
    last = next(change for change in reversed(present.changes) if change.what in given)
    return last.cause in (Cause.BY_HAND, Cause.EXTERNAL)


def _transferred_too_often(at: Situation, request: Request, team: str) -> bool:
    """Whether another transfer would exceed the limit, or go back and forth a second time. Leads may do so."""
    present = at.present
    if present is None or request.is_lead:
        return False
    if team in (at.directory.leads, at.directory.last_resort):
        return False
    back_and_forth = present.teams.count(team) > 1 or (
        present.teams.count(team) == 1 and present.teams.count(present.owner.team) > 1
    )
    return back_and_forth or present.transfers >= at.directory.discipline.most_transfers


def _needs(at: Situation, request: Request) -> Needs:
    connection = at.origin.ref.connection
    return Needs(
        weight=WEIGHTS[at.view.classification.severity],
        skills=request.skills,
        language=at.origin.language.partition("-")[0].casefold() if at.origin.language else None,
        connection=connection,
        routes=frozenset(name for name, route in at.rules.routes.items() if route.origin == connection),
    )


def _take_over(at: Situation, request: Request, chosen: Chosen) -> Part:
    """The chosen team takes the case over: its record, the move of the ticket, and a note."""
    owner = Owner(chosen.team.name, chosen.person.email if chosen.person else None)
    place = chosen.team.place_at(at.origin.ref.connection)
    route = None if place is not None else _route_to(at, chosen.team)
    if chosen.nobody:
        request = replace(request, facts={**request.facts, "nobody": "yes"})
    escalation = _recorded(at, request, owner, route)
    position = len(escalation.changes) - 1

    def key(what: str) -> str:
        return keys.OfEscalation(escalation.number, position, what).text

    overtaken = unsent_moves(at.view, at.present) if at.present is not None else ()
    part = Part(
        escalations=(escalation,),
        timeline=tuple(_history(at, request, chosen)),
        withdrawn=overtaken,
        assigns=True,
    )
    if place is not None:
        assignee = chosen.person.account_at(place.connection) if chosen.person else nobody(at.origin)
        change = place.change.joined(TicketChange(assignee=assignee))
        part += Part(intents=(KeyedIntent(key("move"), ChangeTicket(at.origin.ref, change)),))
    elif route is not None:
        plan = _plan(at, request, route, key("create"))
        if not plan.intents and not any(entry.code == "already_escalated" for entry in plan.timeline):
            return plan  # an extension objects
        part += plan
        if not plan.intents:
            part += pass_further_summary(at.view, escalation, request.by, request.summary)
    alert = at.directory.alert if chosen.nobody or request.too_often else None
    if alert is not None:
        facts = {**_facts_of_alert(at, chosen), "too_often": "yes" if request.too_often else ""}
        notice = Notify(
            alert,
            MessageRequest("escalation_alert", facts),
            page=True,
            about=About(escalation=escalation.number),
            severity=at.view.classification.severity,
        )
        part += Part(intents=(KeyedIntent(key("alert"), notice),))
    asked = ask_for_missing(at, escalation)
    if not request.quietly:
        procedure = name_of_procedure(at.directory.procedures, escalation)
        package = package_for(at, escalation, request.clock)
        part += Part(
            intents=(
                KeyedIntent(
                    key("note"), _note(at, request, chosen, package, {**asked, "procedure": procedure})
                ),
            )
        )
    elif asked["missing"]:
        part += Part(intents=(KeyedIntent(key("asked"), _ask(at, asked, chosen.team)),))
    return part


def _ask(at: Situation, asked: Mapping[str, str], team: Team) -> WriteComment:
    message = MessageRequest(
        "package_incomplete", {**asked, "team": team.title}, visibility=Visibility.PRIVATE
    )
    return WriteComment(at.origin.ref, Visibility.PRIVATE, message)


def _facts_of_alert(at: Situation, chosen: Chosen) -> dict[str, str]:
    return {
        "ticket_key": at.origin.key,
        "ticket_url": at.origin.url,
        "ticket_subject": at.origin.subject,
        "team": chosen.team.title,
        "severity": str(at.view.classification.severity),
    }


def facts_for_package(
    at: Situation, summary: str, clock: Clock | None = None, team: Team | None = None
) -> Facts:
    """What a hand-over package is made of. A team without a place in the customer's helpdesk reads nothing else in it."""
    place = team.place_at(at.origin.ref.connection) if team is not None else None
    clocks = at.clocks or at.view.clocks
    if clock is not None:
        clocks = (
            clock,
            *(each for each in clocks if (each.metric, each.cycle) != (clock.metric, clock.cycle)),
        )
    rule = place.package if place is not None else COMMON
    return Facts(at.view, at.rules, at.origin, at.now, clocks, summary, team, rule)


def package_for(at: Situation, escalation: Escalation, clock: Clock | None = None) -> Package | None:
    """The package for the team that has an escalation within the customer's helpdesk; None: it is elsewhere."""
    team = at.directory.teams.get(escalation.owner.team)
    if team is None or team.place_at(at.origin.ref.connection) is None:
        return None
    return whole(facts_for_package(at, escalation.summary, clock, team))


def ask_for_missing(at: Situation, escalation: Escalation) -> dict[str, str]:
    """What the team of an escalation still needs from the agents, as facts of a note; empty texts: nothing."""
    team = at.directory.teams.get(escalation.owner.team)
    missing = missing_parts(facts_for_package(at, escalation.summary, None, team)) if team is not None else ()
    return {"missing": "\n".join(missing), "team_name": team.name if team is not None and missing else ""}


def _route_to(at: Situation, team: Team) -> str | None:
    """The route from the customer's helpdesk to a team."""
    connection = at.origin.ref.connection
    routes = (name for name in team.routes if name in at.rules.routes)
    return next((name for name in routes if at.rules.routes[name].origin == connection), None)


def _note(
    at: Situation, request: Request, chosen: Chosen, package: Package | None, asked: Mapping[str, str]
) -> WriteComment:
    facts = {
        **request.facts,
        **asked,
        "team": chosen.team.title,
        "level": chosen.team.level or "",
        "person": chosen.person.name if chosen.person else "",
        "from_team": at.directory.title_of(at.present_team) if at.present_team else "",
        "cause": str(request.cause),
        "by": request.by,
        "summary": request.summary,
        "nobody": "yes" if chosen.nobody else "",
        "too_often": "yes" if request.too_often else "",
    }
    message = MessageRequest(
        "escalated_here",
        facts,
        visibility=Visibility.PRIVATE,
        health=(*skipped_lines(_history(at, request, chosen)), *lines_for_leads(at, request.too_often)),
        package=package,
    )
    return WriteComment(at.origin.ref, Visibility.PRIVATE, message)


def skipped_lines(timeline: Iterable[TimelineEntry]) -> tuple[Health, ...]:
    """For each team that was passed over, a line that says why."""
    return tuple(Health("team_skipped", entry.facts) for entry in timeline if entry.code == "team_skipped")


def lines_for_leads(at: Situation, too_often: bool) -> tuple[Health, ...]:
    """The history of the open escalation, if it was handed on too often: whoever gets it now has to decide who keeps it."""
    return history_lines(at.directory, (at.present,)) if too_often and at.present is not None else ()


def _history(at: Situation, request: Request, chosen: Chosen) -> Iterator[TimelineEntry]:
    for each in chosen.skipped:
        skipped = {"team": at.directory.title_of(each.team), "why": str(each.why)}
        yield TimelineEntry(at.now, "team_skipped", skipped)
    facts = {
        "team": chosen.team.title,
        "person": chosen.person.name if chosen.person else "",
        "from_team": at.directory.title_of(at.present_team) if at.present_team else "",
        "cause": str(request.cause),
        "by": request.by,
    }
    yield TimelineEntry(at.now, "escalated_to_team" if at.present is None else "handed_on", facts)
    if chosen.nobody:
        yield TimelineEntry(at.now, "nobody_anywhere", {"team": chosen.team.title})


def _plan(at: Situation, request: Request, route: str, key: str) -> Part:
    """Create the linked ticket, with the label of the severity; a step's own key comes first."""
    label = at.rules.severity_labels.get(at.view.classification.severity)
    return plan_escalation(
        at.view,
        at.origin,
        at.rules.routes,
        route,
        request.clock,
        request.key or key,
        at.now,
        at.decided,
        request.by,
        (label,) if label is not None else (),
        for_description(public_part(facts_for_package(at, request.summary, request.clock))),
    )


# --- along a route ------------------------------------------------------------------------------------------------------


def _along_route(at: Situation, request: Request, route: str) -> Part:
    """Escalate along a route, whoever is there: another system keeps its own hours."""
    present = at.present
    number = present.number if present is not None else _next_number(at)
    position = len(present.changes) if present is not None else 0
    plan = _plan(at, request, route, keys.OfEscalation(number, position, "create").text)
    team = at.directory.team_of_route(route)
    is_there = any(entry.code == "already_escalated" for entry in plan.timeline)
    if not plan.intents and not (is_there and present is not None and present.route == route):
        return plan
    owner = Owner(team.name if team is not None else at.rules.routes[route].linked)
    if present is not None and present.owner.team == owner.team:
        return plan + _joined(at, request, present)
    if not plan.intents:
        return plan
    escalation = _recorded(at, request, owner, route)
    plan += Part(escalations=(escalation,))
    asked = ask_for_missing(at, escalation)
    if team is None or not asked["missing"]:
        return plan
    key = keys.OfEscalation(escalation.number, len(escalation.changes) - 1, "asked").text
    return plan + Part(intents=(KeyedIntent(key, _ask(at, asked, team)),))


# --- the record ---------------------------------------------------------------------------------------------------------


def _next_number(at: Situation) -> int:
    return max((each.number for each in at.view.escalations), default=0) + 1


def _recorded(at: Situation, request: Request, owner: Owner, route: str | None) -> Escalation:
    """The record with its new owner: the open one handed on, or a new one."""
    present = at.present
    if present is not None:
        change = Change(at.now, ChangeKind.HANDED_ON, owner, request.by, request.cause, request.facts)
        summary = continued(present.summary, request.summary)
        return present.changed(change, summary=summary, route=route or present.route)
    before = at.present_team
    higher = at.directory.is_higher(owner.team, before)
    return Escalation(
        number=_next_number(at),
        cause=request.cause,
        kind=EscalationKind.HIERARCHICAL if higher else EscalationKind.FUNCTIONAL,
        from_team=before,
        from_level=at.directory.level_of(before),
        to_team=owner.team,
        to_level=at.directory.level_of(owner.team),
        changes=(Change(at.now, ChangeKind.OPENED, owner, request.by, request.cause, request.facts),),
        category=at.view.classification.category,
        summary=request.summary,
        customer=customer_of(at.origin),
        route=route,
        weight=WEIGHTS[at.view.classification.severity],
    )


def _joined(at: Situation, request: Request, present: Escalation) -> Part:
    """A further cause of an escalation that is open already: it goes on, and its record says so."""
    change = Change(at.now, ChangeKind.JOINED, present.owner, request.by, request.cause, request.facts)
    lines = (present.summary, request.summary if request.summary not in present.summary else "")
    summary = "\n".join(filter(None, lines))
    facts = {
        "team": at.directory.title_of(present.owner.team),
        "cause": str(request.cause),
        "by": request.by,
    }
    escalation = present.changed(change, summary=summary)
    part = Part(escalations=(escalation,), timeline=(TimelineEntry(at.now, "escalation_joined", facts),))
    team = at.directory.teams.get(present.owner.team)
    if team is not None and team.place_at(at.origin.ref.connection) is not None:
        return part  # it reads the summary in the ticket itself
    return part + pass_further_summary(at.view, escalation, request.by, request.summary)


def nobody(origin: Ticket) -> str | None:
    """What a ticket's assignee becomes when a team takes it from its queue: the one who had it before gives it up."""
    return UNASSIGNED if origin.assignee is not None else None


def customer_of(origin: Ticket) -> str:
    """What names the customer of a ticket, to find who knows them; empty if the vendor names nobody."""
    person = origin.requester
    return f"{origin.ref.connection}:{person.id}" if person is not None else ""


def as_assigned(at: Situation, present: Escalation, member: Member, by: str) -> Part:
    """Somebody takes an open escalation, or is given it: in the record, and as the assignee of the ticket."""
    owner = Owner(present.owner.team, member.email)
    change = Change(at.now, ChangeKind.TAKEN, owner, by)
    escalation = present.changed(change)
    position = len(escalation.changes) - 1
    facts = {"person": member.name, "by": by}
    part = Part(escalations=(escalation,), timeline=(TimelineEntry(at.now, "escalation_taken", facts),))
    team = at.directory.teams.get(owner.team)
    connection = at.origin.ref.connection
    if team is None or team.place_at(connection) is None:
        return part
    wanted = TicketChange(assignee=member.account_at(connection))
    key = keys.OfEscalation(escalation.number, position, "move").text
    return part + Part(intents=(KeyedIntent(key, ChangeTicket(at.origin.ref, wanted)),))
