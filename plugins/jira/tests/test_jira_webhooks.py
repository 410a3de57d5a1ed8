"""Webhooks of both editions: recorded shapes read, forged and stale ones refused."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from escalation_bridge.errors import WebhookMalformed, WebhookRefused
from escalation_bridge.plugin.connection import Connection
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_jira.webhooks import webhook
from escalation_bridge_jira.webhooks.proof import Secrets, verify

PAYLOADS = Path(__file__).parent / "payloads"
SECRETS = (SecretStr("the new secret"), SecretStr("the old secret"))
WINDOW = timedelta(hours=24)
SENT = datetime.fromtimestamp(1782872000, UTC)

# file -> issue, what happened, further details
ABOUT_ISSUES: dict[str, tuple[str, str, dict[str, str]]] = {
    "issue_created__cloud": ("10040", "issue_created", {"key": "ENG-24"}),
    "issue_updated__cloud_status": ("10040", "issue_generic", {"key": "ENG-24"}),
    "issue_updated__cloud_bulk_done": ("10040", "issue_resolved", {"key": "ENG-24"}),
    "issue_updated__cloud_moved": ("10040", "issue_moved", {"key": "OPS-3", "moved": "ENG-24 -> OPS-3"}),
    "issue_deleted__cloud": ("10040", "jira:issue_deleted", {"key": "ENG-24"}),
    "issue_deleted__datacenter": ("10040", "jira:issue_deleted", {"key": "ENG-24"}),
    "issue_deleted__reduced": ("10040", "jira:issue_deleted", {"key": "ENG-24"}),
    "issue_created__datacenter": ("10040", "issue_created", {"key": "ENG-24"}),
    "issue_updated__datacenter_status": ("10040", "issue_work_started", {"key": "ENG-24"}),
    "issue_updated__datacenter_commented": ("10040", "issue_commented", {"key": "ENG-24"}),
    "issue_updated__old_server": ("10040", "jira:issue_updated", {"key": "ENG-24"}),
    "comment_created__cloud": ("10040", "comment_created", {"comment": "10062"}),
    "comment_created__cloud_service_project": ("10050", "comment_created", {"comment": "10063"}),
    "comment_updated__cloud_internal": ("10050", "comment_updated", {"comment": "10064"}),
    "comment_deleted__cloud": ("10040", "comment_deleted", {"comment": "10062"}),
    "comment_created__datacenter": ("10040", "comment_created", {"comment": "10062"}),
}
IGNORED = {
    "comment_created__datacenter_without_address": "names no issue",
    "worklog_created__cloud": "worklog_created",
    "issuelink_created__cloud": "issuelink_created",
    "issue_property_set__cloud": "issue_property_set",
    "version_released__cloud": "jira:version_released",
}
UNSUPPORTED = {"unknown__cloud": "jira:issue_archived"}
DELETIONS = {"issue_deleted__cloud", "issue_deleted__datacenter", "issue_deleted__reduced"}


def body_of(name: str) -> bytes:
    return (PAYLOADS / f"{name}.json").read_bytes()


def request_of(body: bytes, *, secret: str = "the new secret", **headers: str) -> WebhookRequest:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return WebhookRequest.make(
        body, {"X-Hub-Signature": f"sha256={signature}", **headers}, received_at=SENT + timedelta(seconds=2)
    )


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_payload_is_proven_and_read(path: Path) -> None:
    request = request_of(path.read_bytes())
    verified = verify(request, Secrets(SECRETS), WINDOW)
    news = webhook.parse(replace(request, body_is_proven=verified.covers_body))
    event = json.loads(path.read_bytes())["webhookEvent"]
    if path.stem in ABOUT_ISSUES:
        issue, what, details = ABOUT_ISSUES[path.stem]
        [hint] = news.hints
        assert (hint.id, hint.what, dict(news.details)) == (issue, what, {"event": event, **details})
        assert hint.deleted == (path.stem in DELETIONS)
        assert news.ignored is None
        assert news.unsupported is None
    elif path.stem in IGNORED:
        assert IGNORED[path.stem] in (news.ignored or "")
        assert not news.hints
    else:
        assert news.unsupported == UNSUPPORTED[path.stem]


@pytest.mark.parametrize("name", sorted(DELETIONS))
def test_a_deletion_is_believed_of_a_proven_body_alone(name: str) -> None:
    request = request_of(body_of(name))
    assert verify(request, Secrets(SECRETS), WINDOW).covers_body
    for proven in (True, False):
        [hint] = webhook.parse(replace(request, headers={}, body_is_proven=proven)).hints
        assert (hint.id, hint.deleted) == ("10040", proven)


@pytest.mark.parametrize(
    ("name", "account", "comment"),
    [
        ("issue_updated__cloud_status", "5b10ac8d82e05b22cc7d4ef5", None),
        ("issue_updated__datacenter_status", "JIRAUSER10400", None),
        (
            "comment_created__cloud",
            "5b10ac8d82e05b22cc7d4ef5",
            json.loads(body_of("comment_created__cloud"))["comment"]["id"],
        ),
    ],
)
def test_a_webhook_tells_who_did_it(name: str, account: str, comment: str | None) -> None:
    for own_account in (account, "somebody", None):
        [hint] = webhook.parse(request_of(body_of(name)), own_account).hints
        assert hint.evidence is not None
        assert hint.evidence.by_bridge == (own_account == account)
        assert hint.evidence.comment == comment
        assert (hint.evidence.updated_at is None) == (comment is not None)


def _without(name: str, *path: str) -> bytes:
    document: Any = json.loads(body_of(name))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return json.dumps(document).encode()


def _with(name: str, value: object, *path: str) -> bytes:
    document: Any = json.loads(body_of(name))
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is not JSON"),
        (b"timestamp=1782872000000", "the body is not JSON"),
        (b'{"timestamp": 1, ', r"the body is not JSON \(line 1, column 18\)"),
        (b'{"webhookEvent": "\xff"}', r"the body is not UTF-8 \(byte 18\)"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"[" * 100_000, "nested too deeply|not JSON"),
        (b'{"timestamp": 1782872000000}', "webhookEvent is missing"),
        (_without("issue_created__cloud", "issue"), "issue.id is missing"),
        (_without("issue_created__cloud", "issue", "id"), "issue.id is missing"),
        (_with("issue_created__cloud", "ENG-24", "issue", "id"), "issue.id is missing or is no id"),
        (_with("issue_created__cloud", True, "issue", "id"), "issue.id is missing or is no id"),
        (_with("issue_created__cloud", ["x"], "issue"), "issue.id is missing"),
        (_without("comment_created__cloud", "issue", "id"), "issue.id is missing"),
        (_without("comment_created__cloud", "comment"), "comment.id is missing"),
        (_without("comment_created__datacenter", "comment", "id"), "comment.id is missing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_said_with_its_place(body: bytes, told: str) -> None:
    with pytest.raises(WebhookMalformed, match=told) as problem:
        webhook.parse(request_of(body))
    assert "Payment" not in str(problem.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(
    event=st.sampled_from(["jira:issue_updated", "jira:issue_deleted", "comment_created", "x"]),
    issue=json_values,
    comment=json_values,
    changelog=json_values,
)
def test_any_body_is_read_or_malformed(event: str, issue: object, comment: object, changelog: object) -> None:
    body = {"webhookEvent": event, "issue": issue, "comment": comment, "changelog": changelog}
    try:
        news = webhook.parse(request_of(json.dumps(body).encode()))
    except WebhookMalformed:
        return
    assert sum((bool(news.hints), news.ignored is not None, news.unsupported is not None)) == 1


# --- proof ------------------------------------------------------------------------------------------------------------


def test_the_published_example_of_a_signature() -> None:
    """From Atlassian's page about webhooks."""
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    request = WebhookRequest.make(b"Hello World!", {"x-hub-signature": signature}, received_at=SENT)
    verify(request, Secrets((SecretStr("It's a Secret to Everybody"),)), WINDOW)


