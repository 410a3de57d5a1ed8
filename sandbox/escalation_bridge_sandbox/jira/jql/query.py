"""A whole query: which issues it finds, and in which order."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from escalation_bridge_sandbox.jira.jql.clauses import Test, field_named, test_of
from escalation_bridge_sandbox.jira.jql.context import Context
from escalation_bridge_sandbox.jira.jql.parser import (
    AllOf,
    AnyOf,
    Clause,
    Condition,
    Empty,
    Not,
    Sorting,
    Value,
    parse,
)
from escalation_bridge_sandbox.jira.jql.tokens import JqlError
from escalation_bridge_sandbox.jira.model.issue import Issue

SortKey = Callable[[Issue], Any]
MOST_SORTINGS = 7
UNRESOLVED = "unresolved"
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class CompiledQuery:
    """A query that can be asked."""

    matches: Test
    is_bounded: bool
    sortings: tuple[tuple[SortKey, bool], ...]

    def run(self, issues: Iterable[Issue]) -> list[Issue]:
        """The matching issues, in order; the newest first when no order is asked for."""
        found = sorted((issue for issue in issues if self.matches(issue)), key=lambda issue: -int(issue.id))
        for key, descending in reversed(self.sortings):
            found.sort(key=key, reverse=descending)
        return found


def compile_query(jql: str, context: Context) -> CompiledQuery:
    """Understand a query.

    Raises:
        JqlError: Jira would refuse it; all unknown names are listed at once.
    """
    query = parse(jql)
    problems: list[str] = []
    test: Test = _everything if query.where is None else _condition(query.where, context, problems)
    sortings = [_sorting(each, context, problems) for each in query.order]
    if len(sortings) > MOST_SORTINGS:
        problems.append(f"You cannot sort by more than {MOST_SORTINGS} fields.")
    if problems:
        raise JqlError(*problems)
    return CompiledQuery(test, query.where is not None, tuple(sortings))


def _everything(issue: Issue) -> bool:
    del issue
    return True


def _condition(condition: Condition, context: Context, problems: list[str]) -> Test:
    match condition:
        case AllOf(parts):
            tests = [_condition(part, context, problems) for part in parts]
            return lambda issue: all(test(issue) for test in tests)
        case AnyOf(parts):
            tests = [_condition(part, context, problems) for part in parts]
            return lambda issue: any(test(issue) for test in tests)
        case Not(part):
            inner = _condition(part, context, problems)
            return lambda issue: not inner(issue)
        case Clause():
            try:
                return test_of(_with_unresolved(condition), context)
            except JqlError as problem:
                problems.extend(problem.messages)
                return _everything


def _with_unresolved(clause: Clause) -> Clause:
    """`resolution = Unresolved` is how Jira writes `resolution is EMPTY`."""
    if clause.field.lower() != "resolution":
        return clause
    operands = clause.operand if isinstance(clause.operand, tuple) else (clause.operand,)
    changed = tuple(
        Empty() if isinstance(each, Value) and each.text.lower() == UNRESOLVED else each for each in operands
    )
    return replace(clause, operand=changed)


def _sorting(sorting: Sorting, context: Context, problems: list[str]) -> tuple[SortKey, bool]:
    key = _sort_key(sorting.field, context)
    if key is None:
        problems.append(f"Not able to sort using field '{sorting.field}'.")
        return (lambda issue: issue.id), False
    # Dates and priorities begin with the latest and highest, unless told otherwise.
    field = field_named(sorting.field)
    backwards = field is not None and field.id in ("created", "updated", "resolutiondate")
    return key, backwards if sorting.descending is None else sorting.descending


def _sort_key(name: str, context: Context) -> SortKey | None:
    site = context.site
    if name.lower() in ("key", "issuekey", "issue", "id"):
        return lambda issue: (issue.project_key, issue.number)
    field = field_named(name)
    match field.id if field else None:
        case "created":
            return lambda issue: issue.created
        case "updated":
            return lambda issue: issue.updated
        case "resolutiondate":
            return lambda issue: issue.resolved or NEVER
        case "summary":
            return lambda issue: issue.values["summary"].lower()
        case "duedate":
            return lambda issue: issue.values["duedate"] or "9999"
        case "priority":
            order = list(site.priorities)
            # Ascending is from the lowest to the highest.
            return lambda issue: -order.index(issue.values["priority"])
        case "status":
            order = list(site.statuses)
            return lambda issue: order.index(issue.status_id)
        case "issuetype":
            return lambda issue: site.issue_types[issue.type_id].name
        case "project":
            return lambda issue: issue.project_key
        case "assignee" | "reporter" as people:
            return lambda issue: _display_name(issue.values[people], context)
        case _:
            return None


def _display_name(account_id: str | None, context: Context) -> str:
    # Nobody comes last.
    return "\uffff" if account_id is None else context.site.people[account_id].display_name.lower()
