"""From HTTP requests to views and back."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import wraps
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from escalation_bridge_sandbox.jira.auth import LOGIN_FAILED_HEADERS, visitor
from escalation_bridge_sandbox.jira.errors import BareError, JiraError, invalid_payload
from escalation_bridge_sandbox.jira.left_out import is_left_out
from escalation_bridge_sandbox.jira.live_site import LiveSite
from escalation_bridge_sandbox.jira.model.issue import Issue
from escalation_bridge_sandbox.jira.model.people import Person
from escalation_bridge_sandbox.jira.render.issues import IssueRenderer
from escalation_bridge_sandbox.jira.rules.session import Session
from escalation_bridge_sandbox.jira.site import JiraSite
from escalation_bridge_sandbox.kernel.control import CONTROL_PREFIX


@dataclass(frozen=True)
class Call:
    """A request that got as far as its view.

    Attributes:
        api: The version of the platform's API; 2 for requests to other APIs, which speak wiki markup.
    """

    sandbox: LiveSite
    person: Person | None
    api: int

    @property
    def site(self) -> JiraSite:
        return self.sandbox.site

    @property
    def session(self) -> Session:
        return Session(self.site, self.person, self.api, self.sandbox.publish)

    @property
    def renderer(self) -> IssueRenderer:
        return IssueRenderer(self.site, flask.request.url_root.rstrip("/"), self.api, self.person)

    def find_issue(self, ref: str) -> Issue:
        return self.session.find_issue(ref)

    def json(self) -> Any:
        """The body.

        Raises:
            JiraError: It is missing, or not JSON, or said to be something else.
        """
        cloud = self.site.edition.is_cloud
        request = flask.request
        if not request.is_json:
            raise BareError(415, {"message": "HTTP 415 Unsupported Media Type", "status-code": 415})
        data = request.get_data()
        if not data.strip():
            raise (
                invalid_payload()
                if cloud
                else JiraError(400, "No content to map to Object due to end of input")
            )
        try:
            return json.loads(data)
        except ValueError as problem:
            raise JiraError(
                400,
                "There was an error parsing JSON. Check that your request body is valid."
                if cloud
                else f"Unexpected character: {problem}",
            ) from problem

    def json_object(self, known: Collection[str] | None = None) -> dict[str, Any]:
        """The body, which is an object; on Cloud with no other than the known properties.

        Raises:
            JiraError: 400.
        """
        body = self.json()
        if not isinstance(body, dict) or (
            known is not None and self.site.edition.is_cloud and not set(body) <= set(known)
        ):
            raise invalid_payload()
        return body

    def text(self, name: str) -> str | None:
        return flask.request.args.get(name)

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = flask.request.args.get(name)
        return default if value is None else value.lower() == "true"

    def number(self, name: str, default: int) -> int:
        """A query parameter that is a whole number.

        Raises:
            JiraError: 400, when it is none.
        """
        value = flask.request.args.get(name)
        if value is None:
            return default
        try:
            return int(value)
        except ValueError as problem:
            raise JiraError(
                400, f"The value of parameter '{name}' is not a valid number: {value}"
            ) from problem

    def names(self, name: str) -> tuple[str, ...]:
        """A query parameter that is a list: with commas, given several times, or both."""
        values = flask.request.args.getlist(name)
        return tuple(part.strip() for value in values for part in value.split(",") if part.strip())

    def expand(self) -> frozenset[str]:
        return frozenset(self.names("expand"))

    def page(self, default_size: int, largest: int) -> tuple[int, int]:
        """`startAt` and `maxResults`, the latter no more than Jira gives at once."""
        start, size = self.number("startAt", 0), self.number("maxResults", default_size)
        return max(0, start), min(largest, size) if size >= 0 else default_size


def texts_in(body: dict[str, Any], name: str) -> tuple[str, ...]:
    """A list of texts in a body; empty when there is none.

    Raises:
        JiraError: 400, when it is something else.
    """
    value = body.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise invalid_payload()
    return tuple(value)


View = Callable[..., flask.Response]


def answer(data: Any, status: int = 200) -> flask.Response:
    return flask.Response(json.dumps(data, ensure_ascii=False), status, mimetype="application/json")


def nothing(status: int = 204) -> flask.Response:
    return flask.Response(status=status)


class Routes:
    """Registers views with the application of a stand-in."""

    def __init__(self, sandbox: LiveSite) -> None:
        self._sandbox = sandbox

    @property
    def is_cloud(self) -> bool:
        return self._sandbox.site.edition.is_cloud

    def api(self, rule: str, view: View, *methods: str) -> None:
        """Register a view of the platform's API, in each version that the edition has."""
        for version in self._sandbox.site.edition.api_versions:
            self._add(f"/rest/api/{version}{rule}", view, methods, version)
        # On Cloud it is not said which version that is; the usual clients speak v2 to it.
        self._add(f"/rest/api/latest{rule}", view, methods, 2)

    def at(self, path: str, view: View, *methods: str) -> None:
        """Register a view at a path of its own."""
        self._add(path, view, methods, 2)

    def _add(self, path: str, view: View, methods: Collection[str], version: int) -> None:
        self._sandbox.app.add_url_rule(
            path,
            endpoint=f"{' '.join(methods)} {path}",
            view_func=_as_flask_view(self._sandbox, view, version),
            methods=list(methods),
        )


def _as_flask_view(sandbox: LiveSite, view: View, version: int) -> Callable[..., flask.Response]:
    @wraps(view)
    def run(**arguments: str) -> flask.Response:
        request = flask.request
        rule = request.url_rule.rule if request.url_rule else ""
        if rule.endswith("/issue/<ref>") and is_left_out(request.method, request.path):
            return not_in_sandbox()  # `issue/picker` is no issue
        try:
            person = visitor(request, sandbox.site)
            flask.g.sandbox_user = "" if person is None else person.email
            issue = sandbox.site.issue(arguments["ref"]) if "ref" in arguments else None
            sandbox.meter.count(request.method, rule, None if issue is None else issue.id)
            response = view(Call(sandbox, person, version), **arguments)
        except JiraError as problem:
            response = error_response(problem)
        response.headers.extend(
            {name: value for name, value in sandbox.meter.headers().items() if name not in response.headers}
        )
        if flask.g.get("jira_login_failed"):
            response.headers.extend(LOGIN_FAILED_HEADERS)
        return response

    return run


def not_in_sandbox() -> flask.Response:
    """What Jira has and the stand-in has not."""
    message = f"The sandbox does not have {flask.request.method} {flask.request.path}. Jira does."
    return answer({"errorMessages": [message], "errors": {}}, 501)


def error_response(problem: JiraError) -> flask.Response:
    body = problem.body()
    if isinstance(body, str):
        response = flask.Response(body, problem.status, mimetype="text/html")
    else:
        response = answer(body, problem.status)
    response.headers.extend(problem.headers)
    return response


def handle_http_errors(app: flask.Flask) -> None:
    """Let paths and methods that do not exist be answered as Jira does."""

    @app.errorhandler(HTTPException)
    def refuse(problem: HTTPException) -> flask.Response:
        status = problem.code or 500
        if is_left_out(flask.request.method, flask.request.path):
            return not_in_sandbox()
        if flask.request.path.startswith(CONTROL_PREFIX):
            return answer({"error": problem.description or problem.name}, status)
        message = f"null for uri: {flask.request.url}" if status == 404 else f"HTTP {status} {problem.name}"
        return answer({"message": message, "status-code": status}, status)
