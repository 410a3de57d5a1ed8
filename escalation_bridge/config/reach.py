"""Policies and routes that are unreachable."""

from collections.abc import Iterator, Mapping

from escalation_bridge.config.conditions import condition_of
from escalation_bridge.config.models import PolicySettings, StepAction
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.configfile import Document, Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.escalation.actions import BY_WORD as ACTIONS
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test

_FEWER_MATCH_MORE = (Operator.IS_NOT, Operator.CONTAINS_NOT)
"""With these operators, fewer values match more tickets; with all other list operators, more values do."""
_LISTS = (Operator.IS, Operator.CONTAINS, Operator.STARTS_WITH)


def check_shadowed(review: Review, policies: Mapping[Path, PolicySettings | None]) -> None:
    """Refuse a policy whose tickets all match an earlier one: the first policy that fits a ticket applies."""
    earlier: list[tuple[PolicySettings, Condition]] = []
    for at, policy in policies.items():
        if policy is None:
            continue
        condition = condition_of(policy.when)
        for wide, wide_condition in earlier:
            begins_later = wide.effective_from is not None and wide.effective_from != policy.effective_from
            if not begins_later and covers(wide_condition, condition):
                review.report(
                    (*at, "name"),
                    f"the policy {name(policy.name)} never applies: every ticket that fits it also fits {name(wide.name)} "
                    "above it, and the first policy that fits applies; move it up, or narrow the one above",
                )
                break
        earlier.append((policy, condition))


def hint_unused_routes(document: Document, review: Review, routes: Mapping[str, RouteSettings]) -> None:
    """Warn of a route that no step escalates along."""
    used: set[object] = set()
    for action in actions_in(document):
        read = Review(document).read(StepAction, action)
        if read is None:
            continue
        word, value = read.written
        used |= {named.name for named in ACTIONS[word].names(value) if named.kind == "route"}
    for team in document.below(("teams",)):
        used |= {document.value(route) for route in document.below((*team, "routes"))}
    for route in routes:
        if route not in used:
            review.report(
                ("routes", route),
                f"no ladder and no team escalates by {name(route)}; only tickets that a person links use it",
                of_key=True,
            )


def actions_in(document: Document) -> Iterator[Path]:
    """The paths of all ladders' actions."""
    for policy in document.below(("policies",)):
        for step in document.below((*policy, "ladder")):
            yield from document.below((*step, "do"))


def covers(wide: Condition, narrow: Condition) -> bool:
    """Whether every ticket that matches `narrow` also matches `wide`, as far as comparing the tests shows.

    False where the tests alone do not show it.
    """

    def follows(test: Test) -> bool:
        alternatives = bool(narrow.any) and all(implies(each, test) for each in narrow.any)
        return alternatives or any(implies(given, test) for given in narrow.all)

    return (
        all(map(follows, wide.all))
        and (not wide.any or any(map(follows, wide.any)) or _any_within(narrow.any, wide.any))
        and all(any(implies(test, given) for given in narrow.none) for test in wide.none)
    )


def _any_within(narrow: tuple[Test, ...], wide: tuple[Test, ...]) -> bool:
    return bool(narrow) and all(any(implies(given, test) for test in wide) for given in narrow)


def implies(given: Test, test: Test) -> bool:
    """Whether any ticket that passes `given` passes `test`, too."""
    if (given.field, given.operator) != (test.field, test.operator):
        return False
    has, wants = ({value.casefold() for value in each.values} for each in (given, test))
    if given.operator in _FEWER_MATCH_MORE:
        return wants <= has
    return has <= wants if given.operator in _LISTS else has == wants
