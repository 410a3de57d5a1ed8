"""Look up the people in the fields of routes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from escalation_bridge.config.fields import KINDS
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.errors import PermissionDenied, Rejected, TicketNotFound, UnknownPerson
from escalation_bridge.plugged.helpdesk import Helpdesk

_MOST = 200
"""The maximum number of people to look up at an account: each takes a request."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A person in the configuration.

    Attributes:
        at: The place in the configuration.
        place: The fields that a route gives to tickets there; they may limit who can be assigned.
        assigned: Whether the bridge would assign tickets to this person, and not only compare.
    """

    at: Path
    word: str
    place: Mapping[str, object]
    assigned: bool


def check_people(
    helpdesk: Helpdesk, routes: Mapping[str, RouteSettings], problems: Review, warnings: Review
) -> None:
    """Look up all people named at one account. Report unknown ones, and those who could not be looked up."""
    if not helpdesk.can("find_assignee"):
        return
    people = [
        each for route_name, route in routes.items() for each in _named(helpdesk.name, route_name, route)
    ]
    for each in people[:_MOST]:
        _look_up(helpdesk, each, problems, warnings)
    if len(people) > _MOST:
        warnings.report(
            people[_MOST].at,
            f"from here on nobody of {helpdesk.name} was looked up: more than {_MOST} are named",
        )


def _look_up(helpdesk: Helpdesk, named: _Named, problems: Review, warnings: Review) -> None:
    called = f"{name(named.word)} at {helpdesk.name}"
    try:
        helpdesk.find_assignee(named.word, named.place)
    except UnknownPerson:
        if named.assigned:
            problems.report(
                named.at,
                f"there is nobody {called} to whom tickets can be assigned. Write the e-mail address or the id of somebody who "
                "is there and may be assigned",
                of_key=named.word == named.at[-1],
            )
        else:
            warnings.report(
                named.at,
                f"there is nobody {called} to whom tickets can be assigned, so nobody's tickets are meant by this line",
                of_key=named.word == named.at[-1],
            )
    except (PermissionDenied, Rejected, TicketNotFound) as error:
        warnings.report(
            named.at, f"{called} could not be looked up: {error.message}", of_key=named.word == named.at[-1]
        )


def _named(connection: str, route_name: str, route: RouteSettings) -> Iterator[_Named]:
    ends: Mapping[Side, tuple[str, Mapping[str, object]]] = {
        Side.ORIGIN: (route.origin, {}),
        Side.LINKED: (route.linked, route.create),
    }
    for kind in KINDS.values():
        for person in kind.people(route.fields.of(kind)):
            end, place = ends[person.side]
            if end == connection:
                at = ("routes", route_name, "fields", kind.word, *person.at)
                yield _Named(at, person.word, place, person.assigned)
