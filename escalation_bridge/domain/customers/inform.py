"""Decide whether the customer gets an update now.

What there is to report is found at each look, from what is known then. Nothing is decided for later: an update that has to wait is a
wake, so that it is decided on what is true when its time comes. One that could not be sent yet is put into present words, or withdrawn.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from escalation_bridge.domain.case.escalations import Change, ChangeKind
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.rule import CaseLook
from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.customer_updates import InformCustomer
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.customers import wording
from escalation_bridge.domain.customers.correspondence import Correspondence, occasions_of, update_of
from escalation_bridge.domain.customers.expectation import expectation
from escalation_bridge.domain.customers.occasions import News, Watch
from escalation_bridge.domain.customers.permission import Permission
from escalation_bridge.domain.customers.rating_question import open_question
from escalation_bridge.domain.customers.reach import is_there, window_closed
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Occasion, Sending
from escalation_bridge.domain.sla.policy import Policy
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import TicketRef, Visibility


def keep_informed(at: Situation, policy: Policy | None) -> Part:
    """Report to the customer what is new, in one update; draft it for the agents; or wait until it may be sent."""
    so_far = Correspondence.of(at)
    recorded = _recorded(at, so_far)
    if policy is None or policy.updates is None or not _is_informed(at, policy):
        return recorded + _withdrawn(so_far) + _closed_draft(at, so_far)
    if at.origin.ref in at.view.unread:
        return recorded + Part(frozen=frozenset(record.key for record in so_far.updates))
    if so_far.uncertain:
        return recorded
    reason = _not_sent_because(at, policy.updates, so_far)
    return recorded + (_draft(at, policy, so_far, reason) if reason else _send(at, policy, so_far))


def rests_on(look: CaseLook, part: Part) -> Iterator[TicketRef]:
    """An update: the customer's ticket, where somebody may have answered, and the linked tickets of whose state it speaks."""
    if part.rests_on:
        yield look.view.origin
        readable = (link.linked for link in look.view.links if link.linked not in look.view.unread)
        yield from (ref for ref in readable if look.view.absence(ref) is None)


def reports_the_end(at: Situation, policy: Policy | None) -> bool:
    """Whether the customer is still to get an update, sent or drafted, that the ticket is solved: other messages wait for it."""
    if policy is None or policy.updates is None or not _is_informed(at, policy):
        return False
    so_far = Correspondence.of(at)
    drafting = bool(_not_sent_because(at, policy.updates, so_far))
    drafted = _occasions_of_draft(so_far) if drafting else ()
    news = _watch(at, policy, so_far, drafting=drafting).news()
    return _is_the_end(each for each in news if each.id not in drafted)


def _is_informed(at: Situation, policy: Policy) -> bool:
    """Whether there is somebody who is to be informed."""
    is_on = policy.updates is not None and policy.updates.mode is not Sending.OFF
    return is_on and Permission(at, policy).is_given


def _not_sent_because(at: Situation, updates: CustomerUpdates, so_far: Correspondence) -> str:
    """Why agents get a draft; empty: the update is sent."""
    if updates.mode is Sending.DRAFT:
        return "draft_by_policy"
    if so_far.refused is not None:
        return "draft_refused"
    return "draft_window_closed" if window_closed(at.view, at.origin, at.now) else ""


# --- sending ------------------------------------------------------------------------------------------------------------


def _send(at: Situation, policy: Policy, so_far: Correspondence) -> Part:
    watch = _watch(at, policy, so_far, drafting=False)
    news, pending = watch.news(), so_far.pending
    if not news:
        return _withdrawn(so_far) + _wakes(watch) + _closed_draft(at, so_far)
    moment = Permission(at, policy).moment(*([pending.key] if pending is not None else ()))
    if moment > at.now:
        return _withdrawn(so_far) + Part(wake_at=(moment,))
    message = _update(at, watch, news)
    write = InformCustomer(at.origin.ref, message)
    fresh = Part(rests_on=frozenset({at.origin.ref}), wake_at=_wakes(watch).wake_at)
    if pending is None:
        key = so_far.next_update(at.view).text
        return fresh + Part(intents=(KeyedIntent(key, write),)) + _closed_draft(at, so_far)
    if pending.intent == write:
        return fresh
    return fresh + Part(revised=(KeyedIntent(pending.key, write, pending.next_attempt_at),))


def _watch(at: Situation, policy: Policy, so_far: Correspondence, *, drafting: bool) -> Watch:
    reported = so_far.occasions(with_drafts=drafting)
    if drafting:  # an open draft is written again with whatever joins it
        reported -= _occasions_of_draft(so_far)
    if at.view.incident is not None:
        reported |= at.view.incident.informed
    return Watch(at, policy, so_far, reported, drafting, expectation(at, policy))


def _wakes(watch: Watch) -> Part:
    ahead = (watch.silent_until, watch.broken_at)
    return Part(wake_at=tuple(each for each in ahead if each is not None and each > watch.at.now))