def test_the_delivery_is_known_by_jiras_identifier() -> None:
    request = request_of(
        body_of("issue_created__cloud"),
        **{"X-Atlassian-Webhook-Identifier": "a-1", "X-Atlassian-Webhook-Retry": "2"},
    )
    assert verify(request, Secrets(SECRETS), WINDOW).delivery_id == "a-1"
    assert verify(request_of(body_of("issue_created__cloud")), Secrets(SECRETS), WINDOW).delivery_id is None


def test_every_configured_secret_is_accepted_while_one_is_changed() -> None:
    for secret in ("the new secret", "the old secret"):
        verify(request_of(body_of("issue_created__cloud"), secret=secret), Secrets(SECRETS), WINDOW)


def refused(
    request: WebhookRequest, secrets: tuple[SecretStr, ...] = SECRETS, window: timedelta = WINDOW
) -> None:
    with pytest.raises(WebhookRefused) as problem:
        verify(request, Secrets(secrets), window)
    assert str(problem.value) == "the webhook is not signed as it has to be"  # nothing for a forger to learn


BODY = body_of("issue_updated__cloud_status")


def test_an_unsigned_webhook_is_refused() -> None:
    refused(replace(request_of(BODY), headers={}))


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha256",
        "=",
        hmac.new(b"the new secret", BODY, hashlib.sha256).hexdigest(),
        "sha1=" + hmac.new(b"the new secret", BODY, hashlib.sha1).hexdigest(),
        "sha512=" + hmac.new(b"the new secret", BODY, hashlib.sha512).hexdigest(),
        "SHA256=" + hmac.new(b"the new secret", BODY, hashlib.sha256).hexdigest(),
        "sha256=" + hmac.new(b"the new secret", BODY, hashlib.sha256).hexdigest()[:-1],
        "sha256=" + hmac.new(b"", BODY, hashlib.sha256).hexdigest(),
        "sha256=é",
    ],
)
def test_any_other_signature_is_refused(signature: str) -> None:
    refused(replace(request_of(BODY), headers={"x-hub-signature": signature}), (*SECRETS, SecretStr("")))


