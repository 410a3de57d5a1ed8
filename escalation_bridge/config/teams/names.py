"""Names and commands in the settings of teams that would mean nothing, or two things."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from escalation_bridge.config.teams.settings import EscalationSettings, RotaSettings, TeamSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.domain.commands.verbs import VERBS
from escalation_bridge.domain.commands.verbs.escalate import BY_RULES, ESCALATE, NEXT
from escalation_bridge.domain.escalation.actions import escalate as action
from escalation_bridge.domain.escalation.escalating import NEXT_LEVEL

_LONGEST = 64
"""Characters of a level's name in the database."""
_RESERVED = {*NEXT, *BY_RULES, NEXT_LEVEL, action.BY_RULES}
Teams = Mapping[str, TeamSettings | None]


def check_names(review: Review, teams: Teams, levels: Sequence[str], connections: Collection[str]) -> None:
    """Refuse names of teams, levels, members and connections that nobody could use as they are meant."""
    for number, level in enumerate(levels):
        if level in levels[:number]:
            review.report(("levels", number), f"the level {level} is there already")
        if len(level) > _LONGEST:
            review.report(("levels", number), f"the name is too long; allowed: {_LONGEST} characters")
    called: dict[str, str] = {name.casefold(): name for name in teams}
    for name, team in teams.items():
        at = ("teams", name)
        if name in _RESERVED:
            review.report(at, f"`{name}` means another team in commands and ladders", of_key=True)
        if team is None:
            continue
        title = (team.title or name).casefold()
        if called.setdefault(title, name) != name:
            review.report((*at, "title"), f"the team {called[title]} is called so already")
        for number, member in enumerate(team.members):
            if member.email in {each.email for each in team.members[:number]}:
                review.report((*at, "members", number, "email"), f"{member.email} is a member already")
            for connection in member.accounts:
                if connection not in connections:
                    where = (*at, "members", number, "accounts", connection)
                    review.report_unknown(where, "connection", connections, of_key=True)
        if team.rota is not None:
            _check_rota(review, (*at, "rota"), team.rota)


def _check_rota(review: Review, at: Path, rota: RotaSettings) -> None:
    for number, shift in enumerate(rota.shifts):
        if shift.hours is not None and shift.hours[0] == shift.hours[1]:
            where = (*at, "shifts", number, "hours")
            review.report(where, "they end when they begin; leave them out for around the clock")


def check_commands(
    review: Review,
    escalation: EscalationSettings,
    teams: Teams,
    levels: Collection[str],
    routes: Collection[str],
    connections: Collection[str],
) -> None:
    """Refuse permissions and buttons that would never do what they are meant for."""
    at: Path = ("escalation",)
    verbs = tuple(sorted({verb.name for verb in VERBS.values()}))
    for word in escalation.may:
        if word not in verbs and word in VERBS:
            known = VERBS[word].name
            review.report((*at, "may", word), f"write `{known}`, which counts for all its words", of_key=True)
        elif word not in verbs:
            review.report_unknown((*at, "may", word), "command", verbs, of_key=True)
    for connection in escalation.reproduced_field:
        if connection not in connections:
            where = (*at, "reproduced_field", connection)
            review.report_unknown(where, "connection", connections, of_key=True)
    seen: set[str] = set()
    titles = [team.title for team in teams.values() if team is not None and team.title]
    targets = {word.casefold() for word in (*teams, *titles, *levels, *routes, *NEXT, *BY_RULES)}
    for number, trigger in enumerate(escalation.triggers):
        here = (*at, "triggers", number)
        if trigger.name in seen:
            review.report((*here, "name"), f"another trigger is called {trigger.name} already")
        seen.add(trigger.name)
        if not trigger.when:
            review.report((*here, "when"), "every ticket would press it: write a tag or a field")
        for problem in _problems(trigger.command, targets):
            review.report((*here, "command"), problem)


def _problems(command: str, targets: Collection[str]) -> Iterator[str]:
    words = command.casefold().split()
    if not words:
        yield "nothing is commanded; write for example `escalate next`"
        return
    verb = VERBS.get(words[0])
    if verb is None:
        known = ", ".join(sorted({each.name for each in VERBS.values()}))
        slash = "leave out /bridge; " if words[0] == "/bridge" else ""
        yield f"there is no command {words[0]}; {slash}there are {known}"
    elif verb is ESCALATE and not any(
        " ".join(words[1 : 1 + length]) in targets for length in range(1, len(words))
    ):
        yield f"it names no team, level or route; there are {', '.join(sorted(targets))}"
