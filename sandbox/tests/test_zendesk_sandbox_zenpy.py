"""The stand-in Zendesk, driven by zenpy: the Python client that people use with the real one."""

import io
from collections.abc import Iterator

import pytest
import requests
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, CustomField, Ticket, Trigger, User, Webhook
from zenpy.lib.exception import APIException, RecordNotFoundException

from escalation_bridge_sandbox.kernel.receiver import Receiver
from escalation_bridge_sandbox.kernel.server import RunningVendor, start
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed


@pytest.fixture(scope="module")
def served() -> Iterator[RunningVendor]:
    with start(ZendeskSandbox()) as running:
        yield running


@pytest.fixture
def zendesk(served: RunningVendor, monkeypatch: pytest.MonkeyPatch) -> RunningVendor:
    # zenpy's own way to another host than {subdomain}.zendesk.com.
    scheme, _, host = served.url.partition("://")
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", scheme)
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", host)
    served.vendor.reset()
    return served


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        yield opened


@pytest.fixture
def client(zendesk: RunningVendor, session: requests.Session) -> Zenpy:
    return Zenpy(
        subdomain="sandbox",
        email=seed.BRIDGE.email,
        token=seed.API_TOKEN,
        session=session,
        disable_cache=True,
    )


def new_ticket(client: Zenpy, **more: object) -> Ticket:
    requester = User(name="Nina", email="nina@store.example")
    return client.tickets.create(
        Ticket(subject="Late", comment=Comment(body="Where?"), requester=requester, **more)
    ).ticket


def test_who_am_i(client: Zenpy) -> None:
    me = client.users.me()
    assert (me.id, me.role) == (seed.BRIDGE.id, "admin")
    assert me.custom_role.name == "Admin"


def test_with_an_oauth_token(zendesk: RunningVendor, session: requests.Session) -> None:
    client = Zenpy(subdomain="sandbox", oauth_token=seed.OAUTH_ACCESS_TOKEN, session=session)
    assert client.users.me().email == seed.BRIDGE.email


def test_a_ticket_from_beginning_to_end(client: Zenpy) -> None:
    audit = client.tickets.create(
        Ticket(
            subject="Late",
            comment=Comment(body="Where?"),
            requester=User(name="Nina", email="nina@store.example"),
            tags=["vip"],
            external_id="case-1",
            custom_fields=[CustomField(id=seed.FIELD_LINKED_TICKET.id, value="X-1")],
        )
    )
    ticket = audit.ticket
    assert [event["type"] for event in audit.audit.events][:2] == ["Comment", "Create"]
    assert (ticket.requester.name, ticket.organization.name, ticket.brand.name) == (
        "Nina", "Example Store", seed.ACCOUNT_NAME
    )  # fmt: skip
    ticket.assignee_id = seed.AGENT_SARI.id
    ticket.comment = Comment(body="A note", public=False)
    ticket = client.tickets.update(ticket).ticket
    assert (ticket.status, ticket.assignee.name, ticket.group.name) == ("open", "Sari", "Support")
    ticket.status = "solved"
    ticket.comment = Comment(html_body="<p>It is <b>there</b></p>", public=True)
    client.tickets.update(ticket)
    again = client.tickets(id=ticket.id)
    assert again.status == "solved"
    comments = list(client.tickets.comments(again))
    assert [(comment.plain_body, comment.public) for comment in comments] == [
        ("Where?", True), ("A note", False), ("It is there", True)
    ]  # fmt: skip
    assert comments[0].author.email == seed.BRIDGE.email
    assert len(list(client.tickets.audits(again))) == 3


def test_lists_go_over_pages(client: Zenpy) -> None:
    made = [new_ticket(client).id for _ in range(3)]
    assert [ticket.id for ticket in client.tickets(page_size=2)] == made
    assert [ticket.id for ticket in client.tickets(ids=made[:2])] == made[:2]
    assert [user.id for user in client.users(page_size=3)][-1] > seed.CUSTOMER_MAYA.id
    assert [group.name for group in client.groups()] == ["Support", "Billing", "Escalations"]
    assert next(iter(client.organizations())).name == seed.ACCOUNT_NAME


