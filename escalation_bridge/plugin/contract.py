"""Check a plugin class against the contract at discovery, so that its author sees the errors, not its first user."""

import difflib
import inspect
from collections.abc import Iterator, Mapping

from escalation_bridge.plugin.connection import HelpdeskPlugin
from escalation_bridge.plugin.hooks import PROJECT, EscalationHooks, HelpdeskHooks
from escalation_bridge.plugin.settings import ConnectionSettings

_SPECIFIED = f"{PROJECT}_spec"
_IMPLEMENTED = f"{PROJECT}_impl"


def hooks_of(specification: type[object]) -> tuple[str, ...]:
    """The names of all hooks of a specification class, in source order."""
    return tuple(name for name in vars(specification) if hasattr(getattr(specification, name), _SPECIFIED))


def hooks_in(plugin: type[object]) -> tuple[str, ...]:
    """The hooks that a plugin class implements, in the order of the contract."""
    return tuple(
        name for name in hooks_of(specification_of(plugin)) if hasattr(getattr(plugin, name), _IMPLEMENTED)
    )


def specification_of(plugin: type[object]) -> type[object]:
    """The contract of a plugin class."""
    return HelpdeskHooks if issubclass(plugin, HelpdeskHooks) else EscalationHooks


def find_breaches(plugin: object) -> Iterator[str]:
    """Yield every violation of the contract, worded for the plugin's author."""
    if not isinstance(plugin, type) or not issubclass(plugin, HelpdeskPlugin | EscalationHooks):
        yield "is neither a HelpdeskPlugin nor an EscalationHooks class"
    elif issubclass(plugin, HelpdeskPlugin) and issubclass(plugin, EscalationHooks):
        yield "is both a HelpdeskPlugin and an EscalationHooks class; make two classes of it"
    else:
        if issubclass(plugin, HelpdeskPlugin):
            yield from _attribute_breaches(plugin)
        yield from find_hook_breaches(plugin, specification_of(plugin))


def find_hook_breaches(plugin: type[object], specification: type[object]) -> Iterator[str]:
    """Yield what is wrong with the hooks of a class under a specification."""
    hooks = hooks_of(specification)
    for name in dir(plugin):
        marked: Mapping[str, object] | None = getattr(getattr(plugin, name, None), _IMPLEMENTED, None)
        if marked is None:
            if name in hooks and getattr(plugin, name) is not getattr(specification, name):
                yield f"defines {name} without @hookimpl, so nobody would call it"
            continue
        hook = str(marked["specname"] or name)
        if hook in hooks:
            yield from _in_parameters(plugin, name, _parameters(specification, hook))
            if specification is EscalationHooks and (marked["wrapper"] or marked["hookwrapper"]):
                yield f"wraps {name}; extensions answer, they do not wrap"
        elif not marked["optionalhook"]:
            nearest = difflib.get_close_matches(hook, hooks, n=1)
            hint = f"; did you mean {nearest[0]}?" if nearest else ""
            yield f"marks {hook}, which is no hook{hint}"


def _attribute_breaches(plugin: type[object]) -> Iterator[str]:
    for name in ("vendor", "title"):
        if not isinstance(getattr(plugin, name, None), str):
            yield f"{name}: must be a text"
    settings = getattr(plugin, "settings", None)
    if not isinstance(settings, type) or not issubclass(settings, ConnectionSettings):
        yield "settings: must be a class that derives from ConnectionSettings"


def _in_parameters(
    plugin: type[object], name: str, specified: tuple[inspect.Parameter, ...]
) -> Iterator[str]:
    known = [parameter.name for parameter in specified]
    for parameter in _parameters(plugin, name):
        # pluggy passes positional parameters without defaults only.
        positional = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.POSITIONAL_ONLY)
        passed = positional and parameter.default is parameter.empty
        needed = (
            not passed and parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty
        )
        if passed and parameter.name not in known:
            yield f"{name} takes {parameter.name}, which the hook does not have; it has {', '.join(known)}"
        elif not passed and (parameter.name in known or needed):
            yield f"{name} would never be given {parameter.name}: write it without a default, before any *"


def _parameters(owner: type[object], method: str) -> tuple[inspect.Parameter, ...]:
    """A method's parameters as its caller sees them."""
    parameters = tuple(inspect.signature(getattr(owner, method)).parameters.values())
    return parameters[1:] if inspect.isfunction(inspect.getattr_static(owner, method)) else parameters
