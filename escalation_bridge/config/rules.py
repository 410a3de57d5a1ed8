"""Convert validated settings to the domain's rules."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from escalation_bridge.config.conditions import condition_of
from escalation_bridge.config.fields import field_rules
from escalation_bridge.config.fields.priority import begun_priorities
from escalation_bridge.config.models import (
    ActionSettings,
    ContractSettings,
    CustomerSettings,
    LadderStep,
    PolicySettings,
    TargetSettings,
)
from escalation_bridge.config.routes import (
    ASK,
    KEEP,
    AttachmentsSync,
    CommentSync,
    HandOffSettings,
    ReopenSettings,
    RouteSettings,
    WriteBudgetSettings,
)
from escalation_bridge.config.values import parse_moment
from escalation_bridge.domain.case.cases import Rules
from escalation_bridge.domain.escalation.actions import BY_WORD as ACTIONS
from escalation_bridge.domain.routes.routes import (
    CommentRule,
    FileRule,
    ReopenRule,
    Route,
    StatusMap,
    WriteBudget,
)
from escalation_bridge.domain.routes.sides import Ask, Keep
from escalation_bridge.domain.sla.calendar import ALWAYS, Calendar, parse_calendar
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.sla.hand_offs import HandOffTarget, LateStep
from escalation_bridge.domain.sla.policy import (
    DEFAULT_PAUSES,
    Action,
    Contract,
    Metric,
    Policy,
    Repeat,
    Start,
    Step,
    Target,
    Targets,
)
from escalation_bridge.domain.teams.directory import Directory
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Priority, Severity
from escalation_bridge.plugin.settings import Settings

_WISHES: Mapping[str, Keep | Ask] = {KEEP: Keep.KEEP, ASK: Ask.ASK}


def make_rules(
    policies: Iterable[PolicySettings],
    contracts: Iterable[ContractSettings],
    routes: Mapping[str, RouteSettings],
    calendars: Mapping[str, Calendar],
    directory: Directory | None = None,
) -> Rules:
    """Make the rules for decisions from settings in which every name is known."""
    return Rules(
        policies=tuple(_policy(policy, calendars) for policy in policies),
        routes={name: _route(name, route, calendars) for name, route in routes.items()},
        contracts=tuple(_contract(contract, calendars) for contract in contracts),
        directory=directory or Directory(),
    )


def rules_kept(promises: Mapping[str, object], present: Rules) -> Rules:
    """Restore the rules from a configuration's stored `promises`, with the present routes and teams.

    Raises:
        pydantic.ValidationError, CalendarError: The stored data is invalid.
    """
    kept = _Promises.model_validate(promises)
    calendars = {"always": ALWAYS, **{name: parse_calendar(data) for name, data in kept.calendars.items()}}
    rules = make_rules(kept.policies, kept.contracts, {}, calendars)
    rules = replace(rules, policies=tuple(_with_present_updates(each, present) for each in rules.policies))
    return replace(
        rules,
        routes=present.routes,
        directory=present.directory,
        incidents=present.incidents,
        customer_value=present.customer_value,
        closing=present.closing,
        satisfaction=present.satisfaction,
        review=present.review,
    )


def _with_present_updates(kept: Policy, present: Rules) -> Policy:
    """A kept policy informs customers as the present one of its name does, and not at all if there is none.

    One that did not inform them does not begin to: customers would hear of what happened long ago.
    """
    if kept.updates is None:
        return kept
    now = next((policy.updates for policy in present.policies if policy.name == kept.name), None)
    return replace(kept, updates=now or replace(kept.updates, mode=Sending.OFF))


class _KeptPolicy(PolicySettings):
    starts: Start = Start.CUSTOMER
    """Versions that were stored before this setting existed started no clock when an agent opened a ticket; they
    still do not.
    """


class _Promises(Settings):
    policies: tuple[_KeptPolicy, ...]
    contracts: tuple[ContractSettings, ...]
    calendars: Mapping[str, Mapping[str, object]]


def _policy(policy: PolicySettings, calendars: Mapping[str, Calendar]) -> Policy:
    calendar = calendars[policy.calendar]
    pauses = {**DEFAULT_PAUSES, **{metric: frozenset(kinds) for metric, kinds in policy.pause_while.items()}}
    return Policy(
        name=policy.name,
        match=condition_of(policy.when),
        calendar_name=policy.calendar,
        calendar=calendar,
        targets=_targets(policy.targets),
        ladder=tuple(_step(step) for step in policy.ladder),
        pauses=pauses,
        stale_after_seconds=policy.stale_after,
        enforce_from=_instant(policy.enforce_from, calendar),
        hourly_cap=policy.hourly_cap,
        effective_from=_instant(policy.effective_from, calendar),
        starts=policy.starts,
        updates=_updates(policy.customer) if policy.customer is not None else None,
    )


def _updates(customer: CustomerSettings) -> CustomerUpdates:
    return CustomerUpdates(
        mode=customer.mode,
        occasions=frozenset(customer.occasions),
        every_seconds=customer.every,
        quiet_seconds=customer.quiet_minutes * 60,
        nights=customer.nights,
        opt_out=condition_of(customer.opt_out) if customer.opt_out is not None else None,
        timezone=customer.timezone,
    )


def _contract(contract: ContractSettings, calendars: Mapping[str, Calendar]) -> Contract:
    calendar = calendars[contract.calendar] if contract.calendar is not None else None
    match = condition_of(contract.when or {})
    if contract.organisations:
        theirs = Test("organisation", Operator.IS, contract.organisations)
        match = Condition((theirs, *match.all), match.any, match.none)
    return Contract(
        name=contract.name,
        match=match,
        calendar_name=contract.calendar,
        calendar=calendar,
        targets=_targets(contract.targets),
        effective_from=_instant(contract.effective_from, calendar or ALWAYS),
    )


def _targets(targets: TargetSettings) -> Targets:
    by_priority: dict[Metric, dict[Priority, Target]] = {}
    by_severity: dict[Metric, dict[Severity, Target]] = {}
    for priority in Priority:
        for metric, seconds in getattr(targets, priority).items():
            by_priority.setdefault(metric, {})[priority] = seconds
    for severity in Severity:
        for metric, seconds in getattr(targets, severity).items():
            by_severity.setdefault(metric, {})[severity] = seconds
    return Targets(by_priority, targets.default, by_severity)


def _instant(since: date | None, calendar: Calendar) -> datetime | None:
    """A date begins in the calendar's time zone."""
    if since is None or isinstance(since, datetime):
        return since
    return datetime.combine(since, time(), ZoneInfo(calendar.spec.timezone)).astimezone(UTC)


