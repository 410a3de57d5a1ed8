"""What an admin says about one Plainlist account."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from escalation_bridge.plugin import (
    ConnectionSettings,
    Secret,
    SiteUrl,
    StatusKind,
)


class PlainlistSettings(ConnectionSettings):
    """One Plainlist account."""

    # A docstring under a field is its description in `escalation-bridge config schema`.
    url: SiteUrl
    """Where the account is, such as `https://acme.plainlist.example`. No path."""
    token: Secret
    """The access token of the bridge's own user."""
    webhook_secrets: tuple[Secret, ...] = ()
    """What webhooks are signed with. Several are accepted, so that one can be replaced; without any none is."""
    webhook_tolerance_seconds: Annotated[float, Field(gt=0, le=3600)] = 300.0
    """How far a webhook's signed time may lie from the bridge's clock."""
    states: Mapping[str, StatusKind] = Field(
        default_factory=dict, examples=[{"parked": "waiting_third_party"}]
    )
    """What states of your own mean. Without it they are unknown, and never guessed."""
