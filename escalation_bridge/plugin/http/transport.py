"""HTTP to the vendors: the one place for retries, rate limits, time limits and the meaning of a status code.

A request that the vendor surely did not carry out is repeated here for a short while; everything that takes longer is
raised with `can_retry`, and the engine comes back to it when the case's turn comes. A write whose outcome is unknown is
never repeated here.
"""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, NoReturn, TypeGuard

import requests
import structlog
import tenacity
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from escalation_bridge import __version__
from escalation_bridge.errors import (
    Circumstances,
    Intercepted,
    NotReachable,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unavailable,
    UnreadableAnswer,
    VendorError,
)
from escalation_bridge.plugin.http.addresses import Address, UnclearAddress, parse_address, resolve_address
from escalation_bridge.plugin.http.answers import (
    REDIRECTS,
    class_of,
    is_json,
    is_page,
    may_be_anybodys,
    retry_after,
)
from escalation_bridge.plugin.http.meter import Meter
from escalation_bridge.plugin.json_reading import JsonPart, NotJson, parse_json
from escalation_bridge.plugin.settings import Timeouts

_log = structlog.get_logger(__name__)

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_REQUEST_ID_HEADERS = ("x-request-id", "x-zendesk-request-id", "atl-traceid", "x-arequestid", "x-trace-id")
_OWN_MINIMUM = 1.0
"""Seconds to wait after a 429 whose Retry-After is missing or 0: the header is only a lower bound."""


def explain_nothing(response: requests.Response) -> str:
    """The explanation of a refusal where the vendor's error format is not known."""
    return response.reason or "refused"


