"""Who is asking: what each edition makes of the Authorization header."""

import base64
import binascii
from typing import Any

import flask

from escalation_bridge_sandbox.jira.edition import Edition
from escalation_bridge_sandbox.jira.errors import BareError, JiraError
from escalation_bridge_sandbox.jira.model.people import CredentialKind, Person
from escalation_bridge_sandbox.jira.site import JiraSite

# Set by `Gateway` on requests that came through the API gateway instead of the site's own address.
GATEWAY = "sandbox.gateway"
WRONG_PASSWORDS_UNTIL_CAPTCHA = 3
LOGIN_FAILED_HEADERS = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
LOGIN_FAILED_PAGE = (
    "<html>\n\n<head>\n    <title>Unauthorized (401)</title>\n</head>\n\n<body>\n"
    "<h1>Unauthorized (401)</h1>\n<p>Basic Authentication Failure - Reason : AUTHENTICATED_FAILED</p>\n"
    "</body>\n</html>\n"
)


class Gateway:
    """Serves the site under `/ex/jira/{cloudId}` too, as `api.atlassian.com` does for scoped tokens and OAuth."""

    def __init__(self, app: Any, cloud_id: str) -> None:
        self._app = app
        self._prefix = f"/ex/jira/{cloud_id}"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ.get("PATH_INFO", "")
        if path.startswith(self._prefix + "/"):
            environ = {
                **environ,
                "SCRIPT_NAME": environ.get("SCRIPT_NAME", "") + self._prefix,
                "PATH_INFO": path.removeprefix(self._prefix),
                GATEWAY: True,
            }
        return self._app(environ, start_response)


def visitor(request: flask.Request, site: JiraSite) -> Person | None:
    """The account behind a request, or None for an anonymous visitor.

    Raises:
        JiraError: The credentials are refused at the door. Cloud does that rarely: mostly it lets a visitor
            with a wrong token in as an anonymous one, who then finds nothing.
    """
    header = request.headers.get("Authorization", "")
    scheme, _, value = header.partition(" ")
    value = value.strip()
    if site.edition.is_cloud:
        return _cloud_visitor(scheme.lower(), value, site, through_gateway=bool(request.environ.get(GATEWAY)))
    return _datacenter_visitor(scheme.lower(), value, site)


def unauthorized(edition: Edition) -> JiraError:
    """What a login that is refused at the door looks like."""
    if edition.is_cloud:
        return BareError(
            401,
            {"message": "Client must be authenticated to access this resource.", "status-code": 401},
            LOGIN_FAILED_HEADERS,
        )
    return BareError(401, LOGIN_FAILED_PAGE, LOGIN_FAILED_HEADERS)


def _cloud_visitor(scheme: str, value: str, site: JiraSite, *, through_gateway: bool) -> Person | None:
    if through_gateway:
        return _gateway_visitor(scheme, value, site)
    if scheme == "bearer":
        raise BareError(403, {"error": "Failed to parse Connect Session Auth Token"})
    if scheme != "basic":
        return None
    email, token = _basic(value)
    if _owner(email, token, CredentialKind.SCOPED_TOKEN, site) is not None:
        # A token with scopes is good at the gateway only.
        raise unauthorized(site.edition)
    person = _owner(email, token, CredentialKind.API_TOKEN, site)
    if person is None:
        flask.g.jira_login_failed = True
    return person


def _gateway_visitor(scheme: str, value: str, site: JiraSite) -> Person:
    person = None
    if scheme == "basic":
        email, token = _basic(value)
        person = _owner(email, token, CredentialKind.SCOPED_TOKEN, site)
    elif scheme == "bearer":
        person = _bearer(value, CredentialKind.OAUTH, site)
        flask.g.jira_is_app = person is not None
    if person is None:
        raise BareError(401, {"code": 401, "message": "Unauthorized"})
    return person


def _datacenter_visitor(scheme: str, value: str, site: JiraSite) -> Person | None:
    if scheme == "bearer":
        person = _bearer(value, CredentialKind.PERSONAL_TOKEN, site)
        if person is None:
            raise unauthorized(site.edition)
        return person
    if scheme != "basic":
        return None
    if not site.edition.allows_passwords:
        raise unauthorized(site.edition)
    name, password = _basic(value)
    if site.denied.get(name, 0) >= WRONG_PASSWORDS_UNTIL_CAPTCHA:
        raise BareError(
            403,
            LOGIN_FAILED_PAGE,
            {
                "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
                "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=/login.jsp",
            },
        )
    person = next((each for each in site.people.values() if each.name == name and each.active), None)
    if person is None or not _has(person, password, CredentialKind.PASSWORD, site):
        site.denied[name] = site.denied.get(name, 0) + 1
        raise unauthorized(site.edition)
    site.denied.pop(name, None)
    return person


def _basic(value: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password


def _owner(email: str, secret: str, kind: CredentialKind, site: JiraSite) -> Person | None:
    for person in site.people.values():
        if person.email.lower() == email.lower() and person.active and _has(person, secret, kind, site):
            return person
    return None


def _bearer(secret: str, kind: CredentialKind, site: JiraSite) -> Person | None:
    for credential in site.credentials:
        person = site.people.get(credential.account_id)
        if credential.kind is kind and credential.secret == secret and person is not None and person.active:
            return person
    return None


def _has(person: Person, secret: str, kind: CredentialKind, site: JiraSite) -> bool:
    return any(
        each.account_id == person.account_id and each.kind is kind and each.secret == secret
        for each in site.credentials
    )
