"""What a change of a ticket sets off: triggers, the search index, webhooks."""

from collections.abc import Callable
from functools import partial

from escalation_bridge_sandbox.zendesk.automation.events import event_bodies
from escalation_bridge_sandbox.zendesk.automation.placeholders import render
from escalation_bridge_sandbox.zendesk.automation.triggers import TriggerEngine, WebhookCall
from escalation_bridge_sandbox.zendesk.automation.webhooks import WebhookSender
from escalation_bridge_sandbox.zendesk.state.search_index import SearchIndex
from escalation_bridge_sandbox.zendesk.state.state import State
from escalation_bridge_sandbox.zendesk.tickets.desk import Change


class Aftermath:
    """Is called by the desk for every change."""

    def __init__(
        self, state: State, index: SearchIndex, sender: WebhookSender, base_url: Callable[[], str]
    ) -> None:
        self._state = state
        self._index = index
        self._sender = sender
        self._base_url = base_url
        self._triggers = TriggerEngine(state)

    def react(self, change: Change) -> Callable[[], None]:
        """Run the triggers; hand back what is to be told once the ticket is stored."""
        # Deleting and restoring are no updates for triggers.
        calls = self._triggers.run(change) if change.kind in ("created", "updated") else []
        return partial(self._announce, change, calls)

    def _announce(self, change: Change, calls: list[WebhookCall]) -> None:
        base_url = self._base_url()
        self._index.note(change.ticket, is_gone=change.kind in ("deleted", "spam", "purged"))
        for body in event_bodies(change, self._state, base_url):
            self._sender.send_event(body)
        fill = partial(render, change=change, state=self._state, base_url=base_url)
        for call in calls:
            self._sender.send_trigger(call.webhook_id, fill, call.content)
