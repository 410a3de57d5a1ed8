"""The same webhook again: known by the vendor's delivery id, or by the body until the first one was routed."""

import json

from escalation_bridge.engine.routing import route_deliveries

TRIGGER = b'{"ticket_id": "35"}'
FRESH = b'{"freshdesk_webhook": {"ticket_id": "11", "ticket_status": "Open"}}'


def said(answer):
    return answer.status_code, next(iter(answer.json.values()))


STORED = (202, "stored")
KNOWN = (202, "known already")


def test_the_same_invocation_is_stored_once_for_ever(any_receiver):
    headers = any_receiver.zendesk(TRIGGER, invocation="one")
    assert said(any_receiver.post("support", TRIGGER, headers)) == STORED
    assert said(any_receiver.post("support", TRIGGER, headers)) == KNOWN
    route_deliveries(any_receiver.bridge)
    assert said(any_receiver.post("support", TRIGGER, headers)) == KNOWN
    assert len(any_receiver.rows()) == 1


def test_another_invocation_with_the_same_body_is_news(any_receiver):
    for _ in range(2):
        assert said(any_receiver.post("support", TRIGGER, any_receiver.zendesk(TRIGGER))) == STORED
    assert len(any_receiver.rows()) == 2


def test_an_event_is_known_by_its_own_id_whichever_webhook_brings_it(any_receiver):
    event = {"type": "zen:event-type:ticket.created", "id": "2b24ef10-19ec", "detail": {"id": "35"}}
    for extra, expected in ((1, STORED), (2, KNOWN)):
        body = json.dumps(event | {"account_id": extra}).encode()
        assert said(any_receiver.post("support", body, any_receiver.zendesk(body))) == expected


def test_an_id_that_no_text_can_hold_is_an_id_too(any_receiver):
    body = b'{"type": "zen:event-type:ticket.created", "id": "\\ud800 \\u0000", "detail": {"id": "35"}}'
    assert said(any_receiver.post("support", body, any_receiver.zendesk(body))) == STORED
    assert said(any_receiver.post("support", body, any_receiver.zendesk(body))) == KNOWN


def test_a_retry_of_jira_is_known_by_its_identifier(any_receiver):
    body = any_receiver.jira_body()
    headers = any_receiver.jira(body, identifier="d4c5b6a7")
    assert said(any_receiver.post("dev", body, headers)) == STORED
    assert said(any_receiver.post("dev", body, headers | {"X-Atlassian-Webhook-Retry": "1"})) == KNOWN


def test_an_equal_body_without_an_id_is_news_again_once_the_first_was_routed(any_receiver):
    headers = any_receiver.freshdesk()
    assert said(any_receiver.post("shop", FRESH, headers)) == STORED
    assert said(any_receiver.post("shop", FRESH, headers)) == KNOWN
    assert said(any_receiver.post("shop", FRESH + b" ", headers)) == STORED
    assert route_deliveries(any_receiver.bridge) == 2
    assert said(any_receiver.post("shop", FRESH, headers)) == STORED
    assert said(any_receiver.post("shop", FRESH, headers)) == KNOWN
    assert route_deliveries(any_receiver.bridge) == 1


def test_connections_know_nothing_of_each_other(any_receiver):
    body = any_receiver.jira_body()
    assert said(any_receiver.post("dev", body, any_receiver.jira(body, identifier="one"))) == STORED
    assert (
        said(any_receiver.post("support", TRIGGER, any_receiver.zendesk(TRIGGER, invocation="one"))) == STORED
    )


def test_what_cannot_be_read_is_kept_once(any_receiver):
    headers = any_receiver.freshdesk()
    for _ in range(3):
        assert any_receiver.post("shop", b"not JSON", headers).status_code == 400
    assert len(any_receiver.rows()) == 1


def test_doubles_that_come_at_the_same_time_are_stored_once(any_receiver, in_threads):
    bodies = [json.dumps({"ticket_id": str(number)}).encode() for number in range(1, 7)] * 4

    def post(body):
        headers = any_receiver.zendesk(body, invocation=body.decode())
        return said(any_receiver.post("support", body, headers))

    answers = in_threads(post, bodies)
    assert sorted(answers) == sorted([STORED] * 6 + [KNOWN] * 18)
    assert sorted(row.body for row in any_receiver.rows()) == sorted(set(bodies))
