"""The settings of a Zendesk account."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from escalation_bridge.plugin import (
    ConnectionSettings,
    LinkFields,
    Secret,
    Settings,
    SiteUrl,
    Visibility,
)

PUBLIC_TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - Zendesk publishes it: no secret
"""The public secret with which Zendesk signs tests of a webhook that is not saved yet."""

SignInMethod = Literal["oauth", "access_token", "api_token"]


class OAuthClient(Settings):
    """An OAuth client of the account, with which the bridge fetches its own short-lived tokens."""

    client_id: str = Field(min_length=1)
    """The client's identifier, from Admin Center > Apps and integrations > APIs > OAuth clients."""
    client_secret: Secret
    """The client's secret; Zendesk shows it once."""
    scope: str = Field(default="read write", min_length=1)
    """What the tokens may do, separated by spaces."""
    refresh_token: Secret | None = None
    """The first refresh token, from the authorization code grant. Without one the client credentials grant is used."""
    token_file: Path | None = None
    """With `refresh_token`: where the bridge keeps the newest tokens, for each refresh token is good once. A whole path."""

    @model_validator(mode="after")
    def _file_for_what_changes(self) -> Self:
        if (self.refresh_token is None) != (self.token_file is None):
            raise ValueError("refresh_token and token_file belong together: write both or neither")
        if self.token_file is not None and not self.token_file.is_absolute():
            raise ValueError("token_file must be a whole path, from the root")
        return self


class SignIn(Settings):
    """How the bridge proves who it is: exactly one of `oauth`, `access_token`, or `email` with `api_token`."""

    oauth: OAuthClient | None = None
    """An OAuth client, with client credentials or a refresh token: what Zendesk recommends for integrations."""
    access_token: Secret | None = None
    """An OAuth access token that somebody else keeps valid."""
    email: str | None = None
    """With `api_token`: whom the token acts for."""
    api_token: Secret | None = None
    """Legacy: Zendesk lets nobody create these after 27 October 2026 and switches all off on 30 April 2027."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.email is None) != (self.api_token is None):
            raise ValueError("email and api_token belong together: write both or neither")
        ways = [self.oauth is not None, self.access_token is not None, self.api_token is not None]
        if sum(ways) != 1:
            raise ValueError("write exactly one of: oauth; access_token; email with api_token")
        return self

    @property
    def method(self) -> SignInMethod:
        """The configured one."""
        if self.oauth is not None:
            return "oauth"
        return "access_token" if self.access_token is not None else "api_token"


class ZendeskSettings(ConnectionSettings):
    """One Zendesk Support account."""

    vendor_name: ClassVar[str] = "zendesk"

    url: SiteUrl
    """Where the account is: https://<subdomain>.zendesk.com"""
    sign_in: SignIn
    """The bridge's own account there."""
    webhook_secrets: tuple[Secret, ...] = ()
    """The signing secrets of the webhooks that call the bridge. Several are accepted while one is replaced."""
    webhooks: Literal["events", "trigger"] = "events"
    """What makes Zendesk call the bridge: ticket events, or a trigger whose conditions an admin may narrow."""
    webhook_tolerance_seconds: float = Field(default=300.0, gt=0, le=86_400)
    """How far a webhook's signed time may lie from the bridge's clock, in seconds."""
    search_lag_seconds: float = Field(default=5.0, ge=0, le=600)
    """How long after a create "no ticket with this external id" is not believed yet, in seconds."""
    new_ticket_visibility: Visibility = Visibility.PRIVATE
    """Whether the first comment of a ticket that the bridge creates is an internal note or public. A route's `public` wins."""
    link_field_id: int | None = Field(default=None, gt=0)
    """The id of a text field that shows the keys of linked tickets and nothing else; see `link_fields` for more."""
    link_fields: LinkFields | None = None
    """Text fields that show the linked ticket's key, status, assignee, last change and health, by id or title."""
    link_tag: str | None = Field(default="escalated", pattern=r"^\S+$")
    """The tag that linked tickets carry, for views and triggers; null for none."""

    @model_validator(mode="after")
    def _one_field_of_links(self) -> Self:
        if self.link_fields is not None and self.link_field_id is not None:
            raise ValueError("link_fields.key takes the place of link_field_id: write only one of them")
        return self
