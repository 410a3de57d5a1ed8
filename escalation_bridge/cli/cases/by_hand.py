"""Commands that do on the command line what `/bridge` does in a ticket: `escalate`, `deescalate`, `snooze`, `owner`.

The worker carries them out and answers in the ticket, where the agents see what was done and by whom.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from escalation_bridge.cli.cases.cases import CaseArgument, find_case
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, iso
from escalation_bridge.cli.running import opened_store
from escalation_bridge.config.loading import load_rules
from escalation_bridge.domain.case.cases import CaseState, CaseView, Rules
from escalation_bridge.domain.case.escalations import open_one
from escalation_bridge.domain.commands.command import Asked
from escalation_bridge.domain.commands.parse import as_command
from escalation_bridge.domain.commands.verbs.escalate import BY_RULES, NEXT, find_target
from escalation_bridge.domain.commands.verbs.snooze import wanted_end
from escalation_bridge.domain.sla import events
from escalation_bridge.errors import BridgeError
from escalation_bridge.plugin.connection import utc_now
from escalation_bridge.store.cases import case_file, case_views
from escalation_bridge.store.queue import wakes

By = Annotated[str, typer.Option(envvar="USER", help="Who asks for it.")]
_LARGEST = 4000
"""The most characters of a summary: longer ones belong into a file at the ticket."""


def escalate(
    case: CaseArgument,
    to: Annotated[str, typer.Argument(metavar="TEAM", help="A team, a level, a route, `next` or `auto`.")],
    summary: Annotated[list[str], typer.Argument(help="What happens, since when, what was tried.")],
    by: By = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Hand a case over to a team, a level, or along a route."""
    rules = load_rules(config)
    words = ("escalate", to, *summary)

    def check(view: CaseView) -> None:
        _refuse_closed(view)
        asked = _asked(view, rules, words, by)
        if asked is None:
            return  # the worker answers once it has read the ticket
        target = find_target(asked.situation, asked.command.words)
        if target is None:
            _refuse_target(rules, asked)
        elif not target.rest and rules.directory.teams and rules.directory.discipline.summary_required:
            raise BridgeError("write a summary: what happens, since when, what was tried")

    number = _ask(config, case, " ".join(words).strip(), by, check)
    _report(number, f"the worker escalates it to {to}", as_json=as_json, to=to, by=by)


def deescalate(
    case: CaseArgument,
    reason: Annotated[list[str], typer.Argument(help="Why it is given back.")],
    by: By = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """End the escalation of a case, and give its ticket back."""
    number = _ask(config, case, f"deescalate {' '.join(reason)}", by, _refuse_not_escalated)
    _report(number, "the worker gives it back", as_json=as_json, by=by)


def snooze(
    case: CaseArgument,
    until: Annotated[
        list[str], typer.Argument(metavar="TIME", help="How long, or until when: 2h, tomorrow 9:00.")
    ],
    by: By = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Put the ladder of a case off for a while; its clocks continue."""
    rules = load_rules(config)
    longest = rules.directory.discipline.snooze_at_most
    words = ("snooze", *until)
    ends: list[datetime] = []

    def check(view: CaseView) -> None:
        _refuse_closed(view)
        asked = _asked(view, rules, words, by)
        if asked is None:
            return
        end = wanted_end(asked)
        if end is None or end - asked.now > timedelta(seconds=longest):
            raise BridgeError(
                f"{' '.join(until)}: write a time such as 2h, tomorrow 9:00 or until 14:00, at most {longest // 3600}h"
            )
        ends.append(end)

    number = _ask(config, case, " ".join(words), by, check)
    end = ends[0].astimezone(UTC) if ends else None
    done = f"no steps until {end:%Y-%m-%d %H:%M} UTC" if end else "the worker puts its steps off"
    _report(number, done, as_json=as_json, until=iso(end) if end else None, by=by)


def owner(
    case: CaseArgument,
    person: Annotated[list[str], typer.Argument(help="An e-mail address or name of the team that has it.")],
    by: By = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Give the escalation of a case to a member of its team."""
    rules, name = load_rules(config), " ".join(person)

    def check(view: CaseView) -> None:
        _refuse_not_escalated(view)
        escalation = open_one(view.escalations)
        team = rules.directory.teams.get(escalation.owner.team) if escalation is not None else None
        if team is not None and any(place.members_from_group for place in team.places):
            return  # only the worker knows the members of groups; it answers in the ticket
        if team is None or team.member_named(name) is None:
            members = team.members if team is not None else ()
            known = ", ".join(each.email for each in members) or "nobody is configured"
            raise BridgeError(f"{name} is nobody in the team that has case {view.id}; its members: {known}")

    number = _ask(config, case, f"owner {name}", by, check)
    _report(number, f"the worker gives it to {name}", as_json=as_json, owner=name, by=by)


def _asked(view: CaseView, rules: Rules, words: Sequence[str], by: str) -> Asked | None:
    """The command as the worker will see it; None: the ticket was not read yet."""
    origin = view.tickets.get(view.origin)
    if origin is None:
        return None
    return Asked(view, rules, as_command(view.origin, "", " ".join(words), by), utc_now(), origin)


def _ask(config: Path, case: str, words: str, by: str, check: Callable[[CaseView], None]) -> int:
    """Note a command in a case's history, and wake the case.

    Raises:
        BridgeError: There is no such case, `check` refuses it, or the words are too long.
    """
    if len(words) > _LARGEST:
        raise BridgeError(f"at most {_LARGEST} characters are taken; attach longer texts to the ticket")
    with opened_store(config) as (database, _), database.write() as transaction:
        case_id = find_case(transaction, case)
        check(case_views.load_case(transaction, case_id))
        now = utc_now()
        case_file.save_events(transaction, case_id, [events.commanded(words, by, now)])
        wakes.wake(transaction, case_id, now, "a person")
    return case_id


def _report(number: int, done: str, *, as_json: bool, **facts: object) -> None:
    answer(f"Case {number}: {done}, and answers in the ticket.", as_json=as_json, case=number, **facts)


def _refuse_closed(view: CaseView) -> None:
    if view.state is CaseState.CLOSED:
        raise BridgeError(f"case {view.id} is closed; nothing was changed")


def _refuse_not_escalated(view: CaseView) -> None:
    if open_one(view.escalations) is None:
        raise BridgeError(f"case {view.id} has no open escalation; nothing was changed")


def _refuse_target(rules: Rules, asked: Asked) -> NoReturn:
    word = asked.command.words[0] if asked.command.words else ""
    if word.casefold() in NEXT:
        raise BridgeError(f"case {asked.view.id} has no next level; nothing was changed")
    directory = rules.directory
    known = [*directory.teams, *directory.levels, *rules.routes, NEXT[0], BY_RULES[0]]
    near = get_close_matches(word, known, n=1)
    guess = f"; did you mean {near[0]}?" if near else ""
    raise BridgeError(f"there is no team, level or route {word}{guess} Known: {', '.join(known)}")
