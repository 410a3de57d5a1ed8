"""`/bridge escalate`: hand the ticket over to a team, a level, or along a route."""

from dataclasses import dataclass
from difflib import get_close_matches

from escalation_bridge.domain.case.escalations import Cause
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.permission import is_lead
from escalation_bridge.domain.commands.replies import answer, answer_with, leave_to_another
from escalation_bridge.domain.escalation.escalating import (
    Request,
    Situation,
    escalate,
    facts_for_package,
    lines_for_leads,
    next_level,
    package_for,
    skipped_lines,
)
from escalation_bridge.domain.escalation.package import missing_parts
from escalation_bridge.domain.escalation.procedure import name_of_procedure
from escalation_bridge.domain.escalation.replication import ask_whether_reproduced, reproducible
from escalation_bridge.domain.escalation.summary_words import continued, parse_summary
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility

NEXT = ("next", "next-level", "up", "naik", "berikutnya")
BY_RULES = ("auto", "otomatis")
_TO = ("to", "ke", "kepada")
_MARKS = ":,;."
"""Marks that people write behind a name."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a command names: a team or a route, the words after it, and the words that name it."""

    team: str | None
    route: str | None
    rest: str
    name: str
    skills: frozenset[str] = frozenset()


def _obey(asked: Asked) -> Part:
    view, command, origin = asked.view, asked.command, asked.origin
    if (left := leave_to_another(view, command)) is not None:
        return left
    if origin.status.kind.done:
        return answer(command, "command_escalate_done")
    at = asked.situation
    words = _without_to(command.words)
    first = words[0].casefold().rstrip(_MARKS) if words else ""
    if first in BY_RULES:
        needs_answer = at.directory.needs_reproduction(origin, view.classification)
        if needs_answer and reproducible(view, origin, at.directory) is None:
            return ask_whether_reproduced(command.key, command.ticket, command.by)
    where = find_target(at, words)
    if where is None and first in NEXT:
        return answer(command, "command_no_next_level")
    if where is None:
        return _how(asked, at, words)
    summary = "\n".join(part for part in (where.rest, command.more) if part)
    if not summary and asked.rules.directory.discipline.summary_required and asked.rules.directory.teams:
        line = f"/bridge {command.verb} {' '.join(command.words)}"
        return answer(command, "command_summary_missing", line=line)
    if (missing := _missing(asked, at, where, summary)) is not None:
        return missing
    request = Request(
        cause=Cause.BY_HAND,
        by=command.by,
        to_team=where.team,
        route=where.route,
        summary=summary,
        skills=where.skills,
        is_lead=is_lead(asked),
        quietly=command.ticket == origin.ref,
    )
    return _answered(asked, at, request)


def _missing(asked: Asked, at: Situation, where: Target, summary: str) -> Part | None:
    """The answer if the team requires more than the agent has told; None: nothing is missing."""
    directory = at.directory
    team = directory.teams.get(where.team) if where.team else directory.team_of_route(where.route or "")
    present = at.present
    if team is None or (present is not None and present.owner.team == team.name):
        return None  # what joins an escalation completes it
    known = continued(present.summary, summary) if present is not None else summary
    facts = facts_for_package(at, known, None, team)
    parts = missing_parts(facts)
    if not parts:
        return None
    fields = [part for part in parts if part not in team.requires]
    command = asked.command
    words = parse_summary(summary)
    return answer(
        command,
        "command_package_incomplete",
        team=team.title,
        missing="\n".join(parts),
        fields=", ".join(fields),
        line=f"/bridge {command.verb} {where.name}",
        summary=" ".join(words.summary),
        tried="; ".join(words.tried),
        reproduced="; ".join(filter(None, (words.reproduced, *words.reproduction))),
    )


def _answered(asked: Asked, at: Situation, request: Request) -> Part:
    """Escalate, and answer what was done."""
    done = escalate(at, request)
    command, directory = asked.command, at.directory
    if not done.escalations:
        route = request.route or ""
        return done + answer(command, "command_escalate_not", route=route, team=request.to_team or "")
    escalation = done.escalations[-1]
    owner = escalation.owner
    asked_for = request.to_team or owner.team
    joined = at.present is not None and at.present.owner == owner
    often = any(entry.code == "transferred_too_often" for entry in done.timeline)
    facts = {
        "by": command.by,
        "team": directory.title_of(owner.team),
        "level": directory.level_of(owner.team) or "",
        "person": directory.name_of(owner.person),
        "asked": directory.title_of(asked_for) if asked_for != owner.team else "",
        "joined": "yes" if joined else "",
        "nobody": "yes" if any(entry.code == "nobody_anywhere" for entry in done.timeline) else "",
        "procedure": name_of_procedure(directory.procedures, escalation),
        "often": "yes" if often else "",
    }
    lines = (*skipped_lines(done.timeline), *lines_for_leads(at, often))
    package = package_for(at, escalation) if request.quietly and not joined else None
    message = MessageRequest(
        "command_escalated", facts, visibility=Visibility.PRIVATE, health=lines, package=package
    )
    return done + answer_with(command, message)


def find_target(at: Situation, words: tuple[str, ...]) -> Target | None:
    """The team, level or route that the first words name; None: they name nothing, or the next level where there is none."""
    directory, words = at.directory, _without_to(words)
    if not words:
        return None
    first, rest = words[0].casefold().rstrip(_MARKS), " ".join(words[1:])
    if first in NEXT:
        team = next_level(at)
        return Target(team, None, rest, words[0]) if team is not None else None
    if first in BY_RULES:
        rule = directory.routed(
            at.origin, at.view.classification, reproducible(at.view, at.origin, at.directory)
        )
        if rule is not None:
            return Target(rule.to, None, rest, words[0], rule.skills)
        last = directory.last_resort
        return Target(last, None, rest, words[0]) if last else None
    for length in range(min(len(words), 5), 0, -1):  # titles may have several words
        name = " ".join(words[:length]).rstrip(_MARKS)
        found = directory.team_called(name) or directory.of_level(name, at.present_team)
        if found is not None:
            return Target(found.name, None, " ".join(words[length:]), name)
    route = at.rules.routes.get(words[0].rstrip(_MARKS))
    if route is not None and route.origin == at.origin.ref.connection:
        return Target(None, route.name, rest, words[0])
    return None


def _without_to(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of `escalate to payments ...` and `eskalasi ke payments ...` from the name on."""
    return words[1:] if len(words) > 1 and words[0].casefold() in _TO else words


def _how(asked: Asked, at: Situation, words: tuple[str, ...]) -> Part:
    """Where one can escalate to, with the nearest name to the one that was written, and the line to write."""
    directory, command = at.directory, asked.command
    names = [team.name for team in directory.teams.values()]
    levels = [level for level in directory.levels if directory.of_level(level, None) is not None]
    connection = at.origin.ref.connection
    routes = [name for name, route in asked.rules.routes.items() if route.origin == connection]
    targets = [*names, *levels, *([] if names else routes)]
    word = words[0].rstrip(_MARKS) if words else ""
    by_folded = {name.casefold(): name for name in (*targets, *routes)}
    near = [by_folded[found] for found in get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.5)]
    example = near[0] if near else (targets[0] if targets else "")
    return answer(
        command,
        "command_escalate_how",
        word=word,
        near=near[0] if near else "",
        targets=", ".join(targets),
        example=example,
        verb=command.verb,
        summary=" ".join(words[1:]),
    )


ESCALATE = Verb(("escalate", "eskalasi", "eskalasikan"), _obey)
