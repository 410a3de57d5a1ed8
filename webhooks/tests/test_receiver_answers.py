"""Every answer of the receiver, and what it has stored by then."""

import io
import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_webhooks.app import create_app

TRIGGER = b'{"ticket_id": "35"}'
FRESH = b'{"freshdesk_webhook": {"ticket_id": "11"}}'
MEGABYTE = 1024 * 1024


# --- 202 --------------------------------------------------------------------------------------------------------------


def test_a_proven_webhook_is_stored_as_it_came(receiver):
    answer = receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER))
    assert (answer.status_code, answer.json) == (202, {"status": "stored"})
    (row,) = receiver.rows()
    assert (row.connection, row.method, row.body) == ("support", "POST", TRIGGER)
    assert (row.state, row.attempts, row.received_at) == ("stored", 0, receiver.clock.at)
    assert receiver.rung == 1


def test_every_vendor_is_taken(receiver):
    issue = receiver.jira_body()
    assert receiver.post("dev", issue, receiver.jira(issue)).status_code == 202
    assert receiver.post("shop", FRESH, receiver.freshdesk()).status_code == 202
    form = receiver.freshdesk() | {"Content-Type": "application/x-www-form-urlencoded"}
    assert receiver.post("shop", b"ticket_id=12", form).status_code == 202
    assert [row.connection for row in receiver.rows()] == ["dev", "shop", "shop"]


def test_a_body_without_a_content_type_is_taken(receiver):
    headers = receiver.zendesk(TRIGGER)
    del headers["Content-Type"]
    assert receiver.post("support", TRIGGER, headers).status_code == 202


def test_what_concerns_no_ticket_and_what_is_unknown_is_taken_too(receiver):
    for event in ("worklog_created", "jira:weather_changed"):
        body = receiver.jira_body(webhookEvent=event)
        assert receiver.post("dev", body, receiver.jira(body)).status_code == 202


# --- 401 --------------------------------------------------------------------------------------------------------------


def test_what_is_not_proven_is_refused_and_not_stored(receiver):
    signed = receiver.zendesk(TRIGGER)
    issue = receiver.jira_body()
    attempts = [
        ("support", TRIGGER, {}),
        ("support", TRIGGER + b" ", signed),
        ("support", TRIGGER, signed | {"X-Zendesk-Webhook-Signature": "AAAA"}),
        ("support", TRIGGER, receiver.zendesk(TRIGGER, secret="KEY")),
        ("open", TRIGGER, receiver.zendesk(TRIGGER)),
        ("dev", issue, {}),
        ("dev", issue, receiver.jira(issue + b" ")),
        ("dev", issue, {"X-Hub-Signature": receiver.jira(issue)["X-Hub-Signature"].removeprefix("sha256=")}),
        ("shop", FRESH, {}),
        ("shop", FRESH, receiver.freshdesk(secret="KEY")),
        ("shop", FRESH, {"Authorization": "Basic not-base64"}),
    ]
    for connection, body, headers in attempts:
        answer = receiver.post(connection, body, headers)
        assert answer.status_code == 401, (connection, headers)
        assert set(answer.json) == {"error"}
    assert receiver.rows() == []
    assert receiver.rung == 0


@pytest.mark.parametrize("minutes", [-6, 6, 60 * 24])
def test_a_replayed_zendesk_webhook_is_refused(receiver, minutes):
    signed = receiver.zendesk(TRIGGER)
    receiver.clock.at += timedelta(minutes=minutes)
    assert receiver.post("support", TRIGGER, signed).status_code == 401
    assert receiver.rows() == []


def test_an_old_jira_webhook_is_refused(receiver):
    body = receiver.jira_body()
    receiver.clock.at += timedelta(hours=25)
    assert receiver.post("dev", body, receiver.jira(body)).status_code == 401


@pytest.mark.parametrize("secret", ["OLD", "NEW"])
def test_all_secrets_are_accepted_while_one_is_rotated(receiver, secret):
    issue = receiver.jira_body()
    assert receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER, secret=secret)).status_code == 202
    assert receiver.post("dev", issue, receiver.jira(issue, secret=secret)).status_code == 202
    assert receiver.post("shop", FRESH, receiver.freshdesk(secret=secret)).status_code == 202


