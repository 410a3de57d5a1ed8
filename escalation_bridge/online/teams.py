"""Check the groups, people, fields and statuses that teams name against the accounts, and read members of groups."""

from collections.abc import Iterator, Mapping, Sequence

from escalation_bridge.config.teams.settings import PlaceSettings, TeamSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.routes import shows
from escalation_bridge.domain.teams.facts import GroupMember
from escalation_bridge.errors import PermissionDenied, Rejected, TicketNotFound, UnknownPerson
from escalation_bridge.online.team_sources import SourceUnreadable, read_members
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import AccountDescription

_MOST = 200
"""The maximum number of people to look up at an account: each takes a request."""
Teams = Mapping[str, TeamSettings]


def check_places(
    helpdesk: Helpdesk, account: AccountDescription | None, teams: Teams, problems: Review, warnings: Review
) -> None:
    """Check the places of teams at one account, and look up their members there."""
    places = [
        (("teams", team_name, "places", number), team, place)
        for team_name, team in teams.items()
        for number, place in enumerate(team.places)
        if place.connection == helpdesk.name
    ]
    if account is not None:
        for at, _, place in places:
            _check_place(at, place, account, problems)
    _check_members(helpdesk, places, problems, warnings)


def read_groups(
    helpdesk: Helpdesk, account: AccountDescription | None, teams: Teams, warnings: Review
) -> dict[str, tuple[GroupMember, ...]]:
    """Read the members of the groups from which teams take theirs; by team. What cannot be read is a warning."""
    found: dict[str, tuple[GroupMember, ...]] = {}
    for team_name, team in teams.items():
        for number, place in enumerate(team.places):
            if place.connection != helpdesk.name or not place.members_from_group or place.group is None:
                continue
            if account is not None and place.group.casefold() not in _groups_of(account):
                continue  # that is a problem of its own
            try:
                found[team_name] = read_members(helpdesk, place.group)
            except SourceUnreadable as error:
                warnings.report(
                    ("teams", team_name, "places", number, "members_from_group"),
                    f"the members of the group {place.group} at {helpdesk.name} cannot be read: {error}. Only those under "
                    "`members` count. Some helpdesks show groups to administrators only",
                )
    return found


def check_lead_roles(helpdesk: Helpdesk, roles: Sequence[str], problems: Review, warnings: Review) -> None:
    """Check the roles that make somebody a lead, and warn of those that nobody has or that cannot be read."""
    for number, role in enumerate(roles):
        at = ("escalation", "lead_roles", helpdesk.name, number)
        called = f"role {name(role)} of {helpdesk.name}"
        try:
            if not helpdesk.fetch_role_members(role):
                warnings.report(at, f"nobody has the {called}")
        except Rejected as error:
            problems.report(at, f"{called}: {error.message}")
        except (PermissionDenied, TicketNotFound) as error:
            warnings.report(
                at,
                f"who has the {called} cannot be read: {error.message}. Only members with `lead: true` are leads. Some helpdesks "
                "show roles to administrators only",
            )


def _groups_of(account: AccountDescription) -> set[str]:
    """The words for groups: names and ids, in lower case."""
    return {word.casefold() for group in account.groups for word in (group.name, group.id)}


def _check_place(at: Path, place: PlaceSettings, account: AccountDescription, problems: Review) -> None:
    connection = place.connection
    if place.group is not None:
        names = [group.name for group in account.groups]
        if not account.groups:
            problems.report(
                (*at, "group"),
                f"{connection} has no groups of agents; name a team there by fields or tags",
            )
        elif place.group.casefold() not in _groups_of(account):
            problems.report_unknown((*at, "group"), f"group of {connection}", names)
    if place.status is not None and not any(shows(status, place.status) for status in account.statuses):
        names = [status.name for status in account.statuses]
        problems.report_unknown((*at, "status"), f"status of {connection}", names)
    known = sorted({word for field in account.fields for word in (field.id, field.name)})
    for field in place.fields if known else ():
        if field.casefold() not in map(str.casefold, known):
            problems.report_unknown((*at, "fields", field), f"field of {connection}", known, of_key=True)
        _check_is_id((*at, "fields", field), connection, field, account, problems, of_key=True)


def check_field_ids(
    connection: str,
    account: AccountDescription,
    teams: Teams,
    reproduced_field: str | None,
    problems: Review,
) -> None:
    """Refuse display names where only a field's id is looked for in a ticket."""
    for team_name, team in teams.items():
        at = ("teams", team_name, "required_fields", connection)
        for field in team.required_fields.get(connection, {}):
            _check_is_id((*at, field), connection, field, account, problems, of_key=True)
    if reproduced_field is not None:
        place = ("escalation", "reproduced_field", connection)
        _check_is_id(place, connection, reproduced_field, account, problems)


def _check_is_id(
    at: Path,
    connection: str,
    field: str,
    account: AccountDescription,
    problems: Review,
    *,
    of_key: bool = False,
) -> None:
    """Tickets show their fields by id: under a display name a value would never be found."""
    if any(each.id == field for each in account.fields):
        return
    asked = field.casefold()
    ids = [each.id for each in account.fields if asked in (each.name.casefold(), each.id.casefold())]
    if ids:
        problems.report(
            at,
            f"{name(field)} is how {connection} shows a field to people; its value would never be found in a ticket: write its id, "
            f"{' or '.join(ids)}",
            of_key=of_key,
        )


def _check_members(
    helpdesk: Helpdesk,
    places: Sequence[tuple[Path, TeamSettings, PlaceSettings]],
    problems: Review,
    warnings: Review,
) -> None:
    if not helpdesk.can("find_assignee"):
        return
    people = list(_people(helpdesk.name, places))
    for at, word in people[:_MOST]:
        called = f"{name(word)} at {helpdesk.name}"
        try:
            helpdesk.find_assignee(word, {})
        except UnknownPerson:
            problems.report(
                at,
                f"there is nobody {called} to whom tickets can be assigned. Write the address of somebody who is there, or "
                f"`accounts: {{{helpdesk.name}: ...}}` with the name or id",
            )
        except (PermissionDenied, Rejected, TicketNotFound) as error:
            warnings.report(
                at,
                f"{called} could not be looked up: {error.message}. Write `accounts: {{{helpdesk.name}: ...}}` with the "
                "name or id there",
            )
    if len(people) > _MOST:
        warnings.report(
            people[_MOST][0],
            f"from here on nobody of {helpdesk.name} was looked up: more than {_MOST} are named",
        )


def _people(
    connection: str, places: Sequence[tuple[Path, TeamSettings, PlaceSettings]]
) -> Iterator[tuple[Path, str]]:
    """The members of teams that have a place there, each once, by what names them there."""
    seen: set[str] = set()
    for place, team, _ in places:
        for number, member in enumerate(team.members):
            word = member.accounts.get(connection, member.email)
            if word not in seen:
                seen.add(word)
                yield (*place[:2], "members", number, "email"), word
