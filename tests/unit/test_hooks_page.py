"""docs/hooks.md has every hook of both contracts, as the code has them."""

import importlib.util
import re
from pathlib import Path

import pytest

from escalation_bridge.plugin.contract import hooks_of
from escalation_bridge.plugin.hooks import EscalationHooks, HelpdeskHooks

DOCS = Path(__file__).parents[2] / "docs"
HOOKS = [(contract, hook) for contract in (HelpdeskHooks, EscalationHooks) for hook in hooks_of(contract)]


def generated() -> str:
    spec = importlib.util.spec_from_file_location("hooks_page", DOCS / "hooks_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.page()


def test_the_page_is_as_the_code_says():
    written = (DOCS / "hooks.md").read_text(encoding="utf-8")
    assert written == generated(), "generate it again: python docs/hooks_page.py"


@pytest.mark.parametrize(("contract", "hook"), HOOKS)
def test_every_hook_has_its_section_with_signature_and_text(contract, hook):
    page = (DOCS / "hooks.md").read_text(encoding="utf-8")
    section = re.search(
        rf"^### {hook}\n\n```python\n@hookimpl\ndef {hook}\((.*?)\n```\n\n(.+?)$",
        page,
        re.DOTALL | re.MULTILINE,
    )
    assert section is not None
    assert len(section[2].split()) >= 4


@pytest.mark.parametrize("contract", [HelpdeskHooks, EscalationHooks])
def test_every_public_method_of_a_contract_is_a_hook(contract):
    public = tuple(name for name in vars(contract) if not name.startswith("_"))
    assert public == hooks_of(contract)


def test_both_contracts_name_their_hooks_differently():
    assert not set(hooks_of(HelpdeskHooks)) & set(hooks_of(EscalationHooks))


@pytest.mark.parametrize(("contract", "hook"), HOOKS)
def test_a_specification_is_never_taken_for_an_implementation(contract, hook):
    arguments = [None] * (getattr(contract, hook).__code__.co_argcount - 1)
    with pytest.raises(AssertionError, match="hookimpl"):
        getattr(contract(), hook)(*arguments)
