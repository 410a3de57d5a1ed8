"""Make the domain's teams from valid settings."""

from collections.abc import Iterable, Mapping

from escalation_bridge.config.conditions import condition_of
from escalation_bridge.config.notices import NoticeSettings, make_notice_rules, make_ways
from escalation_bridge.config.teams.settings import (
    EscalationSettings,
    MemberSettings,
    RotaCalendarSettings,
    RotaSettings,
    TeamSettings,
)
from escalation_bridge.domain.sla.calendar import Calendar
from escalation_bridge.domain.teams.directory import Directory, Discipline, RoutingRule, Trigger
from escalation_bridge.domain.teams.permissions import Permissions
from escalation_bridge.domain.teams.rota import Override, Rota, RotaCalendar, Shift
from escalation_bridge.domain.teams.team import Member, Place, Team


def make_directory(
    teams: Mapping[str, TeamSettings],
    levels: Iterable[str],
    escalation: EscalationSettings,
    calendars: Mapping[str, Calendar],
    notices: NoticeSettings,
    channels: Iterable[str] = (),
) -> Directory:
    """Make the directory from settings in which every name is known."""
    return Directory(
        teams={name: _team(name, team, calendars, notices) for name, team in teams.items()},
        levels=tuple(levels),
        last_resort=escalation.last_resort or "",
        leads=escalation.leads,
        rules=tuple(
            RoutingRule(
                rule.name,
                condition_of(rule.when),
                rule.to,
                None if rule.reproducible is None else rule.reproducible == "yes",
                frozenset(rule.skills),
            )
            for rule in escalation.rules
        ),
        triggers=tuple(
            Trigger(each.name, condition_of(each.when), each.command, each.summary_field, each.remove_tags)
            for each in escalation.triggers
        ),
        discipline=Discipline(
            escalation.most_transfers,
            escalation.raise_after_days,
            escalation.snooze_at_most,
            escalation.require_summary,
        ),
        permissions=Permissions(escalation.may),
        reproduced_field=escalation.reproduced_field,
        lead_roles=escalation.lead_roles,
        alert=escalation.alert,
        notices=make_notice_rules(notices),
        channels=frozenset(channels),
    )


def _team(name: str, team: TeamSettings, calendars: Mapping[str, Calendar], notices: NoticeSettings) -> Team:
    return Team(
        name=name,
        title=team.title or name,
        level=team.level,
        places=tuple(
            Place(
                each.connection,
                each.group,
                each.tags,
                each.fields,
                each.status,
                each.members_from_group,
                each.package.rule,
            )
            for each in team.places
        ),
        routes=team.routes,
        members=tuple(_member(member, notices) for member in team.members),
        calendar_name=team.calendar,
        calendar=calendars[team.calendar],
        capacity=team.capacity,
        assignment=team.assign,
        rota=_rota(team.rota, calendars[team.calendar]) if team.rota is not None else None,
        next=team.next,
        reach=make_ways(team.notify, None),
        requires=team.requires,
        required_fields=team.required_fields,
    )


def _member(member: MemberSettings, notices: NoticeSettings) -> Member:
    ways = member.notify if member.notify is not None else notices.everybody
    return Member(
        email=member.email,
        name=member.name or member.email,
        skills=frozenset(member.skills),
        languages=frozenset(member.languages),
        is_lead=member.lead,
        capacity=member.capacity,
        accounts=member.accounts,
        reach=make_ways(ways, member.quiet or notices.quiet),
    )


def _rota(rota: RotaSettings, hours: Calendar) -> Rota:
    return Rota(
        shifts=tuple(
            Shift(each.people, each.start, each.days, each.at, each.timezone, each.hours, each.until)
            for each in rota.shifts
        ),
        overrides=tuple(Override(each.start, each.end, each.person) for each in rota.overrides),
        calendar=_rota_calendar(rota.calendar, hours) if rota.calendar is not None else None,
    )


def _rota_calendar(calendar: RotaCalendarSettings, hours: Calendar) -> RotaCalendar:
    is_address = calendar.source.casefold().startswith("http")
    return RotaCalendar(
        text="" if is_address else calendar.source,
        url=calendar.source if is_address else "",
        timezone=calendar.timezone,
        fallback=hours.spec.timezone,
    )
