"""`Idempotency-Key` on ticket creation: the same key gives the same answer for two hours."""

import hashlib
import json
from datetime import datetime, timedelta

from escalation_bridge_sandbox.zendesk.state.errors import ApiError
from escalation_bridge_sandbox.zendesk.state.records import Json, RememberedCreation
from escalation_bridge_sandbox.zendesk.state.state import State

LIFE = timedelta(hours=2)
LONGEST_KEY = 255
LOOKUP_HEADER = "x-idempotency-lookup"


def recall(state: State, key: str, body: Json, now: datetime) -> RememberedCreation | None:
    """The answer that was given to this key.

    Raises:
        ApiError: 400, when the key came with another body, or is too long.
    """
    if len(key) > LONGEST_KEY:
        raise _refusal("Idempotency key must be at most 255 characters")
    remembered = state.creations.get(key)
    if remembered is None or remembered.expires_at <= now:
        return None
    if remembered.body_digest != _digest(body):
        raise _refusal("Request parameters don't match the given idempotency key")
    return remembered


def remember(state: State, key: str, body: Json, answer: Json, location: str, now: datetime) -> None:
    # Written out now: later changes of the ticket do not change the answer that is repeated.
    frozen = json.loads(json.dumps(answer))
    state.creations[key] = RememberedCreation(_digest(body), frozen, location, now + LIFE)


def _digest(body: Json) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _refusal(description: str) -> ApiError:
    return ApiError(400, {"error": "IdempotentRequestError", "description": description})
