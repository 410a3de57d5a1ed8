"""Credentials of requests: a token that the bridge requests, a configured one, or the legacy API token."""

from datetime import date, datetime

from requests.auth import AuthBase, HTTPBasicAuth

from escalation_bridge.plugin import (
    BearerToken,
    Connection,
    RenewedToken,
    TokenFile,
    Transport,
)
from escalation_bridge_zendesk.http.grants import ClientCredentials, rotating
from escalation_bridge_zendesk.http.refusals import explain
from escalation_bridge_zendesk.settings import SignInMethod, ZendeskSettings

API_TOKENS_END = date(2027, 4, 30)
"""When Zendesk has switched off every API token."""


def credentials(connection: Connection[ZendeskSettings]) -> AuthBase:
    """The authentication of this connection's requests."""
    sign_in = connection.settings.sign_in
    if sign_in.oauth is not None:
        client = sign_in.oauth
        tokens = Transport(
            connection.name,
            connection.settings.url,
            timeouts=connection.settings.timeouts,
            explain=explain,
        )
        if client.refresh_token is None or client.token_file is None:
            return RenewedToken(tokens, ClientCredentials(tokens, client, connection.now), connection.now)
        file = TokenFile(client.token_file)
        grant = rotating(tokens, client, client.refresh_token, file, connection.now)
        return RenewedToken(tokens, grant, connection.now)
    if sign_in.access_token is not None:
        return BearerToken(sign_in.access_token.get_secret_value())
    if sign_in.email is not None and sign_in.api_token is not None:
        name = f"{sign_in.email}/token"
        return HTTPBasicAuth(name.encode(), sign_in.api_token.get_secret_value().encode())
    raise AssertionError("the settings demand exactly one way to sign in")


def advice_when_refused(method: SignInMethod, now: datetime) -> str:
    """Advice for an admin after a 401. Zendesk has one answer for expired and revoked tokens."""
    if method == "oauth":
        return (
            "Zendesk refuses a token that it has just given: see that the user who made the OAuth client is active, "
            "and that the client was not switched off."
        )
    if method == "access_token":
        return (
            "The access token has expired or was revoked, and nothing renews it. Write a new one, or better let the bridge "
            "fetch its own: sign_in.oauth."
        )
    if now.date() > API_TOKENS_END:
        return "Zendesk switched all API tokens off on 30 April 2027. Create an OAuth client and use sign_in.oauth."
    return (
        "The API token is wrong, was deleted, or was switched off (Zendesk does so to tokens that nobody used for 30 days). "
        "Create an OAuth client and use sign_in.oauth: API tokens end on 30 April 2027."
    )
