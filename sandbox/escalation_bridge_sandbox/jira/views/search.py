"""Searching by JQL."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import JiraError, invalid_payload
from escalation_bridge_sandbox.jira.http import Call, Routes, answer, texts_in
from escalation_bridge_sandbox.jira.jql.context import Context
from escalation_bridge_sandbox.jira.jql.query import CompiledQuery, compile_query
from escalation_bridge_sandbox.jira.jql.tokens import JqlError
from escalation_bridge_sandbox.jira.live_site import Cursor
from escalation_bridge_sandbox.jira.model.issue import Issue
from escalation_bridge_sandbox.jira.render.issues import Selection

REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
TOKEN_LIFE = timedelta(days=7)
DEFAULT_PAGE = 50
LARGEST_PAGE = 5000
# With more than ids and keys asked for, Cloud gives fewer at once.
LARGEST_PAGE_WITH_FIELDS = 100
LARGEST_DATACENTER_PAGE = 1000
MOST_PROPERTIES = 5
MOST_RECONCILED = 50
ENHANCED = {
    "jql": str,
    "nextPageToken": str,
    "maxResults": int,
    "fields": list,
    "expand": str,
    "properties": list,
    "fieldsByKeys": bool,
    "reconcileIssues": list,
}
CLASSIC = {
    "jql": str,
    "startAt": int,
    "maxResults": int,
    "fields": list,
    "expand": list,
    "validateQuery": object,
}


def register(routes: Routes) -> None:
    if routes.is_cloud:
        routes.api("/search/jql", enhanced_by_url, "GET")
        routes.api("/search/jql", enhanced_by_body, "POST")
        routes.api("/search/approximate-count", approximate_count, "POST")
        routes.api("/search", removed, "GET", "POST")
    else:
        routes.api("/search", classic_by_url, "GET")
        routes.api("/search", classic_by_body, "POST")


def removed(call: Call) -> flask.Response:
    del call
    raise JiraError(410, REMOVED)


def _checked(body: dict[str, Any], known: dict[str, type]) -> dict[str, Any]:
    for name, value in body.items():
        wrong_type = not isinstance(value, known[name]) or (known[name] is int and isinstance(value, bool))
        if value is not None and wrong_type:
            raise invalid_payload()
    return body


def enhanced_by_body(call: Call) -> flask.Response:
    body = _checked(call.json_object(ENHANCED), ENHANCED)
    return _enhanced(call, {name: value for name, value in body.items() if value is not None})


def enhanced_by_url(call: Call) -> flask.Response:
    request: dict[str, Any] = {
        "jql": call.text("jql"),
        "nextPageToken": call.text("nextPageToken"),
        "maxResults": call.number("maxResults", DEFAULT_PAGE),
        "fields": list(call.names("fields")) or None,
        "expand": call.text("expand"),
        "properties": list(call.names("properties")),
        "reconcileIssues": list(call.names("reconcileIssues")),
    }
    return _enhanced(call, {name: value for name, value in request.items() if value is not None})


def _enhanced(call: Call, request: dict[str, Any]) -> flask.Response:
    size, fields = request.get("maxResults", DEFAULT_PAGE), texts_in(request, "fields") or ("id",)
    properties, reconciled = texts_in(request, "properties"), request.get("reconcileIssues", [])
    if len(properties) > MOST_PROPERTIES:
        raise JiraError(400, f"No more than {MOST_PROPERTIES} issue properties can be requested.")
    if len(reconciled) > MOST_RECONCILED:
        raise JiraError(400, f"No more than {MOST_RECONCILED} issues can be reconciled.")
    if not 0 <= size <= LARGEST_PAGE:
        raise JiraError(400, f"The value of maxResults must be between 0 and {LARGEST_PAGE}.")
    only_ids = set(fields) <= {"id", "key"} and not properties
    size = size if only_ids else min(size, LARGEST_PAGE_WITH_FIELDS)
    jql = request.get("jql", "")
    ids = _remaining(call, request.get("nextPageToken"), jql)
    if ids is None:
        ids = [
            issue.id
            for issue in _found(call, _compiled(call, jql, bounded=True), tuple(map(str, reconciled)))
        ]
    shown_ids, rest = ids[:size], ids[size:]
    selection = Selection(fields, frozenset((request.get("expand") or "").split(",")), properties)
    answered: dict[str, Any] = {
        "issues": [
            _shown(call, call.site.issues[each], selection) for each in shown_ids if each in call.site.issues
        ],
        "isLast": not rest,
    }
    if rest:
        answered["nextPageToken"] = call.sandbox.keep_cursor(Cursor(jql, tuple(rest), call.site.now()))
    return answer(answered)


def _shown(call: Call, issue: Issue, selection: Selection) -> dict[str, Any]:
    if set(selection.fields) == {"id"} and not selection.properties:
        return {"id": issue.id}
    shown = call.renderer.issue(issue, selection)
    return shown if selection.field_ids() else {**shown, "fields": {}}


def _remaining(call: Call, token: str | None, jql: str) -> list[str] | None:
    if token is None:
        return None
    cursor = call.sandbox.cursor(token)
    if cursor is None or cursor.jql != jql or call.site.now() - cursor.made > TOKEN_LIFE:
        raise JiraError(400, "The provided next page token is invalid or expired.")
    return list(cursor.issue_ids)


def _compiled(call: Call, jql: str, *, bounded: bool) -> CompiledQuery:
    try:
        query = compile_query(jql, Context(call.site, call.person, call.site.now()))
    except JqlError as problem:
        raise JiraError(400, *problem.messages) from problem
    if bounded and not query.is_bounded:
        raise JiraError(400, UNBOUNDED)
    return query


def _found(call: Call, query: CompiledQuery, fresh: Sequence[str] = ()) -> list[Issue]:
    """The issues that match, as far as the visitor may see them, and as far as the index knows of them."""
    indexed = call.site.index.issues(call.site.now(), call.site.issues.values(), fresh)
    matching = query.run(indexed)
    current = [call.site.issues[each.id] for each in matching if each.id in call.site.issues]
    return [each for each in current if call.session.may("BROWSE_PROJECTS", each)]


def approximate_count(call: Call) -> flask.Response:
    jql = call.json_object(("jql",)).get("jql")
    if not isinstance(jql, str):
        raise invalid_payload()
    return answer({"count": len(_found(call, _compiled(call, jql, bounded=True)))})


def classic_by_body(call: Call) -> flask.Response:
    body = call.json_object()
    unknown = sorted(set(body) - set(CLASSIC))
    if unknown:
        raise JiraError(
            400, f'Unrecognized field "{unknown[0]}" (Class SearchRequestBean), not marked as ignorable'
        )
    body = _checked(body, CLASSIC)
    return _classic(
        call,
        body.get("jql") or "",
        body.get("startAt") or 0,
        DEFAULT_PAGE if body.get("maxResults") is None else body["maxResults"],
        Selection(texts_in(body, "fields") or ("*navigable",), frozenset(texts_in(body, "expand"))),
        strict=body.get("validateQuery", True) in (True, "true", "strict", None),
    )


def classic_by_url(call: Call) -> flask.Response:
    return _classic(
        call,
        call.text("jql") or "",
        call.number("startAt", 0),
        call.number("maxResults", DEFAULT_PAGE),
        Selection(call.names("fields") or ("*navigable",), call.expand()),
        strict=(call.text("validateQuery") or "true").lower() in ("true", "strict"),
    )


def _classic(
    call: Call, jql: str, start: int, size: int, selection: Selection, *, strict: bool
) -> flask.Response:
    if start < 0:
        raise JiraError(400, "The startAt parameter must not be negative.")
    size = LARGEST_DATACENTER_PAGE if size < 0 else min(size, LARGEST_DATACENTER_PAGE)
    warnings: list[str] = []
    try:
        found = _found(call, _compiled(call, jql, bounded=False))
    except JiraError as problem:
        if strict:
            raise
        found, warnings = [], problem.messages
    answered: dict[str, Any] = {
        "expand": "names,schema",
        "startAt": start,
        "maxResults": size,
        "total": len(found),
        "issues": [call.renderer.issue(each, selection) for each in found[start : start + size]],
    }
    return answer({**answered, "warningMessages": warnings} if warnings else answered)