@dataclass(frozen=True)
class Transport:
    """A vendor's HTTP interface for one connection; safe to use from several threads.

    Attributes:
        connection: The connection's name, for errors and logs.
        base_url: Scheme and host, perhaps with a path; request paths are put behind it.
        auth: Puts the credentials on a request. They and `headers` are sent to the origin of `base_url` alone: redirects
            are not followed, and a whole URL elsewhere (a file on a CDN) is asked for without them, and without cookies.
        is_own: Whether an answer is the API's own. What is not is an outage (`Intercepted`), whatever its status. By default
            an answer is the API's that is JSON or empty.
        explain: Makes a short text of the vendor's error body: which field, which reason; no customer's text.
        attempts: How often a request that was surely not carried out is tried in place.
        patience: Seconds after which nothing is tried again in place, so that a worker's lease is never at stake.
        sleep: Waits; replaced in tests.
        meter: Holds back what the vendor would refuse. None: nothing is held back, the vendor says itself what is too much.
    """

    connection: str
    base_url: str
    auth: AuthBase | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    headers: Mapping[str, str] = field(default_factory=dict)
    explain: Callable[[requests.Response], str] = explain_nothing
    is_own: Callable[[requests.Response], bool] = is_json
    attempts: int = 3
    patience: float = 8.0
    sleep: Callable[[float], None] = tenacity.nap.sleep
    meter: Meter | None = None
    _local: threading.local = field(default_factory=threading.local, init=False, repr=False, compare=False)
    _sessions: list[requests.Session] = field(default_factory=list, init=False, repr=False, compare=False)

    def request(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, object] | None = None,
        json: object = None,
        data: bytes | BinaryIO | Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes | BinaryIO, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
        accept: frozenset[int] = frozenset(),
        stream: bool = False,
    ) -> requests.Response:
        """Send a request and return the vendor's answer when it is a success.

        Args:
            operation: What it is for, for errors and logs.
            method: The HTTP method.
            path: Begins with "/", or is a whole URL (a file).
            params: Query parameters; None values are left out, True and False are written in lower case.
            json: A body to be sent as JSON.
            data: A raw body, or a file that is streamed, or form fields.
            files: Multipart fields: name -> (file name, content, content type).
            headers: Further headers.
            repeatable: Whether carrying it out twice does no harm. By default reading is, writing is not.
            accept: Statuses besides 2xx that the caller wants to see itself.
            stream: Leave the answer's body to the caller, who closes the answer.

        Raises:
            Intercepted: Something else answered in the API's place.
            VendorError: Of the class that the status stands for; see `escalation_bridge.errors`.
        """
        may_repeat = method.upper() in _SAFE_METHODS if repeatable is None else repeatable
        address = self._address(operation, path)

        bodies = [
            part
            for part in (data, *(content for _, content, _ in (files or {}).values()))
            if _can_rewind(part)
        ]

        def once() -> requests.Response:
            for body in bodies:
                body.seek(0)  # an earlier attempt has read it to its end
            return self._send(
                operation, method, address, may_repeat, params, json, data, files, headers, accept, stream
            )

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: _worth_repeating(error, may_repeat, self.patience)
            ),
            stop=tenacity.stop_after_attempt(self.attempts) | tenacity.stop_after_delay(self.patience),
            wait=_wait_as_asked,
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(once)

    def request_json(self, operation: str, method: str, path: str, **options: Any) -> JsonPart:
        """Send a request as `request` does and read the answer as `read_json` does."""
        return self.read_json(operation, self.request(operation, method, path, **options))

    def read_json(self, operation: str, response: requests.Response) -> JsonPart:
        """The document that an answer holds; nothing where its body is empty.

        Raises:
            UnreadableAnswer: It is no JSON; or, later, a part is read that must be there and is not.
        """
        at = self._at(operation, response)

        def unreadable(message: str) -> NoReturn:
            raise UnreadableAnswer(message, at)

        if not response.content:
            return JsonPart(None, "", unreadable)
        try:
            return JsonPart(parse_json(response.content), "", unreadable)
        except NotJson as problem:
            kind = response.headers.get("Content-Type", "no content type")
            raise UnreadableAnswer(f"the answer is {problem} but {kind}", at) from problem

    def close(self) -> None:
        """Close the connections of all threads."""
        for session in self._sessions:
            session.close()

    def refuse(
        self,
        error: type[VendorError],
        operation: str,
        message: str,
        response: requests.Response | None = None,
    ) -> NoReturn:
        """Raise a vendor error of the plugin's own finding, with the circumstances filled in."""
        raise error(message, self._at(operation, response))

    def _send(
        self,
        operation: str,
        method: str,
        address: Address,
        may_repeat: bool,
        params: Mapping[str, object] | None,
        json: object,
        data: bytes | BinaryIO | Mapping[str, str] | None,
        files: Mapping[str, tuple[str, bytes | BinaryIO, str]] | None,
        headers: Mapping[str, str] | None,
        accept: frozenset[int],
        stream: bool,
    ) -> requests.Response:
        url = str(address)
        at_home = address.origin == parse_address(self.base_url).origin
        meter = self.meter if at_home else None
        if meter is not None:
            meter.admit(operation, method, url, params or {})
        session = self._session()
        request = requests.Request(
            method,
            url,
            params={k: _query_value(v) for k, v in (params or {}).items() if v is not None},
            json=json,
            data=data,
            files=files,
            headers={**(self.headers if at_home else {}), **(headers or {})},
            auth=_no_credentials,  # never None, which makes requests look for the host in ~/.netrc
        )
        try:
            prepared = self._prepared(operation, session, request, address, at_home=at_home)
            timeout = (self.timeouts.connect, self.timeouts.read)
            around = {**self._environment(session, address), "stream": stream}
            response = session.send(prepared, timeout=timeout, allow_redirects=False, **around)
        except requests.exceptions.ConnectTimeout as error:
            raise NotReachable("no connection within the time limit", self._at(operation)) from error
        except requests.exceptions.RequestException as error:
            raise self._broken(operation, error, may_repeat) from error
        _log.debug(
            "vendor.answered",
            connection=self.connection,
            operation=operation,
            method=method,
            status=response.status_code,
        )
        if meter is not None:
            meter.heed(method, url, response, _refused_for(response))
        succeeded = 200 <= response.status_code < 300
        if stream and succeeded:
            return response
        try:
            self._refuse_foreign(operation, response, accept, at_home=at_home)
            if response.status_code not in accept and not succeeded:
                kind = class_of(response, may_repeat=may_repeat)
                self.refuse(kind, operation, self.explain(response), response)
        except VendorError:
            response.close()  # a streamed one would keep its connection
            raise
        return response

    def _environment(self, session: requests.Session, address: Address) -> Mapping[str, Any]:
        """The proxies and certificates that the environment names for a host.

        They are looked for once: each look reads all environment variables and takes as long as preparing the request.
        """
        known: dict[object, Mapping[str, Any]] = self._local.__dict__.setdefault("environments", {})
        if address.origin not in known:
            known[address.origin] = session.merge_environment_settings(str(address), {}, None, None, None)
        return known[address.origin]

    def _address(self, operation: str, path: str) -> Address:
        """Where a request goes; the same reading decides whether credentials go along.

        Raises:
            Rejected: It can be read in more than one way.
        """
        try:
            if path.startswith("/"):
                return parse_address(self.base_url.rstrip("/") + path)
            return parse_address(path)
        except UnclearAddress as error:
            raise Rejected(
                f"nothing is sent to an address that can be read in more than one way ({error})",
                self._at(operation),
            ) from error

    def _prepared(
        self,
        operation: str,
        session: requests.Session,
        request: requests.Request,
        address: Address,
        *,
        at_home: bool,
    ) -> requests.PreparedRequest:
        """The request as it is sent, with credentials if it goes to the connection's own origin."""
        prepared = session.prepare_request(request)
        sent_to = self._address(operation, prepared.url or "")
        if sent_to.origin != address.origin:
            raise Rejected("the address to be sent to is not the one that was read", self._at(operation))
        if not at_home:
            prepared.headers.pop("Cookie", None)  # one for the whole domain is a credential, too
        elif self.auth is not None:
            prepared.prepare_auth(self.auth, prepared.url or "")
        return prepared

    def _refuse_foreign(
        self, operation: str, response: requests.Response, accept: frozenset[int], *, at_home: bool
    ) -> None:
        """Raise `Intercepted` where the answer is not the vendor's own.

        A file store has its own ways to refuse, so of what is elsewhere only pages are none of an API.
        """
        status = response.status_code
        if status in REDIRECTS and status not in accept:
            raise Intercepted(
                f"the answer leads to {self._leads_to(response)}, perhaps a login page",
                self._at(operation, response),
            )
        if status in REDIRECTS or may_be_anybodys(status):
            return
        if not self.is_own(response) if at_home else is_page(response):
            kind = response.headers.get("Content-Type") or "no content type"
            raise Intercepted(
                f"something else answered in the API's place ({kind.partition(';')[0]})",
                self._at(operation, response),
            )

    def _leads_to(self, response: requests.Response) -> str:
        """The host that a redirect names. Never the rest, which may hold a token."""
        try:
            return resolve_address(self.base_url, response.headers.get("Location", "")).host
        except UnclearAddress:
            return "an unclear address"

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = f"escalation-bridge/{__version__}"
            session.headers["Accept"] = "application/json"
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=0))
            self._local.session = session
            self._sessions.append(session)
        return session

    def _broken(
        self, operation: str, error: requests.exceptions.RequestException, may_repeat: bool
    ) -> VendorError:
        at = self._at(operation)
        if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error)):
            return NotReachable("the vendor's certificate is not accepted", at)
        if isinstance(error, ValueError):
            return NotReachable(f"the request cannot be sent ({type(error).__name__})", at)
        if _never_connected(error):
            return NotReachable(f"no connection to {self.base_url}", at)
        if may_repeat:
            return NotReachable("the connection broke before an answer came", at)
        return OutcomeUnknown("no answer came to a write", at)

    def _at(self, operation: str, response: requests.Response | None = None) -> Circumstances:
        if response is None:
            return Circumstances(self.connection, operation)
        request_id = next(
            (response.headers[name] for name in _REQUEST_ID_HEADERS if name in response.headers), None
        )
        return Circumstances(
            self.connection, operation, response.status_code, request_id, retry_after(response)
        )


