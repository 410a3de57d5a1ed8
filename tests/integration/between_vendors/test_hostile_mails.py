"""One customer's mail keeps nobody waiting, whatever it is made of."""

import re
import threading
from contextlib import closing

import pytest
import requests

from escalation_bridge.domain.escalation.actions.escalate import Escalate
from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.domain.sla.policy import Metric, Step, Targets
from escalation_bridge.store.webhooks.deliveries import DeliveryWriter
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk_seed
from escalation_bridge_sandbox.jira import seed as jira_seed
from escalation_bridge_webhooks.app import create_app
from escalation_bridge_webhooks.server import Server

DEVELOPER = (jira_seed.DEVELOPER.email, jira_seed.api_token(jira_seed.DEVELOPER))
CUSTOMER = {"from": {"email": freshdesk_seed.CUSTOMER_SARI.email}}
RESOLUTION = {
    "targets": Targets(default={Metric.RESOLUTION: 3600}),
    "ladder": (Step("escalate", Metric.RESOLUTION, 100, 0, (Escalate("engineering"),)),),
}
QUOTE = "<p>On Mon, 2 Mar 2026, Sari wrote:</p><blockquote>Old words</blockquote>"
HOSTILE = {
    "line_ends_above_a_quote": "<pre>" + "\n" * 300_000 + "</pre>" + QUOTE,
    "ampersands": "<p>" + "&" * 300_000 + "</p>" + QUOTE,
    "nested_quotes": "<blockquote>" * 20_000 + "words",
    "unclosed_tags": "<b><i><a href=x><p>" * 15_000,
    "many_paragraphs": "<p>Lorem <b>ipsum</b> &amp; dolor</p>\n" * 8_000,
}


@pytest.fixture
def pair(make_pair):
    return make_pair("freshdesk", "jira", policy=RESOLUTION, files=FileRule(20_000_000))


def writes(pair, subject, html):
    pair.inbound(**CUSTOMER, subject=subject, body="See the text.", html=html)
    pair.hear()


class Watcher:
    """Asks the receiver twenty times a second whether it is alive. Without a pause it would take half of the CPU time itself."""

    def __init__(self, url):
        self.url, self.answers, self.failures = url, 0, []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def _ask(self):
        while not self._over.is_set() or not self.answers:
            try:
                answer = requests.get(f"{self.url}/healthz", timeout=10)
                self.answers += answer.ok
            except requests.RequestException as failure:
                self.failures.append(failure)
                return
            self._over.wait(0.05)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_exception):
        self._over.set()
        self._thread.join()


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_mail_holds_up_neither_the_receiver_nor_another_tickets_step(pair, kind):
    html = f"<p>Begin of it.</p>{HOSTILE[kind]}<p>End of it.</p>"
    with closing(DeliveryWriter(pair.bridge.database)) as writer:
        server = Server(create_app(pair.bridge, writer), "127.0.0.1", 0, largest_body=10_000_000)
        try:
            with Watcher(f"http://127.0.0.1:{server.port}") as watcher:
                writes(pair, "Hostile", html)
                writes(pair, "Harmless", "<p>My order is lost.</p>")
                pair.later(minutes=61)
        finally:
            server.stop()
    assert not watcher.failures
    assert watcher.answers
    query = {"jql": "created >= -1d", "fields": ["summary"]}
    found = pair.call("engineering", "POST", "/rest/api/2/search/jql", auth=DEVELOPER, json=query)["issues"]
    issues = {re.search("Hostile|Harmless", each["fields"]["summary"])[0]: each for each in found}
    assert set(issues) == {"Hostile", "Harmless"}


def test_a_text_that_is_too_much_work_arrives_plain_and_cut_with_all_of_it_in_a_file(pair):
    writes(pair, "Long", "<p>My order is lost.</p>")
    pair.later(minutes=61)
    words = [f"word{number}" for number in range(40_000)]
    html = f"<p>Begin of it.</p>{''.join(f'<b>{word} </b>' for word in words)}<p>End of it.</p>"
    pair.inbound(**CUSTOMER, ticket_id=int(pair.ticket), body="See the text.", html=html)
    pair.hear()
    issue = f"/rest/api/2/issue/{pair.linked().ref.id}"
    comments = pair.call("engineering", "GET", f"{issue}/comment", auth=DEVELOPER)["comments"]
    (comment,) = [each["body"] for each in comments if "Begin of it." in each["body"]]
    fields = pair.call("engineering", "GET", issue, auth=DEVELOPER)["fields"]
    (file,) = fields["attachment"]
    assert file["filename"] in comment
    assert "End of it." not in comment
    whole = requests.get(file["content"], auth=DEVELOPER, timeout=10).text
    assert whole.split()[-4:] == [words[-1], "End", "of", "it."]
    assert set(words) <= set(whole.split())
