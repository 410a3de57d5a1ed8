"""From the configuration file to what the bridge works with: validated as a whole, every mistake told at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from escalation_bridge.config_models import (
    KEEP,
    BridgeSettings,
    CommentSync,
    ConfigurationFile,
    LadderStep,
    PolicySettings,
    RouteSettings,
    StepAction,
    parse_moment,
)
from escalation_bridge.configfile import Document, Review, json_schema, load_document
from escalation_bridge.configfile import Path as Place
from escalation_bridge.domain.calendar import ALWAYS, Calendar, CalendarError, parse_calendar
from escalation_bridge.domain.cases import Rules
from escalation_bridge.domain.policy import (
    DEFAULT_PAUSES,
    Action,
    Escalate,
    LeaveNote,
    Match,
    Metric,
    Policy,
    RaisePriority,
    SendNotice,
    Step,
    Targets,
)
from escalation_bridge.domain.routes import CommentRule, Keep, Route, StatusMap
from escalation_bridge.domain.tickets import Priority
from escalation_bridge.messages.catalogue import texts
from escalation_bridge.plugins import Catalogue, PluginState
from escalation_bridge.settings import ConnectionSettings

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A valid configuration."""

    bridge: BridgeSettings
    connections: Mapping[str, ConnectionSettings]
    rules: Rules


def load_configuration(
    path: Path | str, catalogue: Catalogue, environ: Mapping[str, str] | None = None
) -> Configuration:
    """Read and check a configuration file.

    Args:
        path: The file.
        catalogue: The installed plugins; each connection is checked by its own.
        environ: Where `${NAME}` is looked up; by default the process's environment.

    Raises:
        ConfigurationError: With every finding: file, line, path, what was found and what is allowed.
    """
    document = load_document(path, environ)
    review = Review(document)
    connections = _connections(document, review, catalogue)
    calendars = _calendars(document, review)
    file = review.read(ConfigurationFile)
    _check_names(document, review, catalogue)
    review.finish()
    if file is None:
        raise AssertionError("a file without findings is valid")
    return Configuration(file.bridge, connections, _rules(file.policies, file.routes, calendars))


def load_rules(path: Path | str, environ: Mapping[str, str] | None = None) -> Rules:
    """Read what is promised, by which calendars, and the routes: for looking at cases without accounts and their secrets.

    Raises:
        ConfigurationError: With every finding about these parts of the file.
    """
    document = load_document(path, environ)
    here = tuple(each for each in document.findings if each.path.startswith(_RULES))
    review = Review(replace(document, findings=here))
    calendars = _calendars(document, review)
    policies = [review.read(PolicySettings, at) for at in document.below(("policies",))]
    routes = {name: review.read(RouteSettings, ("routes", name)) for name in document.keys(("routes",))}
    for index, policy in enumerate(policies):
        if policy is not None and policy.calendar not in calendars:
            review.report_unknown(("policies", index, "calendar"), "calendar", tuple(calendars))
    review.finish()
    return _rules(
        [policy for policy in policies if policy is not None],
        {name: route for name, route in routes.items() if route is not None},
        calendars,
    )


_RULES = ("policies", "calendars", "routes")


def configuration_schema(catalogue: Catalogue) -> dict[str, object]:
    """The JSON Schema of the configuration file, with the settings of every installed plugin."""
    return json_schema(ConfigurationFile, {name: cls.settings for name, cls in catalogue.vendors().items()})


def _connections(document: Document, review: Review, catalogue: Catalogue) -> dict[str, ConnectionSettings]:
    vendors = catalogue.vendors()
    read: dict[str, ConnectionSettings] = {}
    for name in document.keys(("connections",)):
        path = ("connections", name)
        plugin = document.value((*path, "plugin"))
        if isinstance(plugin, str) and plugin in vendors:
            settings = review.read(vendors[plugin].settings, at=path)
            if settings is not None:
                read[name] = settings
        elif isinstance(plugin, str) and plugin in catalogue.plugins:
            found = catalogue.plugins[plugin]
            problem = (
                found.problem
                if found.state is not PluginState.READY
                else "it is an extension, not a helpdesk"
            )
            review.report((*path, "plugin"), f"the plugin {plugin} cannot be used: {problem}")
        elif plugin is None:
            review.read(ConnectionSettings, at=path)
        else:
            review.report_unknown((*path, "plugin"), "plugin", sorted(vendors))
    return read


def _calendars(document: Document, review: Review) -> dict[str, Calendar]:
    calendars = {"always": ALWAYS}
    for name in document.keys(("calendars",)):
        data = document.value(("calendars", name))
        if not isinstance(data, Mapping):
            review.report(
                ("calendars", name), "a calendar is a mapping: timezone, hours, holidays, overrides, breaks"
            )
            continue
        try:
            calendars[name] = parse_calendar(data)
        except CalendarError as error:
            review.report(("calendars", name), str(error))
    return calendars


