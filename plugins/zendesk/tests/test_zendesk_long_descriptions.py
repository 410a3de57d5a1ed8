"""A description that is too long is cut, and all of it is a file at the same first comment, as visible as that."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

from escalation_bridge.domain.tickets.tickets import Severity, TicketDraft
from escalation_bridge.errors import OutcomeUnknown, Rejected
from escalation_bridge.text.rich_text import from_text
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_zendesk.plugin import ZendeskPlugin

KEY = "eb-0123456789abcdef0123"
LONG = from_text("\n\n".join(f"Paragraph {number} <&> of many." for number in range(3000)))

Act = Callable[..., Any]


def draft(**fields: object) -> TicketDraft:
    return TicketDraft("Long", LONG, None, Severity.STANDARD, fields=fields)


@pytest.mark.parametrize("public", [True, False])
def test_it_is_cut_and_whole_in_a_file(connected: ZendeskPlugin, act: Act, public: bool) -> None:
    first, again = (connected.create_ticket(draft(public=public), KEY) for _ in range(2))
    assert first.ref == again.ref
    (comment,) = act("GET", f"/tickets/{first.ref.id}/comments")["comments"]
    assert len(comment["html_body"].encode()) < 65_535
    assert (comment["public"], comment["plain_body"].endswith("[… full-text.txt]")) == (public, True)
    (file,) = comment["attachments"]
    assert file["file_name"] == "full-text.txt"
    assert requests.get(file["content_url"], timeout=5).content.decode() == LONG.text


def test_a_file_that_is_not_taken_does_not_keep_the_ticket_away(
    connected: ZendeskPlugin, sandbox: ZendeskSandbox, act: Act
) -> None:
    sandbox.faults.add(Fault(FaultKind.SERVER_ERROR, "POST", "/uploads", status=422))
    made = connected.create_ticket(draft(), KEY)
    assert act("GET", f"/tickets/{made.ref.id}/comments")["comments"][0]["attachments"] == []


def test_a_refused_ticket_leaves_no_upload_behind(connected: ZendeskPlugin, sandbox: ZendeskSandbox) -> None:
    with pytest.raises(Rejected):
        connected.create_ticket(draft(type="wish"), KEY)
    with pytest.raises(Rejected):
        connected.create_ticket(draft(nowhere=1), KEY)
    assert sandbox.state.uploads == {}


def test_an_answer_that_is_lost_makes_one_ticket(connected: ZendeskPlugin, sandbox: ZendeskSandbox) -> None:
    sandbox.faults.add(Fault(FaultKind.DROP_CONNECTION, "POST", "/tickets$"))
    with pytest.raises(OutcomeUnknown):
        connected.create_ticket(draft(), KEY)
    connected.create_ticket(draft(), KEY)
    assert len(sandbox.state.tickets) == 1
