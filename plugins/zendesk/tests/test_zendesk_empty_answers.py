"""An account in trouble may answer 200 and nothing: that is no answer, and never says that there is nothing.

The conformance kit meets each request of each hook with it. Here is which request is meant, and what the kit does not ask for.
"""

from collections.abc import Callable
from typing import Any

import pytest
import responses

from escalation_bridge.domain.tickets.tickets import TicketPointer, TicketRef
from escalation_bridge.errors import UnreadableAnswer
from escalation_bridge_sandbox.kernel.faults import Fault, FaultKind
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_zendesk.plugin import ZendeskPlugin

Ask = Callable[[ZendeskPlugin, str], object]
KEY = "eb-00000000000000000001"
URL = "https://acme.zendesk.com"
CALLBACK = "https://bridge.example/webhooks/helpdesk"
ISSUE = TicketPointer(
    TicketRef("engineering", "1"), "ENG-1", "https://jira.example/ENG-1", "jira", "T", "To Do", done=False
)

ASKED: dict[str, tuple[Ask, str, str]] = {
    "the account": (lambda plugin, _: plugin.check_connection(), "/users/me$", "user is no object"),
    "the statuses": (lambda plugin, _: plugin.describe_fields(), "/custom_statuses$", "custom_statuses is no list"),
    "the groups": (lambda plugin, _: plugin.describe_fields(), "/groups$", "groups is no list"),
    "the fields": (lambda plugin, _: plugin.describe_fields(), "/ticket_fields$", "ticket_fields is no list"),
    "the ticket": (lambda plugin, ticket: plugin.fetch_ticket(ticket), r"/tickets/\d+$", "ticket.id"),
    "the first comment": (lambda plugin, ticket: plugin.fetch_ticket(ticket), "/comments$", "comments is no list"),
    "the comments": (lambda plugin, ticket: plugin.fetch_comments(ticket, None), "/comments$", "comments is no list"),
    "the clocks": (lambda plugin, ticket: plugin.native_clocks(ticket), r"/tickets/\d+$", "ticket is no object"),
    "the webhooks": (lambda plugin, _: plugin.list_subscriptions(), "/webhooks$", "webhooks is no list"),
    "the secret": (lambda plugin, _: plugin.subscribe_webhooks(CALLBACK, ""), "/signing_secret$", "no signing secret"),
    "what is linked": (lambda plugin, ticket: plugin.link_ticket(ticket, ISSUE, KEY), r"/tickets/\d+$", "ticket is no object"),
}  # fmt: skip


@pytest.fixture(params=["", "{}"], ids=["no body", "empty object"])
def answer(request: pytest.FixtureRequest, sandbox: ZendeskSandbox) -> Callable[[str], None]:
    """Answers the next request to a path with nothing."""

    def answer(path: str) -> None:
        sandbox.faults.add(Fault(FaultKind.EMPTY_200, path=path, body=request.param))

    return answer


@pytest.mark.parametrize(("ask", "path", "told"), ASKED.values(), ids=ASKED)
def test_no_answer_is_told_as_such(
    connected: ZendeskPlugin,
    sandbox: ZendeskSandbox,
    writes: Callable[[], str],
    answer: Callable[[str], None],
    ask: Ask,
    path: str,
    told: str,
) -> None:
    ticket = writes()
    answer(path)
    with pytest.raises(UnreadableAnswer, match=told):
        ask(connected, ticket)
    assert not sandbox.faults.armed()


def test_no_answer_is_no_account_without_triggers(
    connect: Callable[..., ZendeskPlugin], answer: Callable[[str], None], sandbox: ZendeskSandbox
) -> None:
    """Whoever takes it for one makes a second trigger, and deletes a webhook that an admin's trigger calls."""
    plugin = connect(webhooks="trigger")
    answer("/triggers$")
    with pytest.raises(UnreadableAnswer, match="triggers is no list"):
        plugin.subscribe_webhooks(CALLBACK, "")
    plugin.subscribe_webhooks(CALLBACK, "")
    made = [entry for entry in sandbox.journal.entries(writes=True) if entry.path.endswith("/triggers")]
    assert len(made) == 1


def test_no_answer_is_no_author_without_a_role(
    make_plugin: Callable[..., ZendeskPlugin],
    zendesk: responses.RequestsMock,
    raw_comment: Callable[..., dict[str, object]],
) -> None:
    """Whether an author is a customer decides over clocks and echoes."""
    api = f"{URL}/api/v2"
    zendesk.get(f"{api}/tickets/35/comments", json={"comments": [raw_comment(2), raw_comment(1)]})
    zendesk.get(f"{api}/users/show_many", json={})
    with pytest.raises(UnreadableAnswer, match="users is no list"):
        make_plugin().fetch_comments("35", None)


def test_no_answer_is_no_merge_into_nothing(
    connected: ZendeskPlugin,
    writes: Callable[[], str],
    act: Callable[..., Any],
    answer: Callable[[str], None],
) -> None:
    source, target = writes(), writes()
    act("POST", f"/tickets/{target}/merge", ids=[int(source)])
    merged = connected.fetch_ticket(source).merged_into
    assert merged is not None
    assert merged.id == target
    answer(f"/tickets/{target}/comments$")
    with pytest.raises(UnreadableAnswer, match="comments is no list"):
        connected.fetch_ticket(source)
