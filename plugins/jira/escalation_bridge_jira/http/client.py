"""Jira's REST API: v3 on Cloud, v2 on Data Center. Paths, paging, sign-in and error texts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

import requests
from requests.auth import AuthBase

from escalation_bridge.plugin import (
    AuthenticationFailed,
    Connection,
    Intercepted,
    JsonPart,
    Meter,
    PermissionDenied,
    RichText,
    TicketNotFound,
    Transport,
    UnreadableAnswer,
    is_json,
    refusal_document,
)
from escalation_bridge_jira.http.rates import JiraLimits
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.text import adf, wiki
from escalation_bridge_jira.text.document import Blocks, Runs
from escalation_bridge_jira.text.html_reader import blocks_of
from escalation_bridge_jira.text.limits import LONGEST_TEXT, fitted, size
from escalation_bridge_jira.vocabulary import CHANNEL_PROPERTY, FILES_PROPERTY, PROPERTY

_PAGE = 100
_LONGEST_EXPLANATION = 500
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_DENIED = "X-Authentication-Denied-Reason"
_BROWSE = "BROWSE_PROJECTS"
_EXPERIMENTAL = {"X-ExperimentalApi": "true"}
"""The header for parts of Data Center's service desk API that it calls experimental."""


@dataclass(frozen=True)
class Edition:
    """The differences between Cloud and Data Center.

    Attributes:
        api: The root of the REST API.
        search: The search's path below it. Cloud's older `/search` is being removed (CHANGE-2046).
        user: The member that names a user.
        written: Writes the blocks of a formatted text.
    """

    api: str
    search: str
    user: str
    written: Callable[[Blocks], object]

    def document(self, text: RichText, language: str, rest: Runs = ()) -> object:
        """A formatted text in the API's form, cut with a notice if it is too long; `rest`: where the full text is."""
        return fitted(blocks_of(text), self.written, language, rest)

    def too_long(self, text: RichText) -> bool:
        """Whether Jira would refuse it as too long."""
        return size(self.written(blocks_of(text))) > LONGEST_TEXT


CLOUD = Edition(
    api="/rest/api/3",
    search="/search/jql",
    user="accountId",
    written=adf.document,
)
DATA_CENTER = Edition(
    api="/rest/api/2",
    search="/search",
    user="name",
    written=wiki.markup,
)

_DELETED_OR_HIDDEN = "deleted, or hidden from the bridge's account"
_SEE_WHICH = (
    "Jira does not tell which of the two. Look at it as an administrator: if it is there, its security level or its project "
    "keeps the bridge's account out; let it in. If it is not, end the link: Jira cannot restore it."
)


def transport_for(connection: Connection[JiraSettings], auth: AuthBase) -> Transport:
    """The authenticated transport to a site."""
    limits = JiraLimits(connection.settings.cloud, connection.now)
    return Transport(
        connection=connection.name,
        base_url=connection.settings.api_url,
        auth=auth,
        timeouts=connection.settings.timeouts,
        # Else names come in the language of the account's profile, and a change there would rename statuses and priorities.
        # https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#special-request-headers
        headers={
            "Accept-Language": connection.settings.names_language,
            "X-Force-Accept-Language": "true",
        },
        explain=explain,
        is_own=_is_jiras,
        meter=Meter(connection.name, connection.budgets, connection.now, limits),
    )


def _is_jiras(response: requests.Response) -> bool:
    """Whether the answer is Jira's own. Data Center refuses a sign-in with a page, which has this header."""
    return _DENIED in response.headers or is_json(response)


def explain(response: requests.Response) -> str:
    """The text of Jira's error body: fields with their messages first, then the general messages."""
    if "CAPTCHA" in response.headers.get(_DENIED, ""):
        return "sign-in is locked until somebody signs in by browser and solves a CAPTCHA"
    body = refusal_document(response)
    messages = [f"{name}: {message.maybe_text()}" for name, message in (body / "errors").members()]
    messages.extend((body / "errorMessages").texts())
    single = (body / "errorMessage").maybe_text() or (body / "message").maybe_text()  # service desk; gateway
    return ("; ".join([*messages, *([single] if single else [])]) or response.reason or "refused")[
        :_LONGEST_EXPLANATION
    ]