def test_a_wrong_secret_is_refused() -> None:
    refused(request_of(BODY, secret="somebody else's"))


def test_without_a_secret_nothing_is_accepted() -> None:
    refused(request_of(BODY), ())
    refused(request_of(BODY, secret=""), ())


@given(position=st.integers(0, len(BODY) - 1), change=st.integers(1, 255))
def test_any_changed_byte_is_refused(position: int, change: int) -> None:
    changed = bytearray(BODY)
    changed[position] ^= change
    refused(replace(request_of(BODY), body=bytes(changed)))


@pytest.mark.parametrize(
    "late", [timedelta(hours=24, seconds=1), timedelta(days=400), -timedelta(minutes=11)]
)
def test_an_old_or_future_one_is_refused(late: timedelta) -> None:
    refused(replace(request_of(BODY), received_at=SENT + late))


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=23, minutes=59), -timedelta(minutes=9)])
def test_a_retry_hours_later_is_accepted(late: timedelta) -> None:
    verify(replace(request_of(BODY), received_at=SENT + late), Secrets(SECRETS), WINDOW)


@pytest.mark.parametrize("stamp", ["1782872000000", None, True, 10**30, -(10**30)])
def test_without_a_readable_time_stamp_it_is_refused(stamp: object) -> None:
    refused(request_of(_with("issue_created__cloud", stamp, "timestamp")))
    refused(request_of(_without("issue_created__cloud", "timestamp")))


# --- rules of Jira Automation -------------------------------------------------------------------------------------------

AUTOMATION = Secrets(webhook=SECRETS, automation=(SecretStr("rule secret"), SecretStr("older rule secret")))


