"""Who may use a command: members of the team that has the ticket and leads, unless the configuration says otherwise."""

from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.teams.permissions import Circle
from escalation_bridge.domain.teams.team import Member


def author_of(asked: Asked) -> Member | None:
    """The member of a team who wrote a command."""
    directory, command = asked.rules.directory, asked.command
    if command.member:
        return directory.member_called(command.member)
    return directory.member(command.author, command.ticket.connection) if command.author is not None else None


def is_lead(asked: Asked) -> bool:
    """Whether a lead wrote a command. Who uses the command line or a button may do what leads may.

    A role counts only in the helpdesk that gives it, for a command that was written there.
    """
    command = asked.command
    if command.author is None:
        return True
    member = author_of(asked)
    if member is not None and member.is_lead:
        return True
    written_there = not command.member
    return written_there and asked.rules.directory.is_role_lead(command.author, command.ticket.connection)


def refusal(asked: Asked, verb: Verb) -> Part | None:
    """The answer to somebody who may not use a command; None: they may.

    Who is in a team without configured members is not known, so that everybody who may write internal notes counts.

    A team behind a linked ticket has the case as well: its members may act in their own ticket, and those who have the customer's
    ticket meanwhile may act there.
    """
    directory, command = asked.rules.directory, asked.command
    if not directory.teams or command.author is None:
        return None
    connection = command.ticket.connection
    teams = {team.name for team in directory.teams_of(command.author, connection)}
    present, of_ticket = asked.situation.present_team, _team_of_ticket(asked)
    allowed = {*_teams_of_links(asked), *(name for name in (present, of_ticket) if name is not None)}
    circle = directory.permissions.circle_of(verb.name)
    if circle is Circle.TEAM and any(
        not directory.teams[name].members for name in allowed & directory.teams.keys()
    ):
        return None
    lead = is_lead(asked)
    if any(
        directory.permissions.allow(verb.name, is_lead=lead, teams=teams, present=each)
        for each in (allowed or (None,))
    ):
        return None
    left = leave_to_another(asked.view, command)
    if left is not None:
        return left
    present = of_ticket or present
    return answer(
        command,
        "command_not_allowed",
        verb=command.verb,
        circle=str(circle),
        team=directory.title_of(present) if present and circle is Circle.TEAM else "",
        known="yes" if teams else "",
    )


def _team_of_ticket(asked: Asked) -> str | None:
    """The team at whose place the customer's ticket stays while a team without a place there has the escalation."""
    directory, origin = asked.rules.directory, asked.origin
    if asked.command.ticket != origin.ref:
        return None
    owner = directory.teams.get(asked.situation.present_team or "")
    holding = directory.team_holding(origin)
    stays = owner is None or owner.place_at(origin.ref.connection) is None
    return holding.name if stays and holding is not None else None


def _teams_of_links(asked: Asked) -> set[str]:
    """The teams behind the linked ticket in which a command was written."""
    routes = {link.route for link in asked.view.links if link.linked == asked.command.ticket}
    found = (asked.rules.directory.team_of_route(route) for route in routes)
    return {team.name for team in found if team is not None}
