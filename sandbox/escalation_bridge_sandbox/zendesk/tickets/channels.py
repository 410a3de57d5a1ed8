"""The ways in which tickets and comments come in: each has several names in Zendesk."""

from dataclasses import dataclass

from escalation_bridge_sandbox.zendesk.state import seed
from escalation_bridge_sandbox.zendesk.state.records import Json, User


@dataclass(frozen=True)
class Channel:
    """One way in.

    Attributes:
        rest: `via.channel` in the REST API.
        event: `detail.via.channel` in event webhooks.
        label: What `{{ticket.via}}` becomes.
        via_id: What trigger conditions compare `via_id` and `current_via_id` with.
        is_messaging: Whether `from_messaging_channel` is set.
        allows_channelback: Whether a public comment goes back to the channel it came from.
    """

    rest: str
    event: str
    label: str
    via_id: int
    is_messaging: bool = False
    allows_channelback: bool = False


API = Channel("api", "web_service", "Web Service", 5)
RULE = Channel("rule", "rule", "Business rule", 8)
MERGE = Channel("web", "merge", "Merge", 25)
FOLLOW_UP = Channel("web", "closed_ticket", "Closed ticket", 24)

# What a customer can come in by, under the names of this stand-in's control endpoint.
INBOUND = {
    "email": Channel("email", "mail", "Mail", 4),
    "web": Channel("web", "web_form", "Web form", 0),
    "chat": Channel("chat", "chat", "Chat", 29),
    "messaging": Channel("native_messaging", "native_messaging", "Messaging", 72, is_messaging=True),
    "whatsapp": Channel("whatsapp", "whatsapp", "WhatsApp", 73, is_messaging=True),
    "twitter": Channel("twitter", "twitter", "Twitter", 30, allows_channelback=True),
    "facebook": Channel("facebook", "facebook_post", "Facebook Post", 38, allows_channelback=True),
    "phone": Channel("voice", "phone_call_inbound", "Phone call (inbound)", 45),
}

BY_REST_NAME = {channel.rest: channel for channel in (*INBOUND.values(), API, RULE)}


def via(channel: Channel, *, sender: User | None = None) -> Json:
    """The `via` object of a ticket, comment or audit."""
    source_from: Json = {}
    source_to: Json = {}
    if sender is not None and channel.rest == "email":
        source_from = {"address": sender.email, "name": sender.name}
        source_to = {"name": seed.ACCOUNT_NAME, "address": seed.SUPPORT_ADDRESS}
    elif sender is not None and channel.rest != "web":
        source_from = {"name": sender.name}
    return {"channel": channel.rest, "source": {"from": source_from, "to": source_to, "rel": None}}
