"""What each account makes of the tickets that a route creates there: fields that it would refuse, statuses that none reaches."""

from collections.abc import Iterator, Mapping

from escalation_bridge.accounts import DraftDescription
from escalation_bridge.config_models import KEEP, RouteSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import list_names, name, write_path
from escalation_bridge.domain.routes import shows
from escalation_bridge.helpdesk import Helpdesk


def describe_drafts(
    helpdesk: Helpdesk, routes: Mapping[str, RouteSettings]
) -> Iterator[tuple[str, DraftDescription]]:
    """What the account makes of each route that creates tickets there, by the route's name."""
    if helpdesk.can("describe_draft"):
        for route_name, route in routes.items():
            if route.linked == helpdesk.name:
                yield route_name, helpdesk.describe_draft(route.create)


def check_drafts(
    routes: Mapping[str, RouteSettings], drafts: Mapping[str, DraftDescription], problems: Review
) -> None:
    """Report what an account would refuse, and every status of a map that a created ticket never has, or cannot be led to.

    Come after `check_words`: what was told of a word already is not told twice.
    """
    told = {finding.path for finding in problems.findings}
    for route_name, draft in drafts.items():
        route, at = routes[route_name], ("routes", route_name)
        if not any(path.startswith(write_path((*at, "create"))) for path in told):
            for problem in draft.problems:
                problems.report((*at, "create"), problem, of_key=True)
        if draft.statuses:
            for key, wish in route.status.to_linked.items():
                here = (*at, "status", "to_linked", key)
                if wish != KEEP and write_path(here) not in told:
                    _status(problems, here, wish, draft)


def _status(review: Review, at: Path, wish: str, draft: DraftDescription) -> None:
    fitting = [status for status in draft.statuses if shows(status, wish)]
    if not fitting:
        names = list_names([status.name for status in draft.statuses])
        review.report(
            at, f"the tickets that this route creates have no status {name(wish)}; they have {names}"
        )
    elif all(status.id in draft.unreachable for status in fitting):
        review.report(at, f"no transition leads the tickets that this route creates to {name(wish)}")
