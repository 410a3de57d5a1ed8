"""The fields of a route that are kept in step, held against the accounts: ids, choices and priorities that do not exist."""

from collections.abc import Iterable

from escalation_bridge.accounts import AccountDescription, FieldDescription
from escalation_bridge.config.fields import CustomFieldSync
from escalation_bridge.config.routes import KEEP, RouteSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import list_names, name, suggest
from escalation_bridge.domain.field_values import Convert


def check_fields(
    route_at: Path,
    route: RouteSettings,
    origin: AccountDescription | None,
    linked: AccountDescription | None,
    review: Review,
) -> None:
    """Check what a route says about fields; of an account that did not answer, or lists no fields, nothing is said."""
    at, severity = (*route_at, "fields"), route.fields.severity
    for position, custom in enumerate(route.fields.custom):
        here = (*at, "custom", position)
        _check_custom(here, route, custom, origin, linked, review)
    if severity is not None and severity.field is not None and linked is not None:
        found = _field((*at, "severity", "field"), severity.field, route.linked, linked, review)
        for word, choice in severity.values.items():
            _choice((*at, "severity", "values", word.value), choice, route.linked, found, review)


def _check_custom(
    at: Path,
    route: RouteSettings,
    custom: CustomFieldSync,
    origin: AccountDescription | None,
    linked: AccountDescription | None,
    review: Review,
) -> None:
    here = _field((*at, "origin"), custom.origin, route.origin, origin, review) if origin else None
    there = _field((*at, "linked"), custom.linked, route.linked, linked, review) if linked else None
    has_choices = custom.convert in (Convert.CHOICE, Convert.CHOICES)
    for word, choice in custom.values.items():
        if has_choices:
            _choice((*at, "values", word), word, route.origin, here, review, of_key=True)
        if choice != KEEP:
            _choice((*at, "values", word), choice, route.linked, there, review)


def _field(
    at: Path, field_id: str, connection: str, account: AccountDescription, review: Review
) -> FieldDescription | None:
    """The field, or None if there is none of the id, which is told."""
    found = next((field for field in account.fields if field.id == field_id), None)
    if found is None and account.fields:
        ids = [field.id for field in account.fields]
        named = [field.id for field in account.fields if field.name.casefold() == field_id.casefold()]
        near = f"; it is named by its id, {list_names(named)};" if named else suggest(field_id, ids) or ";"
        review.report(at, f"{connection} has no field {name(field_id)}{near} known: {list_names(ids)}")
    return found


def _choice(
    at: Path,
    word: str,
    connection: str,
    field: FieldDescription | None,
    review: Review,
    *,
    of_key: bool = False,
) -> None:
    allowed: Iterable[str] = field.allowed_values if field else ()
    if field is None or not field.allowed_values or word.casefold() in {each.casefold() for each in allowed}:
        return
    review.report_unknown(
        at, f"choice of {field.name} of {connection}", tuple(field.allowed_values), of_key=of_key
    )
