"""Check the statuses of existing tickets: those that they cannot have, or cannot reach."""

from collections.abc import Iterable, Iterator, Mapping

from escalation_bridge.config.routes import ASK, KEEP, RouteSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import list_names, name, write_path
from escalation_bridge.domain.routes.routes import shows
from escalation_bridge.plugin.accounts import TicketKind


def check_kinds(
    routes: Mapping[str, RouteSettings],
    kinds: Mapping[str, tuple[TicketKind, ...]],
    problems: Review,
    warnings: Review,
) -> None:
    """Report the statuses that a route would give to its origin tickets and that they cannot reach.

    A status that no type of ticket reaches is a problem; one that only some reach, a warning: the route may not concern the others.
    Call it after `check_words`, whose findings it does not repeat.
    """
    reported = {finding.path for finding in problems.findings}
    for route_name, route in routes.items():
        there = kinds.get(route.origin, ())
        wishes = [
            each for each in _wishes(("routes", route_name), route) if write_path(each[0]) not in reported
        ]
        if not there or not wishes:
            continue
        for at, wish in wishes:
            _check(at, wish, route.origin, there, problems, warnings)
        for kind in there:
            if kind.unjudged:
                warnings.report(
                    ("routes", route_name, "status"),
                    f"whether {kind.name} of {route.origin} can be led to {list_names(sorted({wish for _, wish in wishes}))} "
                    f"could not be judged: {kind.unjudged}",
                    of_key=True,
                )


def _wishes(at: Path, route: RouteSettings) -> Iterator[tuple[Path, str]]:
    """The statuses that the route gives to its origin tickets."""
    further = (
        ((*at, "handed_on_status"), route.handed_on_status),
        ((*at, "status", "reopen", "origin_status"), route.status.reopen.origin_status),
    )
    mapped = (((*at, "status", "to_origin", key), wish) for key, wish in route.status.to_origin.items())
    for where, wish in (*further, *mapped):
        if wish is not None and wish not in (KEEP, ASK):
            yield where, wish


def _check(
    at: Path,
    wish: str,
    connection: str,
    kinds: tuple[TicketKind, ...],
    problems: Review,
    warnings: Review,
) -> None:
    without = [kind.name for kind in kinds if not _fitting(kind, wish)]
    judged = [kind for kind in kinds if kind.ways is not None and _fitting(kind, wish)]
    closed = [kind.name for kind in judged if not _sources(kind, wish)]
    hopeless = len(without) + len(closed) == len(kinds)
    if without:
        (problems if hopeless else warnings).report(
            at, f"{list_names(without)} of {connection} have no status {name(wish)}"
        )
    if closed:
        (problems if hopeless else warnings).report(
            at, f"no transition leads {list_names(closed)} of {connection} to {name(wish)}, from no status"
        )
    for lost, names in _lost(judged, wish).items():
        warnings.report(
            at,
            f"no transition leads {list_names(names)} of {connection} from {list_names(lost)} to {name(wish)}; a ticket that "
            "is there would hold the link",
        )


def _lost(kinds: Iterable[TicketKind], wish: str) -> dict[tuple[str, ...], list[str]]:
    """Unfinished statuses that do not lead to the wanted one although others do, and the types of ticket."""
    found: dict[tuple[str, ...], list[str]] = {}
    for kind in kinds:
        sources = _sources(kind, wish)
        lost = tuple(
            one.name
            for one in kind.statuses
            if not one.kind.done and one.id not in sources and not shows(one, wish)
        )
        if sources and lost:
            found.setdefault(lost, []).append(kind.name)
    return found


def _fitting(kind: TicketKind, wish: str) -> list[str]:
    return [status.id for status in kind.statuses if shows(status, wish)]


def _sources(kind: TicketKind, wish: str) -> set[str]:
    """Ids of the other statuses that lead to a meant one."""
    fitting = set(_fitting(kind, wish))
    return {start for target in fitting for start in (kind.ways or {}).get(target, ())} - fitting
