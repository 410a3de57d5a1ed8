"""Apps of Jira Cloud: their tokens, and their dynamic webhooks, which end after 30 days."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import flask

from escalation_bridge_sandbox.jira.errors import BareError, JiraError, invalid_payload
from escalation_bridge_sandbox.jira.http import Call, Routes, answer, nothing
from escalation_bridge_sandbox.jira.model.people import Credential, CredentialKind, Person
from escalation_bridge_sandbox.jira.seed import oauth_refresh_token, oauth_secret, oauth_token
from escalation_bridge_sandbox.jira.webhooks.registry import FILTER, Webhook, Wish

LIFE = timedelta(days=30)
TOKEN_LIFE = 3600
REUSE = timedelta(minutes=10)
"""How long a spent refresh token is still taken, for those who lost the answer (reported; Atlassian calls it the reuse interval)."""
EVENTS = frozenset(
    """
    jira:issue_created jira:issue_updated jira:issue_deleted comment_created comment_updated comment_deleted
    issue_property_set issue_property_deleted
    """.split()
)
# The part of JQL that filters of dynamic webhooks know.
FIELDS = frozenset({"issuekey", "project", "issuetype", "status", "assignee", "reporter", "issue.property"})
CLAUSE = re.compile(r"([\w.\[\]]+)\s*(!=|=|!~|~|>=?|<=?|\bnot\s+in\b|\bin\b|\bis\b|\bwas\b)", re.IGNORECASE)
OPERATORS = frozenset({"=", "!=", "in", "not in"})


def register(routes: Routes) -> None:
    if routes.is_cloud:
        routes.at("/oauth/token", token, "POST")
        routes.api("/webhook", list_webhooks, "GET")
        routes.api("/webhook", create, "POST")
        routes.api("/webhook", delete, "DELETE")
        routes.api("/webhook/refresh", prolong, "PUT")
        routes.api("/webhook/failed", failed, "GET")


def token(call: Call) -> flask.Response:
    """A token as `auth.atlassian.com` gives it: for a service account's credential, or for a refresh token, which is good once."""
    body = call.json_object()
    owner = next((each for each in call.site.people.values() if each.name == body.get("client_id")), None)
    grant = body.get("grant_type")
    if grant not in ("client_credentials", "refresh_token"):
        raise BareError(403, {"error": "unauthorized_client", "error_description": "Grant type not allowed."})
    if owner is None or not owner.active or body.get("client_secret") != oauth_secret(owner):
        raise BareError(401, {"error": "access_denied", "error_description": "Unauthorized"})
    shown = {"expires_in": TOKEN_LIFE, "token_type": "Bearer", "scope": ""}
    if grant == "client_credentials":
        return answer({"access_token": oauth_token(owner), **shown})
    given, now = str(body.get("refresh_token")), call.site.now()
    spent_at = call.site.spent_refresh_tokens.setdefault(given, now)
    if call.site.refresh_tokens.get(given) != owner.account_id or now - spent_at > REUSE:
        # In other places the same is told as invalid_grant, "Unknown or invalid refresh token."
        problem = {"error": "unauthorized_client", "error_description": "refresh_token is invalid"}
        raise BareError(403, problem)
    number = call.site.next_id("refresh token")
    access, refresh = f"{oauth_token(owner)}-{number}", f"{oauth_refresh_token(owner)}-{number}"
    call.site.refresh_tokens[refresh] = owner.account_id
    call.site.credentials.append(Credential(CredentialKind.OAUTH, access, owner.account_id))
    return answer({"access_token": access, "refresh_token": refresh, **shown})


def _app(call: Call) -> Person:
    if call.person is None or not flask.g.get("jira_is_app"):
        raise JiraError(
            403, "The caller is not an app; only Connect and OAuth 2.0 apps can use this operation."
        )
    return call.person


def _own(call: Call) -> list[Webhook]:
    app = _app(call)
    return [each for each in call.sandbox.webhooks.webhooks.values() if each.app == app.account_id]


def list_webhooks(call: Call) -> flask.Response:
    own = _own(call)
    start, size = call.page(100, 100)
    return answer(
        {
            "startAt": start,
            "maxResults": size,
            "total": len(own),
            "isLast": start + size >= len(own),
            "values": [_shown(each) for each in own[start : start + size]],
        }
    )


def _shown(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "jqlFilter": webhook.jql,
        "expirationDate": _end(webhook.expires or webhook.created),
    }


def _end(at: datetime) -> int:
    """As the API description types it; its examples show a text instead."""
    return int(at.timestamp() * 1000)


def create(call: Call) -> flask.Response:
    app = _app(call)
    body = call.json_object(("url", "webhooks"))
    wanted, url = body.get("webhooks"), body.get("url")
    if not isinstance(wanted, list) or not wanted or not isinstance(url, str):
        raise invalid_payload()
    results: list[dict[str, Any]] = []
    for each in wanted:
        if not isinstance(each, dict) or not isinstance(each.get("jqlFilter"), str):
            raise invalid_payload()
        if not isinstance(each.get("events"), list) or not all(
            isinstance(name, str) for name in each["events"]
        ):
            raise invalid_payload()
        problems = _problems(each)
        if problems:
            results.append({"errors": problems})
            continue
        results.append({"createdWebhookId": _register(call, app, url, each)})
    return answer({"webhookRegistrationResult": results})


def _problems(wanted: dict[str, Any]) -> list[str]:
    unknown = sorted(set(wanted["events"]) - EVENTS)
    problems = [f"The event {name} is unsupported" for name in unknown]
    clauses = CLAUSE.findall(wanted["jqlFilter"])
    if not clauses:
        problems.append("The JQL filter must not be empty")
    for field, operator in clauses:
        if field.lower() not in FIELDS and not field.lower().startswith("cf["):
            problems.append(f"The clause {field} is unsupported")
        if " ".join(operator.lower().split()) not in OPERATORS:
            problems.append(f"The operator {operator} is unsupported")
    return problems


def _register(call: Call, app: Person, url: str, wanted: dict[str, Any]) -> int:
    wish = Wish(
        name=f"app of {app.name}",
        url=url,
        events=tuple(wanted["events"]),
        filters={FILTER: wanted["jqlFilter"]},
        secret=oauth_secret(app),
    )
    made = call.sandbox.webhooks.register(wish, app, call.site)
    ours = replace(made, app=app.account_id, expires=call.site.now() + LIFE)
    call.sandbox.webhooks.webhooks[made.id] = ours
    return made.id


def _named(call: Call) -> list[Webhook]:
    own = _own(call)
    ids = call.json_object(("webhookIds",)).get("webhookIds")
    if not isinstance(ids, list) or not all(isinstance(each, int) for each in ids):
        raise JiraError(400, "The list of webhook ids is missing.")
    return [each for each in own if each.id in ids]


def delete(call: Call) -> flask.Response:
    for each in _named(call):
        del call.sandbox.webhooks.webhooks[each.id]
    return nothing(202)


def prolong(call: Call) -> flask.Response:
    """Begin the 30 days anew. Ids of others are read over."""
    ends = call.site.now() + LIFE
    for each in _named(call):
        call.sandbox.webhooks.webhooks[each.id] = replace(each, expires=ends)
    return answer({"expirationDate": _end(ends)})


def failed(call: Call) -> flask.Response:
    """For Connect apps only, of which there are none here."""
    del call
    raise JiraError(403, "The caller is not a Connect app.")
