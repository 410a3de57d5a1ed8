"""Messaging and chat: what is said stands in the conversation, and clocks run on it."""

import pytest

from escalation_bridge.domain.sla.policy import Metric, Targets
from escalation_bridge.domain.tickets.tickets import Channel, Role
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

TARGETS = {Metric.FIRST_RESPONSE: 3600, Metric.NEXT_RESPONSE: 3600}
POLICY = {"targets": Targets(default=TARGETS)}
CONVERSATIONS = pytest.mark.parametrize("channel", ["whatsapp", "messaging", "chat"])
MAYA = {"name": "Maya"}


def opened(make_pair, channel, text="My parcel never came.", sender=MAYA, **route):
    pair = make_pair("zendesk", "jira", policy=POLICY, **route)
    pair.inbound(channel=channel, body=text, **sender)
    pair.hear()
    return pair


def customer_says(pair, text, **more):
    pair.call(
        "support", "POST", "/_sandbox/inbound", json={"ticket_id": int(pair.ticket), "body": text, **more}
    )


def answers(pair, text, by="agent"):
    body = {"ticket_id": int(pair.ticket), "by": by, "body": text}
    pair.call("support", "POST", "/_sandbox/message", json=body)


def at_support(pair):
    return pair.bridge.helpdesks["support"].fetch_ticket(pair.ticket)


def said_in(pair):
    view = pair.view()
    (link,) = view.links
    return "\n".join(
        c.body.text for c in pair.bridge.helpdesks["engineering"].fetch_comments(link.linked.id, None)
    )


@CONVERSATIONS
def test_an_answer_in_the_conversation_ends_the_first_response(make_pair, channel):
    pair = opened(make_pair, channel)
    assert pair.clocks()["first_response:1"] == ("running", None)
    answers(pair, "We will find it.", by="bot")
    pair.hear()
    assert pair.clocks()["first_response:1"] == ("running", None)
    answers(pair, "Sari here, I look for it.")
    pair.hear()
    assert pair.clocks()["first_response:1"][0] == "done"
    customer_says(pair, "Any news?")
    pair.hear()
    assert pair.clocks()["next_response:1"][0] == "running"
    pair.later(minutes=59)
    assert pair.view().links == ()


@CONVERSATIONS
def test_an_answer_of_which_nobody_heard_is_found_before_the_escalation(make_pair, channel):
    pair = opened(make_pair, channel)
    answers(pair, "Sari here, I look for it.")
    pair.later(minutes=61)
    assert pair.view().links == ()
    assert pair.clocks()["first_response:1"][0] == "done"


@CONVERSATIONS
def test_the_linked_issue_quotes_what_was_said(make_pair, channel):
    pair = opened(make_pair, channel, "Paket saya belum datang.")
    customer_says(pair, "Nomor resinya 4711.")
    pair.later(minutes=61)
    issue = pair.linked().description.text
    assert "Paket saya belum datang." in issue
    assert "Nomor resinya 4711." in issue
    assert "Conversation with" not in issue.split("Conversation between the customer and support")[1]
    customer_says(pair, "Terima kasih, sudah datang.")
    pair.hear()
    assert "Terima kasih, sudah datang." in said_in(pair)


def test_each_word_is_said_once_by_whoever_said_it(make_pair):
    pair = opened(make_pair, "messaging")
    answers(pair, "Did you look at the neighbours'?", by="bot")
    customer_says(pair, "Yes, of course.")
    answers(pair, "Please wait.")
    ticket, helpdesk = at_support(pair), pair.bridge.helpdesks["support"]
    said = [(each.author.role, each.body.text) for each in helpdesk.fetch_comments(pair.ticket, None)]
    assert (ticket.description.text, ticket.channel) == ("My parcel never came.", Channel.CHAT)
    assert said == [
        (Role.BOT, "Did you look at the neighbours'?"),
        (Role.CUSTOMER, "Yes, of course."),
        (Role.AGENT, "Please wait."),
    ]


def test_a_ticket_that_is_no_conversation_costs_no_further_request(make_pair):
    pair = opened(make_pair, "email", sender={"email": "tono@example.com"})
    paths = [entry.path for entry in pair.servers["support"].vendor.journal.entries()]
    assert not any("conversation_log" in path or path.endswith("/audits") for path in paths)


def test_one_look_reads_the_conversation_once(make_pair):
    pair = opened(make_pair, "whatsapp")
    journal = pair.servers["support"].vendor.journal
    before = len(journal.entries())
    pair.hear()
    paths = [entry.path for entry in journal.entries()[before:]]
    assert sum("conversation_log" in path for path in paths) == 1
    assert len(paths) <= 3


@pytest.mark.parametrize("sender", [MAYA, {"name": "Dewi", "email": zendesk.CUSTOMER_DEWI.email}])
def test_the_customer_is_told_by_mail_or_the_agents_hear_that_it_is_not_possible(make_pair, sender):
    pair = opened(make_pair, "whatsapp", sender=sender, tell_customer=True)
    pair.later(minutes=61)
    assert pair.view().links
    login = (f"{zendesk.AGENT_SARI.email}/token", zendesk.API_TOKEN)
    path = f"/api/v2/tickets/{pair.ticket}/comments"
    comments = pair.call("support", "GET", path, auth=login)["comments"]
    told = [each for each in comments if each["public"] and "specialist" in each["plain_body"]]
    assert len(told) == ("email" in sender)
    if "email" not in sender:
        assert any("would reach nobody" in line for line in pair.timeline())
        assert any("would reach nobody" in each["plain_body"] for each in comments if not each["public"])


@pytest.mark.parametrize("channel", ["twitter", "facebook"])
def test_social_tickets_of_zendesk_have_their_words_in_comments(make_pair, channel):
    pair = opened(make_pair, channel)
    assert pair.clocks()["first_response:1"] == ("running", None)
    assert at_support(pair).channel is Channel(channel)


@pytest.mark.parametrize(
    ("channel", "sender", "told"),
    [
        ("twitter", {"twitter_id": "@maya", "name": "Maya"}, 0),
        ("facebook", {"facebook_id": "fb-1", "name": "Maya"}, 0),
        ("phone", {"phone": "+62 811", "name": "Maya"}, 0),
        ("whatsapp", {"phone": "+62 812", "name": "Maya"}, 1),
        ("chat", {"phone": "+62 813", "name": "Maya"}, 1),
        ("twitter", {"email": "maya@example.com", "name": "Maya"}, 1),
    ],
)
def test_who_can_be_written_to_at_freshdesk(make_pair, channel, sender, told):
    pair = make_pair("freshdesk", "jira", policy=POLICY, tell_customer=True)
    pair.inbound(**{"from": sender, "channel": channel, "subject": "Lost", "body": "My parcel never came."})
    pair.hear()
    assert at_support(pair).channel is Channel(channel)
    assert pair.clocks()["first_response:1"] == ("running", None)
    pair.later(minutes=61)
    comments = pair.bridge.helpdesks["support"].fetch_comments(pair.ticket, None)
    assert sum("specialist" in each.body.text for each in comments) == told
    assert any("would reach nobody" in line for line in pair.timeline()) is not bool(told)
