"""`escalation-bridge config check --online` against the stand-ins: every word that the configuration names, held against the accounts."""

import json
import re
from collections.abc import Callable

import pytest
import requests

from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.kernel.server import start

Run = Callable[..., tuple[int, str, str]]


def test_a_configuration_that_fits_its_accounts_is_in_order(check: Run) -> None:
    status, out, err = check("--online")
    assert (status, err) == (0, "")
    assert f"shop: signed in as {freshdesk.BRIDGE.name}" in out
    assert "bridge.yaml: OK, no problems found (" in out


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        (
            "handed_on_status: With Engineering",
            "handed_on_status: With Enginering",
            "routes.shop-to-engineering.handed_on_status",
            "unknown status of shop `With Enginering`; did you mean `With Engineering`?",
        ),
        (
            "solved: Closed",
            "solved: Closd",
            "routes.shop-to-engineering.status.to_linked.solved",
            "unknown status of engineering `Closd`; did you mean `Closed`?",
        ),
        (
            "create: {project: ENG}",
            "create: {project: ENG, issue_type: Taks}",
            "routes.shop-to-engineering.create",
            "issue_type: ENG has no Taks; it has Bug, Story, Task",
        ),
        (
            "create: {project: ENG}",
            "create: {project: ENG, issue_type: Story}",
            "routes.shop-to-engineering.status.to_linked.solved",
            "the tickets that this route creates have no status `Closed`; they have",
        ),
        (
            "In Review: keep",
            "In Reviev: keep",
            "routes.shop-to-engineering.status.to_origin['In Reviev']",
            "unknown status of engineering `In Reviev`; did you mean `In Review`?",
        ),
        (
            "Done: Open",
            "Done: new",
            "routes.shop-to-engineering.status.to_origin.Done",
            "shop has no status of the kind `new`",
        ),
        (
            "{project: ENG}",
            "{project: EGN}",
            "routes.shop-to-engineering.create.project",
            "unknown project of engineering `EGN`; did you mean `ENG`?",
        ),
        (
            "group: [Escalations]",
            "group: [Escalation]",
            "policies[0].when.group",
            "has the group `Escalation`; did you mean `Escalations`?",
        ),
        (
            "status: [Open]",
            "custom.cf_imapct: [x]",
            "policies[0].when['custom.cf_imapct']",
            "has a field `cf_imapct`; did you mean `custom.cf_impact`?",
        ),
        (
            "origin: cf_affected_orders",
            "origin: cf_affected_ordres",
            "routes.shop-to-engineering.fields.custom[1].origin",
            "shop has no field `cf_affected_ordres`; did you mean `cf_affected_orders`?",
        ),
        (
            "linked: customfield_10013",
            "linked: Owning team",
            "routes.shop-to-engineering.fields.custom[1].linked",
            "engineering has no field `Owning team`; it is named by its id, `customfield_10014`;",
        ),
        (
            "emergency: Critical",
            "emergency: Criticl",
            "routes.shop-to-engineering.fields.severity.values.emergency",
            "unknown choice of Customer impact of engineering `Criticl`; did you mean `Critical`?",
        ),
        (
            "User error: C",
            "Usr error: C",
            "routes.shop-to-engineering.fields.custom[0].values['Usr error']",
            "unknown choice of Root cause of shop `Usr error`; did you mean `User error`?",
        ),
    ],
)
def test_a_word_that_an_account_does_not_have_is_told_with_the_nearest(
    check: Run, old: str, new: str, place: str, told: str
) -> None:
    assert check(**{old: new})[0] == 0  # nobody can tell without the account
    status, _, err = check("--online", **{old: new})
    assert status == 1
    (line,) = [line for line in err.splitlines() if line.startswith("bridge.yaml")]
    assert re.match(r"bridge\.yaml:\d+:\d+: ", line)
    assert f": {place}: " in line
    assert told in line