def test_the_refusal_helps_no_forger(receiver):
    answer = receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER, secret="KEY"))
    right = receiver.zendesk(TRIGGER)["X-Zendesk-Webhook-Signature"]
    assert right not in answer.text
    assert "the-secret" not in answer.text


# --- 404, 405, 413, 415 -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/webhooks/nobody", "/webhooks/off", "/webhooks/", "/", "/webhooks/support/x"]
)
def test_an_unknown_address_is_not_found(receiver, path):
    answer = receiver.app.test_client().post(path, data=TRIGGER, headers=receiver.zendesk(TRIGGER))
    assert answer.status_code == 404
    assert set(answer.json) == {"error"}


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_only_post_is_taken(receiver, method):
    answer = receiver.app.test_client().open(
        "/webhooks/support", method=method, data=TRIGGER, headers=receiver.zendesk(TRIGGER)
    )
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_by_default_five_megabytes_are_taken_and_not_a_byte_more(receiver):
    body = b'{"ticket_id": "35", "x": "' + b"x" * (5 * MEGABYTE - 28) + b'"}'
    assert len(body) == 5 * MEGABYTE
    assert receiver.post("support", body, receiver.zendesk(body)).status_code == 202
    body += b" "
    answer = receiver.post("support", body, receiver.zendesk(body))
    assert answer.status_code == 413
    assert str(5 * MEGABYTE) in answer.json["error"]
    assert len(receiver.rows()) == 1


def test_another_limit_counts_where_one_is_set(receiver):
    body = receiver.jira_body(x="x" * (5 * MEGABYTE))
    assert receiver.post("dev", body, receiver.jira(body)).status_code == 202
    body = receiver.jira_body(x="x" * (6 * MEGABYTE))
    assert receiver.post("dev", body, receiver.jira(body)).status_code == 413
    body = FRESH + b" " * 1024
    assert receiver.post("shop", body, receiver.freshdesk()).status_code == 413


def test_a_body_without_a_length_is_limited_too(receiver):
    body = FRESH + b" " * 1024
    answer = receiver.app.test_client().post(
        "/webhooks/shop",
        input_stream=io.BytesIO(body),
        headers=receiver.freshdesk(),
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "kind", ["application/xml", "text/plain", "multipart/form-data; boundary=x", "application/jsonp", "json"]
)
def test_another_kind_of_body_is_refused(receiver, kind):
    answer = receiver.post("shop", FRESH, receiver.freshdesk() | {"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json["error"]


@pytest.mark.parametrize(("encoding", "status"), [("gzip", 415), ("br", 415), ("Identity", 202), ("", 202)])
def test_an_encoded_body_is_refused(receiver, encoding, status):
    answer = receiver.post("shop", FRESH, receiver.freshdesk() | {"Content-Encoding": encoding})
    assert answer.status_code == status


# --- 400 --------------------------------------------------------------------------------------------------------------

TOLD = "my card is 4111 1111 1111 1111"
MALFORMED = {
    "zendesk, nothing": ("support", b""),
    "zendesk, no JSON": ("support", TOLD.encode()),
    "zendesk, no UTF-8": ("support", b"\xff\xfe" + TOLD.encode()),
    "zendesk, no ticket": ("support", json.dumps({"subject": TOLD}).encode()),
    "zendesk, no id": ("support", json.dumps({"ticket_id": TOLD}).encode()),
    "zendesk, a list": ("support", json.dumps([TOLD]).encode()),
    "zendesk, an event without an id": (
        "support",
        json.dumps({"type": "zen:event-type:ticket.created", "detail": {"id": TOLD}}).encode(),
    ),
    "freshdesk, no JSON": ("shop", TOLD.encode()),
    "freshdesk, no id": ("shop", json.dumps({"ticket_id": TOLD}).encode()),
    "freshdesk, no ticket": ("shop", json.dumps({"freshdesk_webhook": {"ticket_subject": TOLD}}).encode()),
    "freshdesk, XML": ("shop", b"<xml>" + TOLD.encode() + b"</xml>"),
    "freshdesk, no UTF-8": ("shop", b"\xff" + TOLD.encode()),
    "jira, no JSON": ("dev", TOLD.encode()),
    "jira, no UTF-8": ("dev", b"\xff" + TOLD.encode()),
}


@pytest.mark.parametrize(("connection", "body"), MALFORMED.values(), ids=MALFORMED)
def test_what_cannot_be_read_is_refused_with_a_reason_and_kept(receiver, connection, body):
    headers = {
        "support": lambda: receiver.zendesk(body),
        "dev": lambda: receiver.jira(body),
        "shop": receiver.freshdesk,
    }[connection]()
    answer = receiver.post(connection, body, headers)
    assert answer.status_code == 400
    assert answer.json["error"]
    assert "4111" not in answer.text
    (row,) = receiver.rows()
    assert (row.state, row.body, row.outcome) == ("quarantined", body, answer.json["error"])
    assert receiver.rung == 0


def test_a_jira_issue_without_an_id_is_kept_as_well(receiver):
    for issue in ({"key": TOLD}, {"id": TOLD}, TOLD, None):
        body = receiver.jira_body(issue=issue)
        answer = receiver.post("dev", body, receiver.jira(body))
        assert answer.status_code == 400
        assert "4111" not in answer.text
    assert {row.state for row in receiver.rows()} == {"quarantined"}


def test_a_plugin_that_fails_in_reading_costs_no_delivery(receiver):
    class Fails:
        @hookimpl
        def parse_webhook(self):
            raise ZeroDivisionError

    receiver.bridge.helpdesks["support"].extend(Fails(), "fails")
    assert receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER)).status_code == 202
    (row,) = receiver.rows()
    assert row.state == "stored"