def _can_rewind(body: object) -> TypeGuard[BinaryIO]:
    return hasattr(body, "seek") and hasattr(body, "read")


def _query_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was made of, in the ways of requests and urllib3."""
    seen: object = error
    while isinstance(seen, BaseException):
        yield seen
        seen = getattr(seen, "reason", None) or (seen.args[0] if seen.args else None)


def _never_connected(error: requests.exceptions.RequestException) -> bool:
    """Whether the connection could not be opened at all: then nothing was sent."""
    return isinstance(error, requests.exceptions.ProxyError) or any(
        isinstance(cause, NewConnectionError | NameResolutionError | ConnectTimeoutError)
        for cause in _causes(error)
    )


def _refused_for(response: requests.Response) -> float | None:
    return max(retry_after(response) or 0.0, _OWN_MINIMUM) if response.status_code == 429 else None


def _worth_repeating(error: BaseException, may_repeat: bool, patience: float) -> bool:
    if isinstance(error, RateLimited):
        return max(error.at.retry_after or 0.0, _OWN_MINIMUM) <= patience
    if isinstance(error, Unavailable):
        return may_repeat and (error.at.retry_after or 0.0) <= patience
    return isinstance(error, NotReachable)


def _wait_as_asked(state: tenacity.RetryCallState) -> float:
    jittered = float(tenacity.wait_random_exponential(multiplier=0.3, max=2.0)(state))
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, RateLimited):
        return max(error.at.retry_after or 0.0, _OWN_MINIMUM) + jittered
    if isinstance(error, VendorError) and error.at.retry_after:
        return error.at.retry_after + jittered
    return jittered