def test_what_a_project_would_refuse_is_told_beforehand(check: Run) -> None:
    """The words are right, each by itself: what they make together is not."""
    status, _, err = check(
        "--online", **{"create: {project: ENG}": "create: {project: OPS, issue_type: Incident}"}
    )
    assert status == 1
    told = [line for line in err.splitlines() if line.startswith("bridge.yaml")]
    assert [line.split(": ")[1] for line in told] == [
        "routes.shop-to-engineering.create",
        "routes.shop-to-engineering.status.to_linked.solved",
        "routes.shop-to-engineering.status.to_origin",
    ]
    assert "Incident in OPS needs Customer impact (customfield_10011)" in told[0]
    assert "have no status `Closed`" in told[1]


def test_a_status_that_no_transition_leads_to_is_told(check: Run) -> None:
    """Who is waited for in every status on the way is not waited for on the way."""
    waiting = {
        "project: ENG\npolicies": "project: ENG\n    status_kinds: {In Progress: waiting_customer}\npolicies"
    }
    status, _, err = check("--online", **waiting, **{"solved: Closed": "solved: In Review"})
    assert status == 1
    assert "no transition leads the tickets that this route creates to `In Review`" in err


def test_a_workflow_that_could_not_be_judged_is_said(check: Run) -> None:
    not_followed = {"project: ENG\npolicies": "project: ENG\n    follow_workflow: false\npolicies"}
    status, _, err = check("--online", **not_followed)
    assert status == 0
    [line] = [line for line in err.splitlines() if "bridge.yaml:" in line]
    assert line.startswith("Warning")
    assert "whether the tickets that this route creates can be led to `Closed` could not be judged" in line


def test_statuses_that_map_to_nothing_are_refused_where_a_created_ticket_can_have_them(check: Run) -> None:
    status, _, err = check("--online", **{", In Review: keep": ""})
    assert status == 1
    assert "can have statuses that map to nothing: `In Review`. Each would hold the link" in err
    assert "Warning" not in err


def test_other_statuses_that_would_hold_a_link_are_warned_of(check: Run) -> None:
    status, _, err = check("--online", **{"waiting_customer: keep, ": ""})
    assert status == 0
    assert "Warning: bridge.yaml:" in err
    assert "shop has statuses that are not listed:" in err


def test_what_a_reopened_ticket_gets_is_checked_and_asking_is_no_status(check: Run) -> None:
    reopen = {"    status:\n": "    status:\n      reopen: {linked_status: Nowhere, origin_status: Open}\n"}
    status, _, err = check("--online", **reopen, **{"Done: Open": "Done: ask"})
    assert status == 1
    (line,) = [line for line in err.splitlines() if line.startswith("bridge.yaml")]
    assert ": routes.shop-to-engineering.status.reopen.linked_status: unknown status of engineering" in line


def test_an_account_that_cannot_be_asked_is_one_finding_and_the_others_are_checked(
    check: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHDESK_API_KEY", "revoked-a-while-ago")
    status, out, err = check("--online", **{"solved: Closed": "solved: Closd"})
    assert status == 1
    assert "signed in as" in out  # at the other account
    assert ": connections.shop: " in err
    assert "Renew the credentials" in err
    assert "unknown status of engineering `Closd`" in err
    assert "revoked-a-while-ago" not in err


def test_open_tickets_are_counted_where_they_open_cases(check: Run, text: str) -> None:
    (known,) = re.findall(r"plugin: freshdesk\n    url: (\S+)", text)
    message = {
        "from": {"email": freshdesk.CUSTOMER_SARI.email},
        "subject": "My order is lost",
        "body": "Where is it?",
    }
    with start(FreshdeskSandbox(search_lag=0)) as desk:
        for _ in range(2):
            requests.post(f"{desk.url}/_sandbox/inbound", json=message, timeout=10).raise_for_status()
        status, out, err = check("--online", **{known: desk.url})
        answered = check("--online", "--json", **{known: desk.url})[1]
    listed = json.loads(answered[answered.index("{\n") :])  # below the log, if there is one
    assert status == 0
    assert "OK, no problems found" in out
    assert "2 tickets are open there" in err
    assert "`escalation-bridge backfill`" in err
    assert listed["accounts"]["shop"]["open_tickets"] == 2
    assert listed["accounts"]["engineering"]["open_tickets"] is None
