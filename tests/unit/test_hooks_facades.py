"""The typed facades offer every hook, with the very arguments of its contract."""

import inspect
from typing import get_type_hints

import pytest

from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.contract import hooks_of
from escalation_bridge.plugin.hooks import EscalationHooks, HelpdeskHooks

OFFERED = [
    (contract, facade, hook)
    for contract, facade in ((HelpdeskHooks, Helpdesk), (EscalationHooks, Extensions))
    for hook in hooks_of(contract)
]
# A definite no, a fallback of the core, everybody's answers, or one of two forms: the core gets something else than a plugin gives.
ANSWERED_OTHERWISE = {
    *("find_ticket", "find_by_key", "classify_ticket", "choose_target", "choose_team", "compose_message"),
    *("veto_escalation", "notify", "add_comment"),
}
OF_THE_CORE = {"compose_message": ("around", "occasion"), "classify_ticket": ("otherwise",)}
"""What the core itself needs to make a plugin's arguments or to answer without one, and no plugin is given."""


@pytest.mark.parametrize(("contract", "facade", "hook"), OFFERED)
def test_a_facade_offers_every_hook_with_its_arguments(contract, facade, hook):
    specified, offered = getattr(contract, hook), getattr(facade, hook)
    parameters = [
        name for name in inspect.signature(offered).parameters if name not in OF_THE_CORE.get(hook, ())
    ]
    assert parameters == list(inspect.signature(specified).parameters)
    asked, given = get_type_hints(specified), get_type_hints(offered)
    given = {name: hint for name, hint in given.items() if name not in OF_THE_CORE.get(hook, ())}
    if hook in ANSWERED_OTHERWISE:
        assert asked.pop("return") != given.pop("return")
    assert given == asked
