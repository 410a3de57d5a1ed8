"""Words that are taken back: all of them, with the files, and nobody else's."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import responses
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import CommentDraft, Visibility
from escalation_bridge.errors import NotApplied, PermissionDenied, Rejected
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.text.rich_text import from_html, from_text
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_zendesk.plugin import ZendeskPlugin

KEY = "eb-0123456789abcdef0123"
TEXT = '<p>Look at <a href="https://intra.example/secret">the <b>fuse</b></a>: 42 &amp; 🙂.</p><ul><li>one</li></ul>'

Act = Callable[..., Any]
Json = dict[str, object]
Make = Callable[..., Json]


def stored(act: Act, ticket_id: str) -> Any:
    return act("GET", f"/tickets/{ticket_id}/comments")["comments"][1]


@pytest.mark.parametrize("visibility", list(Visibility))
def test_no_letter_and_no_address_is_left(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act, visibility: Visibility
) -> None:
    ticket_id = writes()
    written = connected.add_comment(ticket_id, CommentDraft(from_html(TEXT), visibility), KEY)
    for detail in ("redacted", "redacted already"):
        assert detail in connected.delete_comment(ticket_id, written.id).detail
    raw = stored(act, ticket_id)
    assert set(raw["plain_body"]) <= {"▇", " ", "\n"}
    assert "example" not in raw["html_body"]
    assert raw["public"] is (visibility is Visibility.PUBLIC)
    (left,) = connected.fetch_comments(ticket_id, None)
    assert left.marker == KEY
    assert sum("comment_redactions" in entry.path for entry in sandbox.journal.entries(writes=True)) == 1


def test_files_go_with_the_words(connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    ticket_id = writes()
    file = FileDraft("plan.txt", "text/plain", 4, "0" * 64, Visibility.PRIVATE, lambda: BytesIO(b"plan"))
    connected.add_attachment(ticket_id, file, KEY)
    connected.delete_comment(ticket_id, str(stored(act, ticket_id)["id"]))
    assert "plan" not in str(stored(act, ticket_id))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(min_size=1, max_size=60).filter(str.strip))
def test_never_a_word_of_any_text_is_left(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act, words: str
) -> None:
    sandbox.reset()
    draft = CommentDraft(from_text(words), Visibility.PRIVATE)
    if not draft.body.text.strip():
        return
    ticket_id = writes()
    written = connected.add_comment(ticket_id, draft, KEY)
    connected.delete_comment(ticket_id, written.id)
    assert not "".join(stored(act, ticket_id)["plain_body"].replace("▇", "").split())


def test_an_agents_comment_is_not_taken_back(connected: ZendeskPlugin, act: Act, writes: Act) -> None:
    ticket_id = writes()
    act("PUT", f"/tickets/{ticket_id}", ticket={"comment": {"body": "Mine.", "public": False}})
    theirs = str(stored(act, ticket_id)["id"])
    with pytest.raises(Rejected, match="not one of the bridge's"):
        connected.delete_comment(ticket_id, theirs)
    assert stored(act, ticket_id)["plain_body"] == "Mine."
    assert "not there" in connected.delete_comment(ticket_id, "4711").detail


@pytest.mark.parametrize(
    "fault", [Fault(FaultKind.FORBIDDEN, "PUT", "comment_redactions"), Fault(FaultKind.SERVER_ERROR, "PUT", "comment_redactions", status=404)]
)  # fmt: skip
def test_an_account_without_redaction_is_told_what_it_needs(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act, writes: Act, fault: Fault
) -> None:
    ticket_id = writes()
    written = connected.add_comment(ticket_id, CommentDraft(from_text("Ours."), Visibility.PRIVATE), KEY)
    sandbox.faults.add(fault)
    with pytest.raises(Rejected) as refused:
        connected.delete_comment(ticket_id, written.id)
    assert "Agent Workspace" in refused.value.advice
    assert stored(act, ticket_id)["plain_body"] == "Ours."


def test_a_role_that_reads_nothing_is_no_refusal_of_redaction(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, writes: Act
) -> None:
    ticket_id = writes()
    sandbox.faults.add(Fault(FaultKind.FORBIDDEN, "GET", "comments"))
    with pytest.raises(PermissionDenied):
        connected.delete_comment(ticket_id, "1")


def test_a_yes_that_left_words_is_noticed(
    plugin: ZendeskPlugin, zendesk: responses.RequestsMock, raw_comment: Make
) -> None:
    ours = raw_comment(90, metadata={"custom": {"escalation_bridge": KEY}})
    api = "https://acme.zendesk.com/api/v2"
    zendesk.get(f"{api}/tickets/35/comments", json={"comments": [ours]})
    zendesk.put(f"{api}/comment_redactions/90", json={"comment": {"id": 90, "plain_body": "▇▇ 90"}})
    plugin.delete_comment("35", "90")
    zendesk.replace(responses.PUT, f"{api}/comment_redactions/90", json={"comment": ours})
    with pytest.raises(NotApplied, match="still has letters"):
        plugin.delete_comment("35", "90")
