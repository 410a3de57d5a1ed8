"""An escalation into a Jira whose create screen lacks fields: it goes on, and both teams read what it was created without."""

import pytest
import requests

from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.messages.catalogue import compose
from escalation_bridge_sandbox.freshdesk.state import seed as freshdesk
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk.state import seed as zendesk

EVERYTHING = (
    "summary",
    "description",
    "environment",
    "priority",
    "labels",
    "components",
    "assignee",
    "reporter",
)


def screens(create, edit=EVERYTHING):
    """What an administrator of Jira puts on the screens of a project."""

    def prepare(_, site):
        for name, fields in (("create", create), ("edit", edit)):
            url = f"{site.url}/_sandbox/projects/ENG/screens/{name}"
            answer = requests.put(url, json={"fields": list(fields)}, timeout=10)
            assert answer.ok, answer.text

    return prepare


def issue(desks):
    return desks.developer("GET", f"/rest/api/2/issue/{desks.issue}")["fields"]


def notes(desks):
    comments = desks.agent("GET", f"/tickets/{desks.ticket}/comments")["comments"]
    there = [c["body"] for c in comments if "created without" in c["body"] and not c["public"]]
    return there, [line for line in [desks.said_in_jira()] if "created without" in line]


def created(desks):
    return [
        entry.status
        for entry in desks.jira.vendor.journal.entries(writes=True)
        if (entry.method, entry.path) == ("POST", "/rest/api/3/issue")
    ]


def test_what_is_on_no_screen_is_left_out_and_named_once_on_both_sides(make_desks):
    bare = ("summary", "description")
    desks = make_desks(prepare=screens(bare, bare), labels=("vip",))
    fields = issue(desks)
    assert fields["labels"] == []
    assert "My order is lost." in fields["description"]
    assert created(desks) == [400, 201]
    (note,), (there,) = notes(desks)
    assert "labels" in note
    assert "labels" in there
    desks.hear_both()
    desks.later(minutes=10)
    assert len(notes(desks)[0]) == 1
    assert desks.said_in_jira().count("created without") == 1


@pytest.mark.parametrize(("language", "words"), [("en", "created without"), ("id", "dibuat tanpa")])
def test_the_note_is_there_in_both_languages(language, words):
    facts = {
        "linked_key": "ENG-1",
        "linked_url": "https://x",
        "linked_vendor": "Jira",
        "fields": "a: <b>\nc: d",
    }
    text = compose(MessageRequest("fields_left_out", facts), language).body.text
    assert words in text
    assert "a: <b>" in text
    assert "c: d" in text


def test_what_the_edit_screen_has_is_set_right_after_and_no_note_is_written(make_desks):
    desks = make_desks(prepare=screens(("summary", "description")), labels=("vip",))
    assert "vip" in issue(desks)["labels"]
    assert notes(desks) == ([], [])


def test_without_a_description_on_any_screen_the_text_becomes_a_comment(make_desks):
    bare = ("summary", "labels", "priority")
    desks = make_desks(prepare=screens(bare, bare))
    assert issue(desks)["description"] is None
    assert "My order is lost." in desks.said_in_jira()
    assert len(notes(desks)[0]) == 1


def test_a_create_that_got_no_answer_is_found_by_its_description_and_not_repeated(make_desks):
    bare = ("summary", "description")

    def prepare(zendesk, site):
        screens(bare, bare)(zendesk, site)
        # The first create is refused for its fields; the second one is carried out, and its answer breaks off.
        site.vendor.faults.add(Fault(FaultKind.DROP_CONNECTION, method="POST", path="/api/3/issue$", skip=1))

    desks = make_desks(prepare=prepare, labels=("vip",))
    desks.later(minutes=5)
    found = desks.jira.vendor.site.issues
    assert len(found) == 1
    (one,) = found.values()
    assert one.creator == jira.BRIDGE.account_id
    assert len(created(desks)) == 2
    (note,), (there,) = notes(desks)
    assert "labels" in note
    assert "labels" in there


AREA, LINKED_TICKET = str(zendesk.FIELD_PRODUCT_AREA.id), str(zendesk.FIELD_LINKED_TICKET.id)
UNFIT = (
    ("zendesk", "freshdesk", {AREA: "no_such_choice", LINKED_TICKET: "ENG-7"}, "/tickets$"),
    ("freshdesk", "zendesk", {freshdesk.FIELD_ROOT_CAUSE: "Nowhere"}, "/tickets$"),
)


@pytest.mark.parametrize(("vendor", "origin", "fields", "path"), UNFIT)
def test_a_ticket_that_is_found_after_a_lost_answer_says_what_it_lacks(
    make_pair, vendor, origin, fields, path
):
    pair = make_pair(origin, vendor, fields=fields)
    customer = (
        {"from": {"email": "tono@example.com"}} if origin == "freshdesk" else {"email": "tono@example.com"}
    )
    pair.inbound(subject="Lost", body="My order is lost.", **customer)
    lost = {"kind": "drop_connection", "method": "POST", "path": path, "skip": 1}
    pair.call("engineering", "POST", "/_sandbox/faults", json=lost)
    pair.hear()
    # The bridge's clock and the vendor's go together: the new ticket is looked for among those created since.
    pair.call("engineering", "POST", "/_sandbox/clock", json={"advance_seconds": 61 * 60})
    pair.later(minutes=61)
    for _ in range(3):
        pair.later(minutes=5)
    comments = pair.bridge.helpdesks["engineering"].fetch_comments(pair.linked().ref.id, None)
    (note,) = [each for each in comments if "created without" in each.body.text]
    assert next(iter(fields)) in note.body.text
    assert "ENG" not in note.body.text
