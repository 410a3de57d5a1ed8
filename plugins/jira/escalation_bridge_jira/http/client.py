"""Jira's REST API: v3 on Cloud, v2 on Data Center. Paths, paging, sign-in and what its errors say."""

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
"""What Data Center asks for on the parts of its service desk API that it calls experimental."""


@dataclass(frozen=True)
class Edition:
    """Where Cloud and Data Center differ.

    Attributes:
        api: The root of the REST API.
        search: The search's path below it. Cloud's older `/search` is being removed (CHANGE-2046).
        user: The member by which a user is named.
        written: Writes the blocks of a formatted text.
    """

    api: str
    search: str
    user: str
    written: Callable[[Blocks], object]

    def document(self, text: RichText, language: str, rest: Runs = ()) -> object:
        """A formatted text as the API takes it, cut with a notice where it is too long; `rest` is where all of it is."""
        return fitted(blocks_of(text), self.written, language, rest)

    def too_long(self, text: RichText) -> bool:
        """Whether Jira would refuse it."""
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
    """The way to a site, signed in."""
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
    """Whether Jira itself answered. Data Center refuses a sign-in with a page of its own, which this header tells."""
    return _DENIED in response.headers or is_json(response)


def explain(response: requests.Response) -> str:
    """What Jira's error body says: the fields with their messages first, then the general messages."""
    if "CAPTCHA" in response.headers.get(_DENIED, ""):
        return "sign-in is locked until somebody signs in by browser and solves a CAPTCHA"
    body = refusal_document(response)
    said = [f"{name}: {message.maybe_text()}" for name, message in (body / "errors").members()]
    said.extend((body / "errorMessages").texts())
    single = (body / "errorMessage").maybe_text() or (body / "message").maybe_text()  # service desk; gateway
    return ("; ".join([*said, *([single] if single else [])]) or response.reason or "refused")[
        :_LONGEST_EXPLANATION
    ]


def complaints(response: requests.Response) -> Mapping[str, str]:
    """What a refusal says to single fields, by their ids; nothing where it says something else, too."""
    body = refusal_document(response)
    if (body / "errorMessages").texts():
        return {}
    return {name: message.maybe_text() or "refused" for name, message in (body / "errors").members()}


@dataclass(frozen=True)
class Jira:
    """The API as one operation of the bridge uses it.

    Attributes:
        operation: Which hook it is used for: errors name it.
        project: Key or id of the connection's own project, if it has one.
    """

    transport: Transport
    edition: Edition
    operation: str
    project: str | None = None

    def get(self, path: str, **params: object) -> JsonPart:
        """Read something; `path` is below the REST API's root."""
        return self.call("GET", self.edition.api + path, params=params)

    def write(
        self, method: str, path: str, body: object, *, repeatable: bool = False, **params: object
    ) -> JsonPart:
        """Write something; `path` is below the REST API's root."""
        return self.call(method, self.edition.api + path, json=body, params=params, repeatable=repeatable)

    def site(self) -> JsonPart:
        """What kind of Jira this is. An answer that does not even name its version says nothing of the rest."""
        told = self.get("/serverInfo")
        (told / "version").text()
        return told

    def service_desk(self, path: str, **params: object) -> JsonPart:
        """Read something of Jira Service Management; 404 where that is not installed."""
        return self.call("GET", "/rest/servicedeskapi" + path, params=params, headers=self.experimental)

    @property
    def experimental(self) -> Mapping[str, str]:
        """What Data Center wants to be asked with for some parts of its service desk."""
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
        """Send a request; its answer, whose status may also be one of `accept`."""
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
        """The JSON of an answer; nothing where its body is empty."""
        return self.transport.read_json(self.operation, response)

    def _refuse_unauthorized(self, response: requests.Response) -> NoReturn:
        """Tell a token that is no longer accepted from one that only lacks a scope: the gateway answers 401 to both."""
        problem = explain(response)
        if "scope" in problem.casefold():
            self.transport.refuse(
                PermissionDenied, self.operation, f"the token lacks a scope: {problem}", response
            )
        self.transport.refuse(AuthenticationFailed, self.operation, problem, response)

    def pages(self, path: str, *names: str, **params: object) -> Iterator[JsonPart]:
        """All elements of a list that is paged by `startAt`; `names` are where they may stand in a page."""
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
        """An issue with all that the bridge reads of it. A moved one answers under its old key and id alike."""
        fields = "*all,-comment,-worklog,-issuelinks,-subtasks"
        kept = f"{PROPERTY},{FILES_PROPERTY},{CHANNEL_PROPERTY}"
        # With its changelog: when the status changed last is told by nothing else, and costs no further request here.
        return self._issue(issue_id, fields=fields, properties=kept, expand="changelog")

    def brief_issue(self, issue_id: str) -> JsonPart:
        """What decides who reads an issue's comments, and its files."""
        return self.with_project(self._issue(issue_id, fields="project,reporter,attachment"))

    def issue_with_files(self, issue_id: str) -> JsonPart:
        """As `brief_issue`, and which files the bridge brought."""
        fields = "project,reporter,attachment"
        return self.with_project(self._issue(issue_id, fields=fields, properties=FILES_PROPERTY))

    def with_project(self, issue: JsonPart) -> JsonPart:
        """An issue that tells the kind of its project.

        Raises:
            UnreadableAnswer: It does not.
        """
        if not issue / "fields" / "project" / "projectTypeKey":
            self.unreadable(
                "issue.fields.project.projectTypeKey is missing: who reads comments cannot be told"
            )
        return issue

    def status_of(self, issue_id: str) -> JsonPart:
        """An issue's status as it is now."""
        return self._issue(issue_id, fields="status") / "fields" / "status"

    def history_of(self, issue_id: str) -> JsonPart:
        """An issue's changelog: all of it, or as much of its end as Jira shows at once."""
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
        """Find out what a 404 means, for Jira answers it to strangers and to whoever may not see an issue, too.

        Raises:
            AuthenticationFailed: The token is not accepted any more.
            PermissionDenied: The account may not browse the connection's project any more, or any project at all.
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
        """How this edition names a user in a request."""
        return {self.edition.user: identifier}
