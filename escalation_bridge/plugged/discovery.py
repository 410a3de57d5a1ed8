"""Find and load plugins, each separately, so that a broken one is reported and skipped."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from typing import Any

import structlog

from escalation_bridge.errors import PluginError
from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.contract import find_breaches, hooks_in
from escalation_bridge.plugin.hooks import PROJECT, EscalationHooks, HelpdeskHooks

_log = structlog.get_logger(__name__)

BLOCK_VARIABLE = "ESCALATION_BRIDGE_BLOCK_PLUGINS"
"""Names of plugins, separated by commas, that are not loaded whatever the configuration says."""


class PluginState(StrEnum):
    READY = "ready"
    BLOCKED = "blocked"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """An installed plugin.

    Attributes:
        cls: Its class; None unless `state` is READY.
        problem: Why it cannot be used, for the admin.
    """

    name: str
    distribution: str
    version: str
    state: PluginState
    cls: type[HelpdeskPlugin[Any]] | type[EscalationHooks] | None = None
    problem: str = ""

    @property
    def kind(self) -> str:
        if self.cls is None:
            return "?"
        return "helpdesk" if issubclass(self.cls, HelpdeskHooks) else "extension"

    @property
    def hooks(self) -> tuple[str, ...]:
        """The hooks that it implements."""
        return hooks_in(self.cls) if self.cls is not None else ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All installed plugins, by name."""

    plugins: Mapping[str, FoundPlugin]

    def vendors(self) -> Mapping[str, type[HelpdeskPlugin[Any]]]:
        """The usable vendor plugins."""
        return {
            n: p.cls
            for n, p in self.plugins.items()
            if p.cls is not None and issubclass(p.cls, HelpdeskPlugin)
        }

    def extensions(self) -> Mapping[str, type[EscalationHooks]]:
        """The usable extensions."""
        return {
            n: p.cls
            for n, p in self.plugins.items()
            if p.cls is not None and issubclass(p.cls, EscalationHooks)
        }


def discover(
    blocked: Iterable[str] = (), entry_points: Iterable[metadata.EntryPoint] | None = None
) -> Catalogue:
    """Find every installed plugin.

    Args:
        blocked: Names that the configuration blocks; the environment variable `ESCALATION_BRIDGE_BLOCK_PLUGINS` adds more.
        entry_points: Entry points to use instead of the installed ones, for tests.

    Raises:
        PluginError: Two distributions offer a plugin with the same name.
    """
    found = metadata.entry_points(group=PROJECT) if entry_points is None else entry_points
    shut_out = {
        name.strip() for name in (*blocked, *os.environ.get(BLOCK_VARIABLE, "").split(",")) if name.strip()
    }
    plugins: dict[str, FoundPlugin] = {}
    for entry_point in sorted(found, key=lambda entry: (entry.name, entry.value)):
        plugin = _load(entry_point, blocked=entry_point.name in shut_out)
        earlier = plugins.get(plugin.name)
        if earlier is not None and (earlier.distribution, earlier.version) != (
            plugin.distribution,
            plugin.version,
        ):
            raise PluginError(
                f"two plugins are called {plugin.name!r}: one of {earlier.distribution} {earlier.version}, one of "
                f"{plugin.distribution} {plugin.version}; uninstall one of them"
            )
        plugins[plugin.name] = plugin
    return Catalogue(plugins)


def _load(entry_point: metadata.EntryPoint, *, blocked: bool) -> FoundPlugin:
    distribution = entry_point.dist.name if entry_point.dist else "unknown distribution"
    version = entry_point.dist.version if entry_point.dist else "?"

    def plugin(state: PluginState, cls: type | None = None, problem: str = "") -> FoundPlugin:
        return FoundPlugin(entry_point.name, distribution, version, state, cls, problem)

    if blocked:
        return plugin(PluginState.BLOCKED, problem="blocked by the configuration or the environment")
    try:
        loaded = entry_point.load()
        problem = "; ".join(find_breaches(loaded))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a stranger's import may raise anything; the others go on
        problem = f"cannot be imported: {error!r}"
    if problem:
        _log.warning("plugin.broken", plugin=entry_point.name, distribution=distribution, error=problem)
        return plugin(PluginState.BROKEN, problem=problem)
    return plugin(PluginState.READY, loaded)