def _step(step: LadderStep) -> Step:
    percent, offset = parse_moment(step.at)
    return Step(
        id=step.id,
        metric=step.metric,
        percent=percent,
        offset_seconds=offset,
        actions=tuple(_action(action) for action in step.do),
        clock=step.clock,
        repeat=Repeat(step.repeat.every, step.repeat.at_most) if step.repeat else None,
        condition=condition_of(step.condition) if step.condition is not None else None,
        page=step.page,
        refire_on_retarget=step.refire_on_retarget,
    )


def _action(action: ActionSettings) -> Action:
    word, value = action.written
    return ACTIONS[word].make(value)


def _route(name: str, route: RouteSettings, calendars: Mapping[str, Calendar]) -> Route:
    return Route(
        name=name,
        origin=route.origin,
        linked=route.linked,
        to_linked=_status_map(route.status.to_linked),
        to_origin=_status_map(route.status.to_origin),
        comments_to_linked=_comment_rule(route.comments.to_linked),
        comments_to_origin=_comment_rule(route.comments.to_origin),
        owner=route.status.owner,
        origin_status=route.handed_on_status,
        tell_customer=route.tell_customer,
        labels=route.labels,
        priorities=begun_priorities(route.priorities, route.fields),
        fields=route.create,
        hand_off=_hand_off(route.hand_off, calendars) if route.hand_off else None,
        files=_file_rule(route.attachments),
        follow_edits=timedelta(seconds=route.comments.follow_edits) or None,
        trim_quotes=route.comments.trim_quotes,
        synced=field_rules(route.fields),
        done_when=route.done_when,
        draft_reply=route.draft_reply,
        raise_priority=route.raise_priority,
        reopen=_reopen_rule(route.status.reopen),
        budget=_budget(route.write_budget),
        languages=route.language,
        package=route.package.rule,
    )


def _hand_off(hand_off: HandOffSettings, calendars: Mapping[str, Calendar]) -> HandOffTarget:
    late = tuple(
        sorted((LateStep(step.after, step.to) for step in hand_off.late), key=lambda s: s.after_seconds)
    )
    return HandOffTarget(hand_off.target, hand_off.calendar, calendars[hand_off.calendar], late)


def _reopen_rule(reopen: ReopenSettings) -> ReopenRule:
    return ReopenRule(
        to_linked=reopen.linked_status,
        to_origin=reopen.origin_status,
        within=timedelta(days=reopen.within_days) if reopen.within_days is not None else None,
        too_late=reopen.too_late,
        at_most=reopen.at_most,
    )


def _budget(budget: WriteBudgetSettings) -> WriteBudget:
    return WriteBudget(
        budget.changes, timedelta(minutes=budget.minutes), timedelta(minutes=budget.quiet_minutes)
    )


def _status_map(words: Mapping[str, str]) -> StatusMap:
    return StatusMap({word: _WISHES.get(wish, wish) for word, wish in words.items()})


def _comment_rule(rule: CommentSync) -> CommentRule:
    return CommentRule(rule.take, rule.write)


def _file_rule(attachments: AttachmentsSync | bool) -> FileRule | None:
    if attachments is False:
        return None
    limits = AttachmentsSync() if attachments is True else attachments
    return FileRule(limits.max_mb * 1024 * 1024, limits.refuse)
