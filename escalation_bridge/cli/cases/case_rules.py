"""The rules that apply to a stored case, and a ladder that they silence."""

import json
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from escalation_bridge.config.loading import load_rules
from escalation_bridge.config.rules import rules_kept
from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.escalation.ladder import is_enforced
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.messages.catalogue import phrase
from escalation_bridge.messages.ledger import local_instant
from escalation_bridge.store.rules.versions import load_version


def silenced_ladder(view: CaseView, rules: Rules) -> Policy | None:
    """The policy whose ladder does not apply because the case's ticket was opened before `enforce_from`; otherwise None."""
    origin = view.tickets.get(view.origin)
    policy = rules.policy_for(origin, view.classification) if origin else None
    if origin is None or policy is None or not policy.ladder or is_enforced(policy, origin):
        return None
    return policy


def silence_line(view: CaseView, policy: Policy, language: str) -> str:
    """Why no step of a ladder is carried out for a case."""
    zone = ZoneInfo(policy.calendar.spec.timezone)
    since, opened = policy.enforce_from, view.tickets[view.origin].created_at
    return phrase(
        "ledger",
        "silenced",
        language,
        policy=policy.name,
        opened=local_instant(opened.replace(microsecond=0), zone, language),
        since=local_instant(since, zone, language) if since else "",
    )


def rules_of(transaction: sa.Connection, view: CaseView, config: Path) -> Rules:
    """The rules that apply to a case: those under which it was opened."""
    version = load_version(transaction, view.rules_version) if view.rules_version else None
    return rules_kept(json.loads(version.document), Rules((), {})) if version else load_rules(config)
