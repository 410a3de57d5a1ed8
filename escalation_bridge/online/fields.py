"""Check a route's synced fields against the accounts: fields, choices and priorities that do not exist."""

from collections.abc import Iterable, Mapping

from escalation_bridge.config.fields.custom import CUSTOM, CustomFieldSync
from escalation_bridge.config.fields.severity import SEVERITY, SeveritySync
from escalation_bridge.config.routes import KEEP, RouteSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import list_names, name, suggest
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.tickets import Severity
from escalation_bridge.online.fitting import End, check_fit, check_written, ends_of, without
from escalation_bridge.plugin.accounts import AccountDescription, FieldDescription


def check_fields(
    route_at: Path,
    route: RouteSettings,
    accounts: Mapping[Side, AccountDescription | None],
    problems: Review,
    warnings: Review,
) -> None:
    """Check the fields of a route. An account that did not answer, or that lists no fields, is skipped."""
    at, severity = (*route_at, "fields"), route.fields.of(SEVERITY)
    connections = {Side.ORIGIN: route.origin, Side.LINKED: route.linked}
    customs = route.fields.of(CUSTOM)
    for position, custom in enumerate(customs):
        here = (*at, "custom", position)
        fields = {
            side: _field((*here, str(side)), getattr(custom, str(side)), connections[side], account, problems)
            for side, account in accounts.items()
        }
        _check_values(here, custom, route, fields, problems)
        check_fit(here, custom, ends_of(here, custom, connections, fields), problems, warnings)
    linked = accounts.get(Side.LINKED)
    if severity is not None and severity.field is not None and linked is not None:
        _check_severity((*at, "severity"), severity, route.linked, linked, problems, warnings)


def _check_severity(
    at: Path,
    severity: SeveritySync,
    connection: str,
    account: AccountDescription,
    problems: Review,
    warnings: Review,
) -> None:
    found = _field((*at, "field"), severity.field or "", connection, account, problems)
    if found is None:
        return
    check_written(End(connection, found, (*at, "field"), Convert.CHOICE), problems, warnings)
    for word, choice in severity.values.items():
        _choice((*at, "values", word.value), choice, connection, found, problems)
    unnamed = [word.value for word in Severity if word not in severity.values]
    missing = without(unnamed, found.allowed_values) if found.allowed_values else []
    if missing:
        problems.report(
            (*at, "field"),
            f"{found.name} of {connection} has no choice {list_names(missing)}; say under `values` what it shows then",
        )


def _check_values(
    at: Path,
    custom: CustomFieldSync,
    route: RouteSettings,
    fields: Mapping[Side, FieldDescription | None],
    review: Review,
) -> None:
    has_choices = custom.convert in (Convert.CHOICE, Convert.CHOICES)
    for word, choice in custom.values.items():
        if has_choices:
            _choice((*at, "values", word), word, route.origin, fields[Side.ORIGIN], review, of_key=True)
        if choice != KEEP:
            _choice((*at, "values", word), choice, route.linked, fields[Side.LINKED], review)


def _field(
    at: Path, field_id: str, connection: str, account: AccountDescription | None, review: Review
) -> FieldDescription | None:
    """The field with an id; None, and a finding, if there is none."""
    if account is None:
        return None
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