def test_tags(client: Zenpy) -> None:
    ticket = new_ticket(client, tags=["a"])
    assert list(client.tickets.add_tags(ticket.id, ["b"])) == ["a", "b"]
    assert list(client.tickets.delete_tags(ticket.id, ["a"])) == ["b"]
    assert list(client.tickets.set_tags(ticket.id, ["c"])) == ["c"]
    assert list(client.tickets.tags(ticket.id)) == ["c"]


def test_deleting_and_restoring(client: Zenpy) -> None:
    ticket = new_ticket(client)
    client.tickets.delete(ticket)
    with pytest.raises(RecordNotFoundException):
        client.tickets(id=ticket.id)
    assert [deleted.id for deleted in client.tickets.deleted()] == [ticket.id]
    client.tickets.restore(ticket)
    assert client.tickets(id=ticket.id).id == ticket.id
    client.tickets.delete(ticket)
    job = client.tickets.permanently_delete(ticket)
    assert client.job_status(id=job.id).status == "completed"


def test_merging(client: Zenpy) -> None:
    source, target = new_ticket(client), new_ticket(client)
    job = client.tickets.merge(target, source, target_comment="the same")
    assert client.job_status(id=job.id).results[0].success is True
    assert client.tickets(id=source.id).status == "closed"


def test_uploads(client: Zenpy) -> None:
    upload = client.attachments.upload(io.BytesIO(b"file"), target_name="a.txt")
    ticket = new_ticket(client)
    ticket.comment = Comment(body="see file", uploads=upload.token)
    client.tickets.update(ticket)
    attachment = list(client.tickets.comments(ticket))[-1].attachments[0]
    assert (attachment.file_name, attachment.size) == ("a.txt", 4)


def test_search_and_export(zendesk: RunningVendor, client: Zenpy) -> None:
    ticket = new_ticket(client, external_id="case-1")
    zendesk.vendor.clock.advance(62)
    assert [found.id for found in client.search(type="ticket", external_id="case-1")] == [ticket.id]
    assert [found.id for found in client.search_export(query="late", type="ticket")] == [ticket.id]
    assert [found.name for found in client.users.search(query="dewi")] == ["Dewi"]
    assert [found.id for found in client.tickets.incremental(start_time=0)] == [ticket.id]


def test_custom_statuses_and_fields(client: Zenpy) -> None:
    assert "With engineering" in [status.agent_label for status in client.custom_statuses()]
    assert "Product area" in [field.title for field in client.ticket_fields()]


def test_webhooks_and_triggers(zendesk: RunningVendor, client: Zenpy) -> None:
    with Receiver() as receiver:
        webhook = client.webhooks.create(
            Webhook(
                name="Bridge",
                endpoint=receiver.url,
                http_method="POST",
                request_format="json",
                status="active",
                subscriptions=["conditional_ticket_events"],
                authentication={
                    "type": "basic_auth",
                    "data": {"username": "u", "password": "p"},
                    "add_position": "header",
                },
            )
        )
        trigger = client.triggers.create(
            Trigger(
                title="Tell the bridge",
                conditions={
                    "all": [{"field": "update_type", "operator": "is", "value": "Create"}],
                    "any": [],
                },
                actions=[{"field": "notification_webhook", "value": [webhook.id, '{"id":{{ticket.id}}}']}],
            )
        )
        ticket = new_ticket(client)
        assert receiver.wait_for(1)[0].body == f'{{"id":{ticket.id}}}'.encode()
        assert zendesk.vendor.outbox.wait_idle(5)
        (invocation,) = client.webhooks.invocations(webhook)
        assert invocation.status == "success"
        (attempt,) = client.webhooks.invocation_attempts(webhook.id, invocation.id)
        assert attempt.status_code == 202
        assert client.webhooks.test(webhook).status_code == 202
        secret = client.webhooks.show_secret(webhook).secret
        assert client.webhooks.reset_secret(webhook).secret != secret
        webhook.name = "Renamed"
        client.webhooks.patch(webhook)
        assert [listed.name for listed in client.webhooks.list()] == ["Renamed"]
        client.triggers.delete(trigger)
        client.webhooks.delete(webhook)
        assert list(client.webhooks.list()) == []


def test_refusals_reach_the_caller(client: Zenpy) -> None:
    ticket = new_ticket(client)
    ticket.status = "solved"
    with pytest.raises(APIException, match="is required when solving a ticket") as refusal:
        client.tickets.update(ticket)
    assert refusal.value.response.status_code == 422