# --- 503 --------------------------------------------------------------------------------------------------------------


def assert_come_again(answer):
    assert answer.status_code == 503
    assert 0 < int(answer.headers["Retry-After"]) < 60  # Zendesk waits no longer
    assert set(answer.json) == {"error"}


def test_a_plugin_that_fails_in_verifying_lets_nothing_in(receiver):
    class Fails:
        @hookimpl
        def verify_webhook(self):
            raise ZeroDivisionError

    receiver.bridge.helpdesks["support"].extend(Fails(), "fails")
    assert_come_again(receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER)))
    assert receiver.rows() == []


def test_an_error_that_nobody_foresaw_has_it_sent_again(receiver, monkeypatch):
    def fail(_delivery):
        raise ZeroDivisionError("the customer's card is 4111")

    monkeypatch.setattr(receiver.writer, "save", fail)
    answer = receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER))
    assert_come_again(answer)
    assert "4111" not in answer.text


def test_a_full_disk_acknowledges_nothing_and_goes_on_when_there_is_room(receiver):
    database = receiver.bridge.database
    room = [10**9]

    def limit(connection, _record):
        connection.execute(f"PRAGMA max_page_count={room[0]}")

    sa.event.listen(database.engine, "connect", limit)
    with database.read() as transaction:
        used = transaction.exec_driver_sql("PRAGMA page_count").scalar_one()
    room[0] = used + 20
    database.close()  # connections are made anew, with that limit

    body = json.dumps({"ticket_id": "35", "x": "x" * 200_000}).encode()
    assert_come_again(receiver.post("support", body, receiver.zendesk(body, invocation="one")))
    assert receiver.rows() == []
    small = receiver.post("support", TRIGGER, receiver.zendesk(TRIGGER))
    assert small.status_code == 202

    room[0] = 10**9
    database.close()
    assert receiver.post("support", body, receiver.zendesk(body, invocation="one")).status_code == 202
    assert [row.body for row in receiver.rows()] == [TRIGGER, body]


def test_a_database_that_is_gone_acknowledges_nothing(receiver):
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with closing(gone), closing(DeliveryWriter(gone)) as writer:
        without = replace(receiver, writer=writer)
        assert_come_again(without.post("support", TRIGGER, receiver.zendesk(TRIGGER)))


# --- health -----------------------------------------------------------------------------------------------------------


def test_health(receiver):
    client = receiver.app.test_client()
    assert (client.get("/healthz").status_code, client.get("/readyz").status_code) == (200, 200)


def test_it_is_not_ready_with_another_schema_and_says_so(receiver):
    with receiver.bridge.database.write() as transaction:
        transaction.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))
    client = receiver.app.test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, "schema" in answer.json["error"]) == (503, True)


def test_it_is_not_ready_without_a_database(receiver):
    gone = Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    app = create_app(replace(receiver.bridge, database=gone), receiver.writer)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"error": "the database does not answer"})
    assert app.test_client().get("/healthz").status_code == 200
    gone.close()
