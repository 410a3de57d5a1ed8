"""Credentials of requests: an API token, a personal access token, or tokens that the bridge requests."""

from requests.auth import AuthBase, HTTPBasicAuth

from escalation_bridge.plugin import (
    BearerToken,
    Connection,
    Grant,
    RenewedToken,
    TokenFile,
    Transport,
)
from escalation_bridge_jira.http.grants import ClientCredentials, rotating
from escalation_bridge_jira.settings import JiraSettings, OAuthClient


def credentials(connection: Connection[JiraSettings]) -> AuthBase:
    """The authentication of this connection's requests."""
    settings = connection.settings
    if settings.personal_access_token is not None:
        return BearerToken(settings.personal_access_token.get_secret_value())
    if settings.oauth is not None:
        return _fetched(connection, settings.oauth)
    if settings.email is None or settings.api_token is None:
        raise AssertionError("the settings are validated to hold one way to sign in")
    # As bytes: requests would write text in Latin-1.
    return HTTPBasicAuth(settings.email.encode(), settings.api_token.get_secret_value().encode())


def _fetched(connection: Connection[JiraSettings], client: OAuthClient) -> RenewedToken:
    tokens = Transport(connection.name, client.server, timeouts=connection.settings.timeouts)
    grant: Grant = ClientCredentials(tokens, client, connection.now)
    if client.refresh_token is not None and client.token_file is not None:
        first, file = client.refresh_token.get_secret_value(), TokenFile(client.token_file)
        grant = rotating(tokens, client, first, file, connection.now)
    return RenewedToken(tokens, grant, connection.now)
