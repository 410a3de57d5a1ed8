"""The endpoints under `/_sandbox` by which a stand-in is steered and looked into."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

import flask

from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.kernel.vendor import Vendor

CONTROL_PREFIX = "/_sandbox"

Check = tuple[Callable[[Any], bool], str]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_regex(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


TEXT: Check = (lambda value: isinstance(value, str), "a text")
COUNT: Check = (_is_count, "a whole number from 0")
SECONDS: Check = (lambda value: _is_number(value) and value >= 0, "a number from 0")

FAULT_FIELDS: dict[str, Check] = {
    "kind": (lambda value: value in list(FaultKind), "one of " + ", ".join(FaultKind)),
    "method": TEXT,
    "path": (_is_regex, "a regular expression"),
    "times": (lambda value: _is_count(value) or value == -1, "a whole number, -1 for until removed"),
    "skip": COUNT,
    "seconds": SECONDS,
    "status": (lambda value: _is_count(value) and 100 <= value <= 599, "an HTTP status"),
    "retry_after": TEXT,
    "body": TEXT,
}

MOOD_FIELDS: dict[str, Check] = {
    "duplicate": (lambda value: _is_count(value) and value >= 1, "a whole number from 1"),
    "drop": COUNT,
    "delay": SECONDS,
    "shuffle": (lambda value: isinstance(value, bool), "true or false"),
    "retry_speed": SECONDS,
}


class ControlError(Exception):
    """A control request that makes no sense; the message says what is allowed."""


def control_body(allowed: Collection[str]) -> dict[str, Any]:
    """The request's JSON object, with no other keys than the allowed ones.

    Raises:
        ControlError: It is no object, or has other keys. Answered with 400.
    """
    body = flask.request.get_json(silent=True, force=True)
    if not isinstance(body, dict):
        raise ControlError(f"a JSON object is expected, with {', '.join(allowed)}")
    unknown = sorted(set(body) - set(allowed))
    if unknown:
        raise ControlError(f"not known: {', '.join(unknown)}; allowed: {', '.join(allowed)}")
    return body


def _checked_body(fields: dict[str, Check]) -> dict[str, Any]:
    body = control_body(fields)
    for key, value in body.items():
        is_fine, wanted = fields[key]
        if not is_fine(value):
            raise ControlError(f"{key} must be {wanted}")
    return body


def control_blueprint(vendor: Vendor) -> flask.Blueprint:
    """The control endpoints that every stand-in has."""
    control = flask.Blueprint("sandbox_control", __name__, url_prefix=CONTROL_PREFIX)

    # For the whole application, so that the vendors' own control endpoints raise it too.
    @control.app_errorhandler(ControlError)
    def refuse(problem: ControlError) -> tuple[dict[str, Any], int]:
        return {"error": str(problem)}, 400

    @control.get("/health")
    def health() -> dict[str, Any]:
        return {"vendor": vendor.name, "now": vendor.clock.now().isoformat()}

    @control.get("/journal")
    def read_journal() -> dict[str, Any]:
        asked = flask.request.args.get("writes")
        if asked not in (None, "0", "1"):
            raise ControlError("writes must be 1 (writes only) or 0 (reads only)")
        entries = vendor.journal.entries(
            None if asked is None else asked == "1", flask.request.args.get("user")
        )
        return {"entries": [{**dataclasses.asdict(entry), "at": entry.at.isoformat()} for entry in entries]}

    @control.delete("/journal")
    def clear_journal() -> tuple[str, int]:
        vendor.journal.clear()
        return "", 204

    @control.get("/faults")
    def list_faults() -> dict[str, Any]:
        armed = vendor.faults.armed()
        return {"faults": [{"id": number, **dataclasses.asdict(fault)} for number, fault in armed.items()]}

    @control.post("/faults")
    def add_fault() -> tuple[dict[str, Any], int]:
        body = _checked_body(FAULT_FIELDS)
        if "kind" not in body:
            raise ControlError(f"kind is missing: {FAULT_FIELDS['kind'][1]}")
        return {"id": vendor.faults.add(Fault(**{**body, "kind": FaultKind(body["kind"])}))}, 201

    @control.delete("/faults")
    @control.delete("/faults/<int:fault_id>")
    def remove_faults(fault_id: int | None = None) -> tuple[str, int]:
        if fault_id is None:
            vendor.faults.clear()
        else:
            vendor.faults.remove(fault_id)
        return "", 204

    @control.post("/clock")
    def move_clock() -> dict[str, Any]:
        match control_body(("advance_seconds", "now")):
            case {"advance_seconds": seconds, **rest} if not rest and _is_number(seconds):
                vendor.clock.advance(seconds)
            case {"now": str() as text, **rest} if not rest:
                try:
                    vendor.clock.set(datetime.fromisoformat(text))
                except ValueError as problem:
                    raise ControlError(
                        f"now must be an ISO 8601 instant with a time zone: {problem}"
                    ) from problem
            case _:
                raise ControlError('either {"advance_seconds": <number>} or {"now": "<ISO 8601 instant>"}')
        return {"now": vendor.clock.now().isoformat()}

    @control.get("/webhooks")
    def read_mood() -> dict[str, Any]:
        return dataclasses.asdict(vendor.outbox.mood)

    @control.put("/webhooks")
    def change_mood() -> dict[str, Any]:
        for key, value in _checked_body(MOOD_FIELDS).items():
            setattr(vendor.outbox.mood, key, value)
        return dataclasses.asdict(vendor.outbox.mood)

    @control.get("/webhooks/attempts")
    def read_attempts() -> dict[str, Any]:
        attempts = vendor.outbox.attempts()
        return {
            "attempts": [
                {**dataclasses.asdict(attempt), "at": attempt.at.isoformat()} for attempt in attempts
            ]
        }

    @control.post("/reset")
    def reset() -> tuple[str, int]:
        vendor.reset()
        return "", 204

    return control
