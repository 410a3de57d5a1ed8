"""What a clause of a query means: from its field, operator and values to a test for issues."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from escalation_bridge_sandbox.jira.fields.catalogue import FIELDS
from escalation_bridge_sandbox.jira.fields.choices import SelectField
from escalation_bridge_sandbox.jira.fields.kind import Field
from escalation_bridge_sandbox.jira.fields.texts import LineField, NumberField, RichTextField
from escalation_bridge_sandbox.jira.jql.context import Context
from escalation_bridge_sandbox.jira.jql.dates import instant_of, instant_of_function, invalid_date
from escalation_bridge_sandbox.jira.jql.names import ids_of, reads_ids
from escalation_bridge_sandbox.jira.jql.parser import Call, Clause, Empty, Single, Value
from escalation_bridge_sandbox.jira.jql.tokens import JqlError
from escalation_bridge_sandbox.jira.jql.words import text_matches
from escalation_bridge_sandbox.jira.model.issue import Issue
from escalation_bridge_sandbox.jira.richtext.text import RichText

Test = Callable[[Issue], bool]

EQUALITY = ("=", "!=", "in", "not in", "is", "is not")
ORDERED = (*EQUALITY, "<", "<=", ">", ">=")
TEXTUAL = ("~", "!~", "is", "is not")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
DATE_FIELDS = frozenset({"created", "updated", "resolutiondate", "duedate"})
# Searched together by `text ~`.
TEXT_FIELDS = ("summary", "description", "environment")


def test_of(clause: Clause, context: Context) -> Test:
    """The test that a clause stands for.

    Raises:
        JqlError: The field, the operator or a value is not known.
    """
    name = clause.field.lower()
    if name in ("text", "comment"):
        return _text_test(clause, lambda issue: _texts(issue, everywhere=name == "text"))
    if name in ("key", "issuekey", "issue", "id"):
        return _ids_test(clause, "key", context, lambda issue: (issue.id,), ORDERED)
    if name == "statuscategory":
        statuses = context.site.statuses
        return _ids_test(
            clause,
            "statusCategory",
            context,
            lambda issue: (statuses[issue.status_id].category.key,),
            EQUALITY,
        )
    field = field_named(clause.field)
    if field is None:
        raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
    if field.id in DATE_FIELDS:
        return _date_test(clause, field, context)
    if isinstance(field.kind, NumberField):
        return _number_test(clause, field)
    if isinstance(field.kind, LineField | RichTextField):
        return _text_test(clause, lambda issue: [_plain(issue.values[field.id])])
    if field.id == "labels":
        return _label_test(clause)
    if isinstance(field.kind, SelectField) or reads_ids(field.id):
        operators = ORDERED if field.id == "priority" else EQUALITY
        return _ids_test(clause, field.id, context, lambda issue: _ids(issue, field.id), operators)
    raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")


def field_named(name: str) -> Field | None:
    """The field that a clause name means, in any case."""
    wanted = name.lower()
    for field in FIELDS.values():
        if wanted in (each.lower() for each in field.clauses):
            return field
    return None


def _ids(issue: Issue, field_id: str) -> Collection[str]:
    match field_id:
        case "project":
            return (issue.project_key,)
        case "status":
            return (issue.status_id,)
        case "issuetype":
            return (issue.type_id,)
        case "creator":
            return (issue.creator,)
        case "components":
            return tuple(issue.values[field_id])
        case _:
            kept = issue.values[field_id]
            return () if kept is None else (kept,)


def _plain(kept: Any) -> str | None:
    return kept.plain if isinstance(kept, RichText) else kept


def _texts(issue: Issue, *, everywhere: bool) -> list[str | None]:
    comments: list[str | None] = [comment.body.plain for comment in issue.comments]
    if not everywhere:
        return comments
    return comments + [_plain(issue.values[field_id]) for field_id in TEXT_FIELDS]


def _check_operator(clause: Clause, operators: Iterable[str]) -> None:
    if clause.operator not in operators:
        raise JqlError(
            f"The operator '{clause.operator.upper()}' is not supported by the '{clause.field}' field."
        )


def _operands(clause: Clause) -> tuple[Single, ...]:
    return clause.operand if isinstance(clause.operand, tuple) else (clause.operand,)


def _split(clause: Clause) -> tuple[list[Value | Call], bool]:
    """The values of a clause, and whether EMPTY is among them."""
    operands = _operands(clause)
    if clause.operator in ("is", "is not") and not all(isinstance(each, Empty) for each in operands):
        raise JqlError(
            f"The operator '{clause.operator.upper()}' only supports the values EMPTY and NULL, in field "
            f"'{clause.field}'."
        )
    values = [each for each in operands if not isinstance(each, Empty)]
    return values, len(values) < len(operands)


def _one_of(
    clause: Clause, wanted: Collection[str], with_empty: bool, get: Callable[[Issue], Collection[str]]
) -> Test:
    """Set membership as JQL has it: an issue without a value matches no `!=` and no `not in`."""
    if clause.operator in ("=", "in", "is"):
        return lambda issue: bool(set(get(issue)) & set(wanted)) or (with_empty and not get(issue))
    return lambda issue: bool(get(issue)) and not set(get(issue)) & set(wanted)


def _ids_test(
    clause: Clause,
    field_id: str,
    context: Context,
    get: Callable[[Issue], Collection[str]],
    operators: Iterable[str],
) -> Test:
    _check_operator(clause, operators)
    values, with_empty = _split(clause)
    wanted = [found for value in values for found in ids_of(field_id, value, clause.field, context)]
    if clause.operator not in COMPARISONS:
        return _one_of(clause, wanted, with_empty, get)
    compare = COMPARISONS[clause.operator]
    rank = _rank_of_priority(context) if field_id == "priority" else _rank_of_key(context)
    return lambda issue: any(compare(rank(each), rank(bound)) for each in get(issue) for bound in wanted)


def _rank_of_priority(context: Context) -> Callable[[str], tuple[str, int]]:
    order = list(context.site.priorities)
    # The list begins with the highest; `priority > Low` wants what stands above Low.
    return lambda priority_id: ("", -order.index(priority_id))


def _rank_of_key(context: Context) -> Callable[[str], tuple[str, int]]:
    def rank(issue_id: str) -> tuple[str, int]:
        issue = context.site.issues.get(issue_id)
        return ("", 0) if issue is None else (issue.project_key, issue.number)

    return rank


def _label_test(clause: Clause) -> Test:
    _check_operator(clause, EQUALITY)
    values, with_empty = _split(clause)
    wanted = [value.text for value in values if isinstance(value, Value)]
    return _one_of(clause, wanted, with_empty, lambda issue: issue.values["labels"])


def _text_test(clause: Clause, get: Callable[[Issue], list[str | None]]) -> Test:
    _check_operator(clause, TEXTUAL)
    if clause.operator in ("is", "is not"):
        _split(clause)
        wants_empty = clause.operator == "is"
        return lambda issue: (not any(get(issue))) is wants_empty
    if not isinstance(clause.operand, Value):
        raise JqlError(f"The operator '{clause.operator}' does not support lists for field '{clause.field}'.")
    wanted = clause.operand.text
    if not wanted.strip():
        raise JqlError(f"The field '{clause.field}' does not support searching for an empty string.")
    if clause.operator == "~":
        return lambda issue: any(text is not None and text_matches(text, wanted) for text in get(issue))
    return lambda issue: (
        any(get(issue)) and not any(text and text_matches(text, wanted) for text in get(issue))
    )


def _number_test(clause: Clause, field: Field) -> Test:
    _check_operator(clause, ORDERED)
    values, with_empty = _split(clause)
    numbers: list[float] = []
    for value in values:
        try:
            numbers.append(float(value.text if isinstance(value, Value) else "?"))
        except ValueError:
            raise JqlError(f"Value for the '{clause.field}' field is not a valid number.") from None
    return _ordered(clause, numbers, with_empty, lambda issue: issue.values[field.id])


def _date_test(clause: Clause, field: Field, context: Context) -> Test:
    _check_operator(clause, ORDERED)
    values, with_empty = _split(clause)
    bounds = [_instant(value, clause.field, context) for value in values]
    return _ordered(clause, bounds, with_empty, lambda issue: _moment(issue, field.id, context))


def _ordered(clause: Clause, bounds: list[Any], with_empty: bool, get: Callable[[Issue], Any]) -> Test:
    if clause.operator in COMPARISONS:
        compare = COMPARISONS[clause.operator]
        return lambda issue: get(issue) is not None and all(compare(get(issue), bound) for bound in bounds)
    if clause.operator in ("=", "in", "is"):
        return lambda issue: get(issue) in bounds if get(issue) is not None else with_empty
    return lambda issue: get(issue) is not None and get(issue) not in bounds


def _instant(value: Value | Call, field: str, context: Context) -> datetime:
    text = value.text if isinstance(value, Value) else f"{value.name}({', '.join(value.arguments)})"
    try:
        if isinstance(value, Value):
            return instant_of(text, field, context.now, context.zone)
        found = instant_of_function(value.name, value.arguments, context.now, context.zone)
    except (OverflowError, OSError, ValueError) as problem:
        raise invalid_date(text, field) from problem
    if found is None:
        raise JqlError(f"Unable to find JQL function '{text}'.")
    return found


def _moment(issue: Issue, field_id: str, context: Context) -> datetime | None:
    match field_id:
        case "created":
            return issue.created
        case "updated":
            return issue.updated
        case "resolutiondate":
            return issue.resolved
        case _:
            day = issue.values[field_id]
            return None if day is None else datetime.fromisoformat(day).replace(tzinfo=context.zone)