def complaints(response: requests.Response) -> Mapping[str, str]:
    """The messages about single fields, by their ids; empty if there are others, too."""
    body = refusal_document(response)
    if (body / "errorMessages").texts():
        return {}
    return {name: message.maybe_text() or "refused" for name, message in (body / "errors").members()}


@dataclass(frozen=True)
class Jira:
    """The API for one operation of the bridge.

    Attributes:
        operation: The hook that uses it, for errors.
        project: Key or id of the connection's own project, if it has one.
    """

    transport: Transport
    edition: Edition
    operation: str
    project: str | None = None

    def get(self, path: str, **params: object) -> JsonPart:
        """Read; `path` is below the REST API's root."""
        return self.call("GET", self.edition.api + path, params=params)

    def write(
        self, method: str, path: str, body: object, *, repeatable: bool = False, **params: object
    ) -> JsonPart:
        """Write; `path` is below the REST API's root."""
        return self.call(method, self.edition.api + path, json=body, params=params, repeatable=repeatable)

    def site(self) -> JsonPart:
        """The type and version of this Jira. An answer without a version is not trusted."""
        info = self.get("/serverInfo")
        (info / "version").text()
        return info

    def service_desk(self, path: str, **params: object) -> JsonPart:
        """Read from Jira Service Management; 404 if it is not installed."""
        return self.call("GET", "/rest/servicedeskapi" + path, params=params, headers=self.experimental)

    @property
    def experimental(self) -> Mapping[str, str]:
        """The header that Data Center requires for some parts of its service desk."""
        return _EXPERIMENTAL

    def request_comments(self, issue_id: str) -> Iterator[JsonPart]:
        """The comments of a request as the service desk shows them, each with its files."""
        yield from self.service_desk_pages(f"/request/{issue_id}/comment", expand="attachment")

    def service_desk_pages(self, path: str, **params: object) -> Iterator[JsonPart]:
        """All elements of a list of Jira Service Management."""
        start = 0
        while True:
            page = self.service_desk(path, start=start, limit=_PAGE, **params)
            items = list((page / "values").elements())
            yield from items
            start += len(items)
            if not items or (page / "isLastPage").maybe_flag() is not False:
                return

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> JsonPart:
        """Send a request to any path of the site and read the answer."""
        return self.read(
            self.exchange(method, path, params=params, json=json, headers=headers, repeatable=repeatable)
        )

    def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> requests.Response:
        """Send a request and return its answer, whose status may also be one of `accept`."""
        response = self.transport.request(
            self.operation,
            method,
            path,
            params=params,
            json=json,
            headers=headers,
            repeatable=repeatable,
            accept=accept | {_UNAUTHORIZED, _FORBIDDEN},
        )
        if response.status_code == _UNAUTHORIZED:
            self._refuse_unauthorized(response)
        if response.status_code == _FORBIDDEN and _FORBIDDEN not in accept:
            # Until somebody signs in by browser: refused credentials are waited for, a missing permission is not.
            error = AuthenticationFailed if _DENIED in response.headers else PermissionDenied
            self.transport.refuse(error, self.operation, explain(response), response)
        return response

    def read(self, response: requests.Response) -> JsonPart:
        """The JSON of an answer; empty if its body is empty."""
        return self.transport.read_json(self.operation, response)

    def _refuse_unauthorized(self, response: requests.Response) -> NoReturn:
        """Distinguish an expired token from one without a scope: the gateway answers 401 to both."""
        problem = explain(response)
        if "scope" in problem.casefold():
            self.transport.refuse(
                PermissionDenied, self.operation, f"the token lacks a scope: {problem}", response
            )
        self.transport.refuse(AuthenticationFailed, self.operation, problem, response)

    def pages(self, path: str, *names: str, **params: object) -> Iterator[JsonPart]:
        """All elements of a list that is paged by `startAt`; `names`: the members of a page that may contain them."""
        start = 0
        while True:
            page = self.get(path, startAt=start, maxResults=_PAGE, **params)
            there = [page / name for name in names if page / name] or [page / names[0]]
            items = [item for part in there for item in part.elements()]
            yield from items
            start += len(items)
            total = (page / "total").maybe_number()
            if not items or (page / "isLast").maybe_flag() is True or (total is not None and start >= total):
                return

    def unreadable(self, message: str) -> NoReturn:
        self.transport.refuse(UnreadableAnswer, self.operation, message)

    # --- issues -----------------------------------------------------------------------------------------------------

    def issue(self, issue_id: str) -> JsonPart:
        """An issue with all fields that the bridge reads. A moved one is found by its old key and by its id."""
        fields = "*all,-comment,-worklog,-issuelinks,-subtasks"
        kept = f"{PROPERTY},{FILES_PROPERTY},{CHANNEL_PROPERTY}"
        # With its changelog: when the status changed last is told by nothing else, and costs no further request here.
        return self._issue(issue_id, fields=fields, properties=kept, expand="changelog")

    def brief_issue(self, issue_id: str) -> JsonPart:
        """An issue with the fields that decide the visibility of its comments, and its files."""
        return self.with_project(self._issue(issue_id, fields="project,reporter,attachment"))

    def issue_with_files(self, issue_id: str) -> JsonPart:
        """As `brief_issue`, and the files that the bridge attached."""
        fields = "project,reporter,attachment"
        return self.with_project(self._issue(issue_id, fields=fields, properties=FILES_PROPERTY))

    def with_project(self, issue: JsonPart) -> JsonPart:
        """An issue with the type of its project.

        Raises:
            UnreadableAnswer: The answer lacks it.
        """
        if not issue / "fields" / "project" / "projectTypeKey":
            self.unreadable(
                "issue.fields.project.projectTypeKey is missing: who reads comments cannot be told"
            )
        return issue

    def status_of(self, issue_id: str) -> JsonPart:
        """An issue's current status."""
        return self._issue(issue_id, fields="status") / "fields" / "status"

    def history_of(self, issue_id: str) -> JsonPart:
        """An issue's changelog: all of it, or its last page."""
        return self._issue(issue_id, fields="status", expand="changelog") / "changelog"

    def _issue(self, issue_id: str, **params: object) -> JsonPart:
        try:
            return self.get(f"/issue/{issue_id}", **params)
        except TicketNotFound as missing:
            self._refuse_lost_access()
            # Jira answers "Issue does not exist or you do not have permission to see it." to both, on purpose. The account may
            # still see the project; what hides single issues from it is their security level.
            raise TicketNotFound(_DELETED_OR_HIDDEN, missing.at, advice=_SEE_WHICH) from missing

    def _refuse_lost_access(self) -> None:
        """Find the cause of a 404, which Jira also answers to strangers and to accounts that may not see an issue.

        Raises:
            AuthenticationFailed: The token is no longer accepted.
            PermissionDenied: The account may no longer browse the connection's project, or any project.
        """
        try:
            self.get("/myself")
        except TicketNotFound as nobody:
            raise Intercepted("nothing of Jira's API is found at this address", nobody.at) from nobody
        where: dict[str, object] = {}
        if self.project:
            where = {"projectId" if self.project.isdigit() else "projectKey": self.project}
        try:
            answer = self.get("/mypermissions", permissions=_BROWSE, **where)
        except TicketNotFound:
            self.transport.refuse(
                PermissionDenied,
                self.operation,
                f"project {self.project} is not there any more, or the account may not browse it",
            )
        granted = (answer / "permissions").present()
        if (granted / _BROWSE / "havePermission").maybe_flag() is False:
            place = f"project {self.project}" if self.project else "any project"
            self.transport.refuse(
                PermissionDenied, self.operation, f"the account may not browse {place} any more"
            )

    def search(self, jql: str, *, most: int = 10) -> list[JsonPart]:
        """The first issues that a query finds, with their ids and keys. The index lags behind writes."""
        body = {"jql": jql, "maxResults": most, "fields": ["labels"]}
        answer = self.write("POST", self.edition.search, body, repeatable=True)
        return list((answer / "issues").elements())

    def user(self, identifier: str | None) -> dict[str, str | None]:
        """A user in this edition's form."""
        return {self.edition.user: identifier}
