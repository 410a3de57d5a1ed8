"""docs/writing-a-plugin.md shows code that exists, names what exists, and says what really comes of it."""

import re
from pathlib import Path

import pytest
import requests
import responses

from escalation_bridge import errors, plugin
from escalation_bridge.errors import VendorError
from escalation_bridge.plugin.contract import hooks_of
from escalation_bridge.plugin.hooks import EscalationHooks, HelpdeskHooks
from escalation_bridge.plugin.http.transport import Transport

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "third_party_plugin"
GUIDE = (ROOT / "docs" / "writing-a-plugin.md").read_text(encoding="utf-8")


def shown(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("code", shown("python"))
def test_the_code_is_the_examples(code):
    sources = [squeezed(file.read_text(encoding="utf-8")) for file in EXAMPLE.rglob("*.py")]
    assert any(squeezed(code) in source for source in sources)


def squeezed(code: str) -> str:
    """Without the layout, which is another in a page."""
    return re.sub(r",?\s+|,(?=[)\]])", "", code)


def test_the_packaging_is_the_examples():
    (lines,) = shown("toml")
    assert lines in (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")


def test_everything_it_names_exists():
    hooks = {*hooks_of(HelpdeskHooks), *hooks_of(EscalationHooks)}
    named = set(re.findall(r"`(\w+_\w+)`", GUIDE))
    asked_for = {
        name for name in named if re.match("check_|verify_|parse_|fetch_|find_|create_|update_|add_", name)
    }
    assert asked_for <= hooks | set(plugin.__all__)
    for name in re.findall(r"\| `([A-Z]\w+)` \|", GUIDE):
        assert issubclass(getattr(errors, name), VendorError)
    for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", GUIDE):
        assert (ROOT / "docs" / link).exists(), link


@pytest.mark.parametrize(
    ("method", "answers"),
    [("POST", dict.fromkeys((502, 504), "OutcomeUnknown")), ("GET", {302: "Intercepted"})]
    + [
        ("POST", {int(status): error})
        for statuses, error in re.findall(
            r"^\| ((?:\d{3}(?:, )?)+)(?:, 5xx)? \| `(\w+)`", GUIDE, re.MULTILINE
        )
        for status in statuses.rstrip(", ").split(", ")
    ]
    + [("POST", {422: "Rejected"}), ("POST", {503: "Unavailable"})],
)
def test_a_status_becomes_the_error_that_it_says(method, answers):
    for status, error in answers.items():
        with responses.RequestsMock() as wire:
            wire.add(method, "https://desk.example/x", status=status)
            with pytest.raises(getattr(errors, error)) as raised:
                Transport("desk", "https://desk.example", sleep=lambda _: None).request("try", method, "/x")
        assert type(raised.value).__name__ == error


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (requests.exceptions.ReadTimeout(), "OutcomeUnknown"),
        (requests.exceptions.ConnectTimeout(), "NotReachable"),
    ],
)
def test_no_answer_becomes_the_error_that_it_says(failure, error):
    with responses.RequestsMock() as wire:
        wire.add("POST", "https://desk.example/x", body=failure)
        with pytest.raises(VendorError) as raised:
            Transport("desk", "https://desk.example", sleep=lambda _: None).request("try", "POST", "/x")
    assert type(raised.value).__name__ == error
