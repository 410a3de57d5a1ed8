"""Why a ticket is an emergency or is none, in words."""

from collections.abc import Sequence

from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.triage.assess import Assessment, Reason
from escalation_bridge.domain.triage.rules import EMERGENCIES, Kind
from escalation_bridge.messages.catalogue import phrase, texts, word

_REASONS = 3
"""How many reasons are given; the others only strengthen them."""


def explain_severity(assessment: Assessment, language: str, *, empty: bool = False) -> str:
    """The reason of a severity in one line.

    Args:
        assessment: The assessment.
        language: The reader's language.
        empty: Whether the ticket has no text at all.
    """
    if empty and not assessment.reasons:
        return phrase("severity", "empty", language)
    if assessment.kind is Kind.STANDARD:
        if not assessment.vetoes:
            return phrase("severity", "standard", language)
        vetoes = "; ".join(veto_line(each, language) for each in assessment.vetoes[:_REASONS])
        return phrase("severity", "standard_vetoed", language, reasons=vetoes)
    reasons = "; ".join(reason_line(each, language) for each in assessment.reasons[:_REASONS])
    if assessment.kind in EMERGENCIES:
        kind = phrase("severity", f"kind_{assessment.kind}", language)
        return phrase("severity", "emergency", language, kind=kind, reasons=reasons)
    return phrase("severity", "important", language, reasons=reasons)


def reason_line(reason: Reason, language: str) -> str:
    """What a rule found, with the words of the ticket."""
    words = _quoted(reason.words, language)
    return phrase("severity", "found", language, what=_what(reason, language), words=words)


def veto_line(veto: Reason, language: str) -> str:
    """Why words of the ticket do not count."""
    words = " ".join(veto.words)
    return phrase("severity", "denied_by", language, words=words, why=_what(veto, language))


def _what(reason: Reason, language: str) -> str:
    own = reason.says.get(language) or next(iter(reason.says.values()), None)
    return own or texts(language)["severity_rule"].get(reason.rule, reason.rule)


def _quoted(words: Sequence[str], language: str) -> str:
    return ", ".join(phrase("severity", "quoted", language, words=each) for each in words)


def explain_classification(found: Classification, language: str) -> str:
    """Why a case has its severity: what the rules found, the reason of a person or an extension; empty if nothing is known."""
    if found.by:
        why = phrase("severity", "by_person", language, by=found.by)
        return f"{why}: {found.reason}" if found.reason else why
    if found.rules:
        rules = texts(language)["severity_rule"]
        return "; ".join(rules.get(name, name) for name in found.rules[:_REASONS])
    return word(found.reason, language)
