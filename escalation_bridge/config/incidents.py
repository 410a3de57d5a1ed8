"""The section `incidents`: when similar tickets are one incident, and along which routes it is escalated."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.config.values import Duration, Name
from escalation_bridge.configfile import Document, Review
from escalation_bridge.domain.case.incidents import IncidentRules
from escalation_bridge.domain.incidents import incident
from escalation_bridge.plugin.settings import Settings

_DEFAULTS = incident.Settings()


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


class IncidentSettings(Settings):
    """Many similar tickets in a short time are one incident. Without this section waves are not looked for."""

    routes: Annotated[
        tuple[Name, ...], BeforeValidator(_one_or_many, json_schema_input_type=str | list[str])
    ] = Field(default=(), alias="route")
    """Along which route an incident is escalated; a list for several connections, all to the same other one. If omitted, nothing is linked."""
    min_tickets: int = Field(default=_DEFAULTS.min_tickets, ge=2, le=1000)
    """Fewer tickets are never an incident."""
    window: Duration = Field(default="6h", validate_default=True)
    """Tickets that are further apart do not raise an incident together."""
    quiet: Duration = Field(default="6h", validate_default=True)
    """An incident that got no ticket for this long gets no more."""
    emergency_customers: int | None = Field(default=20, ge=2)
    """An incident of so many customers makes its tickets emergencies. `null`: no number does."""


def incident_rules(settings: IncidentSettings | None) -> IncidentRules | None:
    """The rules for decisions; None: waves are not looked for."""
    if settings is None:
        return None
    return IncidentRules(
        routes=settings.routes,
        emergency_customers=settings.emergency_customers,
        settings=incident.Settings(
            min_tickets=settings.min_tickets,
            window=timedelta(seconds=settings.window),
            quiet=timedelta(seconds=settings.quiet),
        ),
    )


def check_incidents(document: Document, review: Review, routes: Mapping[str, RouteSettings | None]) -> None:
    """Check that the routes exist, begin at different connections and end at the same one."""
    written: Any = document.value(("incidents", "route"))
    names = (
        [written] if isinstance(written, str) else list(written) if isinstance(written, list | tuple) else []
    )
    begins: dict[str, str] = {}
    ends: dict[str, str] = {}
    for index, name in enumerate(names):
        place = ("incidents", "route") if isinstance(written, str) else ("incidents", "route", index)
        if name not in routes:
            review.report_unknown(place, "route", tuple(routes), section="routes")
            continue
        route = routes[name]
        if route is None:
            continue
        if route.origin in begins:
            review.report(
                place, f"{begins[route.origin]} begins at {route.origin}, too; allowed: one for each"
            )
        if ends and route.linked not in ends:
            other = next(iter(ends.values()))
            review.report(place, f"{other} leads elsewhere; all routes of incidents lead to one connection")
        begins.setdefault(route.origin, name)
        ends.setdefault(route.linked, name)
