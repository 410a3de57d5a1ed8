"""An admin's own texts over HTTP: what the linked ticket and the customer's ticket show, and what happens if one fails."""

from dataclasses import replace

import pytest

from escalation_bridge.config.texts import TextSettings, own_texts
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sla.calendar import parse_calendar
from escalation_bridge.plugged.extensions import Extensions
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

CUSTOMERS = {
    "zendesk": {"email": zendesk.CUSTOMER_DEWI.email},
    "freshdesk": {"from": {"email": freshdesk.CUSTOMER_SARI.email}},
}
OWN = "<h3>{{ requester }}</h3><p>{% for quote in quotes %}{{ quote.body }}{% endfor %}</p>"


def described(make_pair, origin, texts, **route):
    """The linked issue's description, after a target was missed."""
    pair = make_pair(origin, "jira", **route)
    own = own_texts({name: TextSettings.model_validate(text) for name, text in texts.items()})
    pair = replace(pair, bridge=replace(pair.bridge, extensions=Extensions({}, own)))
    pair.inbound(**CUSTOMERS[origin], subject="Lost", body="My order is lost.")
    pair.hear()
    pair.later(minutes=61)
    login = (jira.DEVELOPER.email, jira.api_token(jira.DEVELOPER))
    path = f"/rest/api/2/issue/{pair.view().links[0].linked.id}?fields=description"
    return pair, pair.call("engineering", "GET", path, auth=login)["fields"]["description"]


@pytest.mark.parametrize("origin", ["zendesk", "freshdesk"])
def test_a_route_has_its_own_words_in_the_language_of_its_readers(make_pair, origin):
    texts = {
        "linked_ticket": {
            "en": OWN,
            "routes": {"engineering": {"id": f"<p>Untuk tim teknis.</p>{OWN}"}},
        }
    }
    _, text = described(make_pair, origin, texts, languages={Side.LINKED: "id"})
    assert "Untuk tim teknis." in text
    assert "My order is lost." in text
    assert "Dieskalasi dari" not in text


def test_another_language_keeps_the_built_in_words(make_pair):
    _, text = described(make_pair, "zendesk", {"linked_ticket": {"id": OWN}})
    assert "Escalated from Zendesk ticket" in text


def test_times_are_in_the_zone_of_the_calendar(make_pair):
    jakarta = parse_calendar({"timezone": "Asia/Jakarta", "hours": {"mon-sun": [["00:00", "24:00"]]}})
    policy = {"calendar": jakarta, "calendar_name": "jakarta"}
    texts = {"linked_ticket": {"en": "<p>{{ opened_at | instant }}</p>"}}
    _, text = described(make_pair, "zendesk", texts, policy=policy)
    assert text.endswith("WIB")


@pytest.mark.parametrize(
    ("own", "why"),
    [
        ("<p>{{ due | instant }}</p>", "it mentions something that is not known here ('due' is undefined)"),
        ("{% if manual %}never{% endif %}", "it says nothing here"),
        ("{{ requester | instant }}", "it does not fit these values (ValueError)"),
    ],
)
def test_a_text_that_fails_is_replaced_by_the_built_in_one_and_the_history_notes_it(make_pair, own, why):
    pair, text = described(make_pair, "zendesk", {"linked_ticket": {"en": own}})
    assert "Escalated from Zendesk ticket" in text
    (line,) = [each for each in pair.timeline() if "own text" in each]
    assert (
        line == f"The own text of “linked_ticket” (en) could not be used: {why}. The built-in text was used."
    )


def test_what_a_customer_writes_stays_words_in_an_own_text(make_pair):
    pair = make_pair("zendesk", "jira")
    own = own_texts(
        {
            "linked_ticket": TextSettings(
                en="<p>{{ requester }} {{ origin_key }}</p><a href={{ requester }}>x</a>"
            )
        }
    )
    pair = replace(pair, bridge=replace(pair.bridge, extensions=Extensions({}, own)))
    attack = "x onclick=alert(1) <script>alert(1)</script>{{ 7 * 7 }}"
    pair.inbound(email="eve@example.com", name=attack, subject="Lost", body="Lost.")
    pair.hear()
    pair.later(minutes=61)
    html = pair.linked().description.html
    assert "<script" not in html
    assert 'onclick="' not in html
    assert "{{ 7 * 7 }}" in html