def _check_names(document: Document, review: Review, catalogue: Catalogue) -> None:
    """Check what refers to what, also in a file whose other parts have mistakes."""
    names = Names(
        connections=document.keys(("connections",)),
        calendars=("always", *document.keys(("calendars",))),
        routes=document.keys(("routes",)),
        messages=tuple(texts("en")["message"]),
        extensions=tuple(catalogue.extensions()),
    )
    bridge = _valid(document, BridgeSettings, ("bridge",))
    for index, extension in enumerate(bridge.extensions if bridge else ()):
        if extension not in names.extensions:
            review.report_unknown(("bridge", "extensions", index), "extension", names.extensions)
    policies = [_valid(document, PolicySettings, at) for at in document.below(("policies",))]
    for index, policy in enumerate(policies):
        if policy is not None:
            _check_policy(review, ("policies", index), policy, names)
            if policy.name in {earlier.name for earlier in policies[:index] if earlier}:
                review.report(("policies", index, "name"), f"another policy is called {policy.name} already")
    for name in names.routes:
        route = _valid(document, RouteSettings, ("routes", name))
        if route is not None:
            _check_route(review, ("routes", name), route, names)


@dataclass(frozen=True, slots=True)
class Names:
    """What can be referred to by name."""

    connections: tuple[str, ...]
    calendars: tuple[str, ...]
    routes: tuple[str, ...]
    messages: tuple[str, ...]
    extensions: tuple[str, ...]


def _valid(document: Document, model: type[S], at: Place) -> S | None:
    """A part of the file, or None if it has mistakes; these are told elsewhere."""
    return Review(document).read(model, at) if document.node(at) is not None else None


def _check_policy(review: Review, at: Place, policy: PolicySettings, names: Names) -> None:
    if policy.calendar not in names.calendars:
        review.report_unknown((*at, "calendar"), "calendar", names.calendars)
    promised = {metric for targets in policy.targets.model_dump().values() for metric in targets}
    seen: set[str] = set()
    for position, step in enumerate(policy.ladder):
        here = (*at, "ladder", position)
        if step.id in seen:
            review.report(
                (*here, "id"), f"another step is called {step.id} already; a step is known by its id"
            )
        seen.add(step.id)
        if step.metric not in promised:
            review.report(
                (*here, "metric"), f"the policy has no target for {step.metric}; add one under targets"
            )
        for number, action in enumerate(step.do):
            if action.note is not None and action.note not in names.messages:
                review.report_unknown((*here, "do", number, "note"), "message", names.messages)
            if action.escalate is not None and action.escalate not in names.routes:
                review.report_unknown((*here, "do", number, "escalate"), "route", names.routes)


def _check_route(review: Review, at: Place, route: RouteSettings, names: Names) -> None:
    for key, value in (("from", route.origin), ("to", route.linked)):
        if value not in names.connections:
            review.report_unknown((*at, key), "connection", names.connections)
    if route.origin == route.linked:
        review.report((*at, "to"), "a route leads from one connection to another one")


# --- into the domain's words ----------------------------------------------------------------------------------------


def _rules(
    policies: Iterable[PolicySettings],
    routes: Mapping[str, RouteSettings],
    calendars: Mapping[str, Calendar],
) -> Rules:
    return Rules(
        tuple(_policy(policy, calendars) for policy in policies),
        {name: _route(name, route) for name, route in routes.items()},
    )


def _policy(policy: PolicySettings, calendars: Mapping[str, Calendar]) -> Policy:
    by_priority: dict[Metric, dict[Priority, int]] = {}
    for priority in Priority:
        for metric, seconds in getattr(policy.targets, priority).items():
            by_priority.setdefault(metric, {})[priority] = seconds
    pauses = {**DEFAULT_PAUSES, **{metric: frozenset(kinds) for metric, kinds in policy.pause_while.items()}}
    return Policy(
        name=policy.name,
        match=Match({str(field): values for field, values in policy.when.items()}),
        calendar_name=policy.calendar,
        calendar=calendars[policy.calendar],
        targets=Targets(by_priority, policy.targets.default),
        ladder=tuple(_step(step) for step in policy.ladder),
        pauses=pauses,
        stale_after_seconds=policy.stale_after,
    )


def _step(step: LadderStep) -> Step:
    percent, offset = parse_moment(step.at)
    return Step(step.id, step.metric, percent, offset, tuple(_action(action) for action in step.do))


def _action(action: StepAction) -> Action:
    if action.note is not None:
        return LeaveNote(action.note)
    if action.escalate is not None:
        return Escalate(action.escalate)
    if action.notify is not None:
        return SendNotice(action.notify, "sla_breached")
    return RaisePriority(action.priority if isinstance(action.priority, Priority) else None)


def _route(name: str, route: RouteSettings) -> Route:
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
        priorities=route.priorities,
        fields=route.create,
    )


def _status_map(words: Mapping[str, str]) -> StatusMap:
    return StatusMap({word: Keep.KEEP if wish == KEEP else wish for word, wish in words.items()})


def _comment_rule(rule: CommentSync) -> CommentRule:
    return CommentRule(rule.take, rule.write)