def of_a_rule(body: object, **headers: str) -> WebhookRequest:
    return WebhookRequest.make(json.dumps(body).encode(), headers, received_at=SENT)


@pytest.mark.parametrize("shown", ["rule secret", "older rule secret", " rule secret "])
def test_a_rule_is_proven_by_its_secret(shown: str) -> None:
    verify(of_a_rule({}, **{"x-escalation-bridge-secret": shown}), AUTOMATION, WINDOW)


@pytest.mark.parametrize("shown", ["", "rule secre", "the new secret", "Rule secret"])
def test_a_rule_with_another_secret_is_refused(shown: str) -> None:
    with pytest.raises(WebhookRefused):
        verify(of_a_rule({}, **{"X-Escalation-Bridge-Secret": shown}), AUTOMATION, WINDOW)


@pytest.mark.parametrize("secrets", [Secrets(), Secrets(SECRETS, (SecretStr(""),)), Secrets(SECRETS)])
def test_without_a_secret_of_rules_none_is_accepted(secrets: Secrets) -> None:
    with pytest.raises(WebhookRefused):
        verify(of_a_rule({}, **{"x-escalation-bridge-secret": ""}), secrets, WINDOW)


def test_the_secret_of_a_rule_does_not_replace_a_wrong_signature() -> None:
    request = of_a_rule({}, **{"x-escalation-bridge-secret": "rule secret", "x-hub-signature": "sha256=00"})
    with pytest.raises(WebhookRefused):
        verify(request, AUTOMATION, WINDOW)


@pytest.mark.parametrize(
    "body",
    [
        {"issue": {"self": "x", "id": 10040, "key": "ENG-24", "fields": {"summary": "s"}}},
        {"self": "x", "id": 10040, "key": "ENG-24", "changelog": {"histories": None}, "fields": {}},
        {"issue": {"id": "10040", "key": "ENG-24"}},
        {"id": "10040", "key": "ENG-24"},
    ],
    ids=["jira format", "automation format", "written by an admin", "written by an admin, short"],
)
def test_what_a_rule_sends_is_read(body: object) -> None:
    news = webhook.parse(of_a_rule(body))
    [hint] = news.hints
    assert (hint.id, hint.what, hint.deleted) == ("10040", "automation", False)
    assert news.details == {"event": "automation", "key": "ENG-24"}


@pytest.mark.parametrize("body", [{"issue": {"key": "ENG-24"}}, {"issue": {"id": "{{issue.id}}"}}, {}])
def test_a_rule_that_names_no_id_is_malformed(body: object) -> None:
    with pytest.raises(WebhookMalformed, match="id"):
        webhook.parse(of_a_rule(body))


# --- set-up by hand -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_the_set_up_by_hand_names_everything_but_secrets(deployment: str) -> None:
    sign_in: dict[str, Any] = (
        {"email": "b@acme.example", "api_token": SecretStr("t0ken")}
        if deployment == "cloud"
        else {"personal_access_token": SecretStr("t0ken")}
    )
    base = {"plugin": "jira", "deployment": deployment, "url": "https://jira.acme.example", **sign_in}
    settings = JiraSettings(
        **base,
        webhook_secrets=SECRETS,
        automation_secrets=(SecretStr("rule secret"),),
        webhook_jql="project = ENG",
    )
    told = "\n".join(
        JiraPlugin(Connection("jira-main", settings)).webhook_setup("https://bridge.example/w/jira-main")
    )
    for part in (
        "https://bridge.example/w/jira-main",
        "project = ENG",
        "connections.jira-main.webhook_secrets[0]",
        "connections.jira-main.automation_secrets[0]",
        "X-Escalation-Bridge-Secret",
        "Exclude body",
    ):
        assert part in told
    assert not any(secret in told for secret in ("the new secret", "rule secret", "t0ken"))
    without = JiraPlugin(Connection("jira-main", JiraSettings(**base))).webhook_setup(
        "https://bridge.example/"
    )
    assert any("make up a long one" in step for step in without)
