"""Fields that are kept in step, held against the accounts: what can be written, what fits, which choices there are."""

import re
from collections.abc import Callable

import pytest
import requests

from escalation_bridge_sandbox.jira import seed as jira

Run = Callable[..., tuple[int, str, str]]
NUMBERS = "origin: cf_affected_orders, linked: customfield_10013, convert: number"
CUSTOM = "routes.shop-to-engineering.fields.custom[1]"


@pytest.fixture
def issue(text: str) -> None:
    """An issue, which tells what is on the edit screen."""
    found = re.search(r"plugin: jira\n.*\n\s+url: (\S+)", text)
    assert found
    fields = {"project": {"key": "ENG"}, "issuetype": {"name": "Task"}, "summary": "An example"}
    requests.post(
        f"{found[1]}/rest/api/3/issue",
        json={"fields": fields},
        auth=(jira.BRIDGE.email or "", jira.api_token(jira.BRIDGE)),
        timeout=10,
    ).raise_for_status()


def lines(err: str) -> list[str]:
    return [line for line in err.splitlines() if "bridge.yaml:" in line]


@pytest.mark.parametrize(
    ("new", "place", "told"),
    [
        (
            "origin: cf_impact, linked: customfield_10012, convert: yes_no",
            "linked",
            "Workaround of engineering holds `text`, and would be written `yes_no`, which it does not take",
        ),
        (
            "origin: cf_affected_orders, linked: customfield_10012, convert: number",
            "linked",
            "Workaround of engineering holds `text`, and would be written `number`",
        ),
        (
            "origin: cf_vip, linked: customfield_10013, convert: number",
            "origin",
            "VIP of shop holds `yes_no`, which cannot be read as `number`",
        ),
        (
            "origin: cf_impact, linked: customfield_10013, convert: text, direction: to_linked",
            "linked",
            "Affected customers of engineering holds `number`, and would be written `text`",
        ),
        (
            "origin: cf_reference_code, linked: customfield_10013",
            "origin",
            "shop has no field `cf_reference_code`",
        ),
    ],
)
def test_fields_that_do_not_fit_are_refused(check: Run, new: str, place: str, told: str) -> None:
    assert check(**{NUMBERS: new})[0] == 0
    status, _, err = check("--online", **{NUMBERS: new})
    assert status == 1
    assert any(f"{CUSTOM}.{place}: " in line and told in line for line in lines(err))


def test_a_field_that_is_on_no_screen_is_refused_where_an_issue_tells_of_the_screen(
    check: Run, issue: None
) -> None:
    wrong = {NUMBERS: "origin: cf_impact, linked: customfield_10014"}
    status, _, err = check("--online", **wrong, **{"create: {project: ENG}": "create: {issue_type: Task}"})
    assert status == 1
    [line] = [line for line in lines(err) if not line.startswith("Warning")]
    assert f"{CUSTOM}.linked: Owning team of engineering cannot be written" in line
    assert "it is on no edit screen of Task in ENG. Put it there" in line


def test_a_field_that_nobody_tells_of_is_warned_of(check: Run) -> None:
    """No Story is there yet, and only an issue tells which fields its edit screen has."""
    wrong = {NUMBERS: "origin: cf_impact, linked: customfield_10014"}
    story = {"create: {project: ENG}": "create: {issue_type: Story}", "solved: Closed": "solved: keep"}
    _, _, err = check("--online", **wrong, **story)
    assert any(
        line.startswith("Warning") and "Owning team of engineering may not be writable" in line
        for line in lines(err)
    )


def test_what_is_only_read_need_not_be_writable(check: Run, issue: None) -> None:
    read = {NUMBERS: "origin: cf_impact, linked: customfield_10014, direction: to_origin"}
    status, _, err = check("--online", **read)
    assert (status, err) == (0, "")


def test_choices_that_are_not_listed_are_warned_of(check: Run) -> None:
    status, _, err = check("--online", **{", Third party: D": ""})
    assert status == 0
    [line] = lines(err)
    assert "fields.custom[0].values: `Third party` of Root cause of shop are not listed" in line


def test_choices_that_the_other_field_does_not_offer_are_refused(check: Run) -> None:
    without = {
        "severity: {field: customfield_10011, values: {emergency: Critical, standard: Minor}}": "tags: {same: [x]}"
    }
    values = ", values: {Product defect: A, Configuration: B, User error: C, Third party: D}"
    choices = {
        f"linked: customfield_10010, convert: choice{values}": "linked: customfield_10011, convert: choice"
    }
    status, _, err = check("--online", **without, **choices)
    assert status == 1
    assert any(
        "Customer impact of engineering does not offer `Configuration`, `Product defect`" in line
        for line in lines(err)
    )


def test_a_severity_without_a_choice_of_its_name_is_refused(check: Run) -> None:
    status, _, err = check("--online", **{"emergency: Critical, ": ""})
    assert status == 1
    assert "Customer impact of engineering has no choice `emergency`; say under `values`" in err
