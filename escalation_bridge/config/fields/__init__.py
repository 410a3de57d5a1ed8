"""The kinds of field that routes keep in sync: each file of this folder is one of them."""

from typing import TYPE_CHECKING, Any

from pydantic import create_model

from escalation_bridge.config.field_kind import FieldKind, FieldsSettings
from escalation_bridge.configfile import Path, Review
from escalation_bridge.domain.case.one_file_each import found_in
from escalation_bridge.domain.routes.fields.rule import FieldFamily, FieldRule, FieldRules

if TYPE_CHECKING:
    from escalation_bridge.config.routes import RouteSettings

_FOUND: list[FieldKind[Any]] = sorted(
    {kind.word: kind for kind in found_in(__name__, __path__, FieldKind)}.values(),
    key=lambda kind: (kind.place, kind.word),
)
KINDS: dict[str, FieldKind[Any]] = {kind.word: kind for kind in _FOUND}
"""By their key in a route's `fields`."""

if TYPE_CHECKING:
    FieldsSync = FieldsSettings
else:
    FieldsSync = create_model(
        "FieldsSync",
        __base__=FieldsSettings,
        __doc__=FieldsSettings.__doc__,
        **{word: (kind.settings, kind.missing) for word, kind in KINDS.items()},
    )


def field_rules(fields: FieldsSettings) -> FieldRules | None:
    """Make the rules of a route from valid settings; None: no field is kept in sync."""
    made = [rule for kind in KINDS.values() for rule in kind.rules(fields.of(kind), fields)]
    families = tuple(rule for rule in made if isinstance(rule, FieldFamily))
    rules = FieldRules(tuple(rule for rule in made if isinstance(rule, FieldRule)), families)
    return rules or None


def check_fields(review: Review, route_at: Path, route: "RouteSettings") -> None:
    """Check the fields of one route."""
    for word, kind in KINDS.items():
        kind.check(review, (*route_at, "fields", word), route.fields.of(kind), route)
