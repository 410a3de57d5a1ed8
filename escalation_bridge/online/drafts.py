"""Check the tickets that a route creates: fields that the account would refuse, and statuses that they cannot reach."""

from collections.abc import Iterator, Mapping

from escalation_bridge.config.routes import ASK, KEEP, RouteSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import list_names, name, write_path
from escalation_bridge.domain.routes.routes import StatusMap, shows
from escalation_bridge.domain.routes.sides import Unmapped
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.accounts import DraftDescription


def describe_drafts(
    helpdesk: Helpdesk, routes: Mapping[str, RouteSettings]
) -> Iterator[tuple[str, DraftDescription]]:
    """The account's answer about each route that creates tickets there, by the route's name."""
    if helpdesk.can("describe_draft"):
        for route_name, route in routes.items():
            if route.linked == helpdesk.name:
                yield route_name, helpdesk.describe_draft(route.create)


def check_drafts(
    routes: Mapping[str, RouteSettings],
    drafts: Mapping[str, DraftDescription],
    problems: Review,
    warnings: Review,
) -> None:
    """Report fields that an account would refuse, and statuses of a map that a created ticket cannot have or reach.

    Call it after `check_words`, whose findings it does not repeat.
    """
    reported = {finding.path for finding in problems.findings}
    for route_name, draft in drafts.items():
        route, at = routes[route_name], ("routes", route_name)
        if not any(path.startswith(write_path((*at, "create"))) for path in reported):
            for problem in draft.problems:
                problems.report((*at, "create"), problem, of_key=True)
        for warning in draft.warnings:
            warnings.report((*at, "create"), warning, of_key=True)
        if draft.statuses:
            wishes = [each for each in _wishes(at, route) if each[1] not in (KEEP, ASK)]
            for here, wish in wishes:
                if write_path(here) not in reported:
                    _status(problems, here, wish, draft)
            if draft.unjudged and wishes:
                asked = list_names(sorted({wish for _, wish in wishes}))
                warnings.report(
                    (*at, "status"),
                    f"whether the tickets that this route creates can be led to {asked} could not be judged: {draft.unjudged}",
                    of_key=True,
                )
            back = (*at, "status", "to_origin")
            if not any(path.startswith(write_path(back)) for path in reported):
                _unmapped(problems, back, route.status.to_origin, draft)


def _wishes(at: Path, route: RouteSettings) -> Iterator[tuple[Path, str]]:
    """The statuses that the route gives to the tickets that it creates."""
    for key, wish in route.status.to_linked.items():
        yield (*at, "status", "to_linked", key), wish
    if route.status.reopen.linked_status is not None:
        yield (*at, "status", "reopen", "linked_status"), route.status.reopen.linked_status


def _unmapped(review: Review, at: Path, words: Mapping[str, str], draft: DraftDescription) -> None:
    """Statuses that these tickets will have and that the map lacks: each would put the link on hold."""
    known = StatusMap(dict(words))
    left_out = [
        status.name
        for status in draft.statuses
        if status.id not in draft.unreachable and known.wish(status) is Unmapped.UNMAPPED
    ]
    if left_out:
        review.report(
            at,
            f"the tickets that this route creates can have statuses that map to nothing: {list_names(left_out)}. "
            "Each would hold the link; list them, with `keep` where they change nothing",
            of_key=True,
        )


def _status(review: Review, at: Path, wish: str, draft: DraftDescription) -> None:
    fitting = [status for status in draft.statuses if shows(status, wish)]
    if not fitting:
        names = list_names([status.name for status in draft.statuses])
        review.report(
            at, f"the tickets that this route creates have no status {name(wish)}; they have {names}"
        )
    elif all(status.id in draft.unreachable for status in fitting):
        review.report(at, f"no transition leads the tickets that this route creates to {name(wish)}")
