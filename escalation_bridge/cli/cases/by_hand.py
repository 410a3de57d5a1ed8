"""Commands that do on the command line what `/bridge` does in a ticket: `escalate`, `deescalate`, `snooze`, `owner`.

The worker carries them out and answers in the ticket, where the agents see what was done and by whom.
"""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from escalation_bridge.cli.cases.cases import CaseArgument, find_case
from escalation_bridge.cli.console.options import ConfigOption
from escalation_bridge.cli.console.output import AsJson, answer, iso
from escalation_bridge.cli.running import opened_store
from escalation_bridge.config.loading import load_rules
from escalation_bridge.domain.case.cases import CaseState, CaseView, Rules
from escalation_bridge.domain.case.escalations import open_one
from escalation_bridge.domain.commands.spans import parse_span
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
    to: Annotated[str, typer.Argument(metavar="TEAM", help="A team, a level, a route, or `next`.")],
    summary: Annotated[list[str], typer.Argument(help="What happens, since when, what was tried.")],
    by: By = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Hand a case over to a team, a level, or along a route."""
    rules = load_rules(config)
    _refuse_unknown_target(rules, to)
    written = " ".join(summary).strip()
    if not written and rules.directory.teams and rules.directory.discipline.summary_required:
        raise BridgeError("write a summary: what happens, since when, what was tried")
    words = f"escalate {to} {written}"
    number = _ask(config, case, words, by, _refuse_closed)
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
    span: Annotated[list[str], typer.Argument(help="How long: 2h, 90m.")],
    by: By = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Put the ladder of a case off for a while; its clocks continue."""
    length = parse_span(span)
    longest = load_rules(config).directory.discipline.snooze_at_most
    if length is None or length.total_seconds() > longest:
        raise BridgeError(f"{' '.join(span)}: write a time such as 2h or 90m, at most {longest // 3600}h")
    number = _ask(config, case, f"snooze {' '.join(span)}", by, _refuse_closed)
    until = utc_now() + length
    _report(number, f"no steps until {until:%Y-%m-%d %H:%M} UTC", as_json=as_json, until=iso(until), by=by)


def owner(
    case: CaseArgument,
    person: Annotated[str, typer.Argument(help="An e-mail address or name of the team that has it.")],
    by: By = "somebody",
    config: ConfigOption = Path("bridge.yaml"),
    *,
    as_json: AsJson = False,
) -> None:
    """Give the escalation of a case to a member of its team."""
    rules = load_rules(config)

    def check(view: CaseView) -> None:
        _refuse_not_escalated(view)
        escalation = open_one(view.escalations)
        team = rules.directory.teams.get(escalation.owner.team) if escalation is not None else None
        members = team.members if team is not None else ()
        if team is not None and any(place.members_from_group for place in team.places):
            return  # only the worker knows the members of groups; it answers in the ticket
        wanted = person.casefold()
        if not any(wanted in (each.email, each.name.casefold()) for each in members):
            known = ", ".join(each.email for each in members) or "nobody is configured"
            raise BridgeError(f"{person} is nobody in the team that has case {view.id}; its members: {known}")

    number = _ask(config, case, f"owner {person}", by, check)
    _report(number, f"the worker gives it to {person}", as_json=as_json, owner=person, by=by)


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


def _refuse_unknown_target(rules: Rules, to: str) -> None:
    directory = rules.directory
    known: Sequence[str] = [*directory.teams, *directory.levels, *rules.routes, "next"]
    found = directory.team_called(to) is not None or to.casefold() in map(str.casefold, known)
    if not found:
        near = get_close_matches(to, known, n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        raise BridgeError(f"there is no team, level or route {to}{guess} Known: {', '.join(known)}")