def _update(at: Situation, watch: Watch, news: tuple[News, ...]) -> MessageRequest:
    """One update, with the question about satisfaction if it reports the end and nobody has asked yet."""
    zone, is_known = Permission(at, watch.policy).zone
    message = wording.update(at, news, watch.expected, str(zone), zone_is_known=is_known)
    if not _is_the_end(news):
        return message
    rewritten = frozenset(record.key for record in watch.so_far.open_draft) if watch.drafting else frozenset()
    question = open_question(at, apart_from=rewritten)
    return replace(message, facts={**message.facts, **question.facts}) if question is not None else message


def _is_the_end(news: Iterable[News]) -> bool:
    return any(each.kind is Occasion.DONE for each in news)


def _withdrawn(so_far: Correspondence) -> Part:
    pending = so_far.pending
    return Part(withdrawn=(pending.key,)) if pending is not None else NOTHING


# --- drafts -------------------------------------------------------------------------------------------------------------


def _draft(at: Situation, policy: Policy, so_far: Correspondence, reason: str) -> Part:
    """Write the draft for the agents, or put the open one into present words: there is one at a time."""
    if policy.updates is None:
        return NOTHING
    closed = _closed_draft(at, so_far) if _is_answered(so_far) else NOTHING
    if closed != NOTHING:
        return closed  # a new one follows in the next round
    watch = _watch(at, policy, so_far, drafting=True)
    news = watch.news()
    standing = so_far.open_draft[-1] if so_far.open_draft else None
    withdrawn = _withdrawn(so_far)
    if not news or (standing is not None and not _is_more(news, standing)):
        return withdrawn + _wakes(watch)
    moment = Permission(at, policy).after_quiet(
        *(record.key for record in so_far.updates if record.state is IntentState.PENDING)
    )
    if moment > at.now:
        return withdrawn + Part(wake_at=(moment,))
    error = so_far.refused.error if so_far.refused is not None else ""
    message = wording.draft(_update(at, watch, news), reason, error or "")
    key = so_far.next_draft(at.view)
    write = (
        WriteComment(at.origin.ref, Visibility.PRIVATE, message)
        if standing is None
        else ReviseNote(at.origin.ref, message, key.note, or_another=True)
    )
    fresh = Part(rests_on=frozenset({at.origin.ref}))
    return withdrawn + fresh + Part(intents=(KeyedIntent(key.text, write),)) + _wakes(watch)


def _occasions_of_draft(so_far: Correspondence) -> frozenset[str]:
    return frozenset(each for record in so_far.open_draft for each in occasions_of(record))


def _is_more(news: tuple[News, ...], standing: IntentRecord) -> bool:
    """Whether there is more to report than a draft says."""
    return not {each.id for each in news} <= set(occasions_of(standing))


def _is_answered(so_far: Correspondence) -> bool:
    """Whether an agent has answered since the open draft was written."""
    open_draft, answered = so_far.open_draft, so_far.answered_at
    if not open_draft or answered is None:
        return False
    # Vendors tell whole seconds. Nothing is drafted right after an answer, so one in the same second came later.
    return answered >= open_draft[-1].decided_at.replace(microsecond=0)


def _closed_draft(at: Situation, so_far: Correspondence) -> Part:
    """Mark the open draft as outdated, so that nobody sends it."""
    open_draft = so_far.open_draft
    if not open_draft or not is_there(at.view, at.origin):
        return NOTHING
    unsent = tuple(each.key for each in open_draft if each.state is IntentState.PENDING)
    if len(unsent) == len(open_draft):
        return Part(withdrawn=unsent)
    key = so_far.next_draft(at.view)
    message = MessageRequest("customer_draft_outdated", {}, visibility=Visibility.PRIVATE)
    write = ReviseNote(at.origin.ref, message, key.note)
    end = replace(key, version=None).text
    return Part(intents=(KeyedIntent(end, write),), withdrawn=unsent)


# --- the record -----------------------------------------------------------------------------------------------------------


def _recorded(at: Situation, so_far: Correspondence) -> Part:
    """Note each update that the customer got with its escalation."""
    escalations = {each.number: each for each in at.view.escalations}
    changed = set[int]()
    for record in so_far.updates:
        update = update_of(record)
        if record.state is not IntentState.DONE or update is None or not update.facts["escalation"]:
            continue
        escalation = escalations.get(int(update.facts["escalation"]))
        if escalation is None or any(
            change.facts.get("update") == record.key for change in escalation.changes
        ):
            continue
        facts = {name: update.facts[name] for name in ("about", "due", "occasions")} | {"update": record.key}
        sent_at = record.sent_at or record.decided_at
        change = Change(sent_at, ChangeKind.INFORMED, escalation.owner, cause=escalation.cause, facts=facts)
        escalations[escalation.number] = escalation.changed(change)
        changed.add(escalation.number)
    return Part(escalations=tuple(escalations[number] for number in sorted(changed)))
