"""A connection's relay: its own plugin, its own wrappers, and errors that say who broke what."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from escalation_bridge.domain.tickets.tickets import Priority, StatusKind, Ticket
from escalation_bridge.errors import (
    Circumstances,
    PluginError,
    Rejected,
    TicketNotFound,
    UnsupportedOperation,
    WebhookRefused,
)
from escalation_bridge.plugged.helpdesk import Helpdesk
from escalation_bridge.plugin.connection import Connection, HelpdeskPlugin
from escalation_bridge.plugin.hooks import FOUND_NOTHING, hookimpl
from escalation_bridge.plugin.settings import ConnectionSettings
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.testing.memory import MemoryHelpdesk, MemorySettings

REQUEST = WebhookRequest.make(b"{}", {}, received_at=datetime(2026, 3, 2, tzinfo=UTC))


def memory(name: str = "support") -> MemoryHelpdesk:
    return MemoryHelpdesk(Connection(name, MemorySettings(plugin="memory")))


class Desk(HelpdeskPlugin[ConnectionSettings]):
    vendor = "tracker"
    title = "Tracker"
    settings = ConnectionSettings

    def __init__(self) -> None:
        super().__init__(Connection("support", ConnectionSettings(plugin="tracker")))


def helpdesk(plugin: HelpdeskPlugin[Any]) -> Helpdesk:
    return Helpdesk(plugin.connection.name, plugin)


# --- one relay per connection ---------------------------------------------------------------------------------------


def test_two_connections_of_a_vendor_do_not_see_each_other():
    one, two = memory("north"), memory("south")
    north, south = helpdesk(one), helpdesk(two)
    ticket = one.customer_writes("Lost parcel", "Where is it?")
    assert north.fetch_ticket(ticket).ref.connection == "north"
    with pytest.raises(TicketNotFound) as nothing:
        south.fetch_ticket(ticket)
    assert nothing.value.at.connection == "south"


def test_a_wrapper_of_one_connection_does_not_touch_another():
    class Louder:
        @hookimpl(wrapper=True)
        def fetch_ticket(self) -> Iterator[None]:
            ticket: Ticket = yield
            return Ticket(**{**fields(ticket), "priority": Priority.URGENT})

    one, two = memory("north"), memory("south")
    north, south = helpdesk(one), helpdesk(two)
    north.extend(Louder(), "louder")
    assert north.fetch_ticket(one.customer_writes("a", "b")).priority is Priority.URGENT
    assert south.fetch_ticket(two.customer_writes("a", "b")).priority is Priority.NORMAL


def fields(ticket: Ticket) -> dict[str, Any]:
    return {name: getattr(ticket, name) for name in Ticket.__dataclass_fields__}


def test_an_extension_may_answer_before_the_plugin_and_leave_the_rest_to_it():
    class Cache:
        @hookimpl
        def fetch_comments(self, ticket_id):
            return () if ticket_id == "quiet" else None

    plugin = memory()
    desk = helpdesk(plugin)
    ticket = plugin.customer_writes("a", "b")
    plugin.says(ticket, "Hello?", role="customer")
    desk.extend(Cache(), "cache")
    assert desk.fetch_comments("quiet", None) == ()
    assert len(desk.fetch_comments(ticket, None)) == 1


def test_an_extension_may_add_what_the_plugin_cannot():
    class Clocks:
        @hookimpl
        def native_clocks(self):
            return ()

    desk = helpdesk(memory())
    assert not desk.can("native_clocks")
    desk.extend(Clocks(), "clocks")
    assert desk.can("native_clocks")
    assert "native_clocks" in desk.capabilities()
    assert desk.native_clocks("1") == ()


class Misspelt:
    @hookimpl
    def fetch_tickets(self): ...


class Colourful:
    @hookimpl
    def fetch_ticket(self, colour): ...


@pytest.mark.parametrize(("extension", "told"), [(Misspelt, "fetch_tickets"), (Colourful, "colour")])
def test_an_extension_that_breaks_the_contract_is_refused_and_leaves_nothing_behind(extension, told):
    plugin = memory()
    desk = helpdesk(plugin)
    with pytest.raises(PluginError) as refused:
        desk.extend(extension(), "odd")
    assert str(refused.value).startswith("support: odd breaks the contract: ")
    assert told in str(refused.value)
    ticket = plugin.customer_writes("a", "b")
    assert desk.fetch_ticket(ticket).status.kind is StatusKind.NEW
    desk.extend(object(), "odd")  # the name is free again


def test_two_extensions_of_one_name_are_refused():
    desk = helpdesk(memory())
    desk.extend(object(), "twice")
    with pytest.raises(PluginError, match="twice"):
        desk.extend(object(), "twice")


@pytest.mark.parametrize(("odd", "told"), [(Misspelt, "fetch_tickets"), (Colourful, "colour")])
def test_a_plugin_that_breaks_the_contract_is_refused(odd, told):
    class Plugin(odd, Desk): ...

    with pytest.raises(PluginError) as refused:
        helpdesk(Plugin())
    assert str(refused.value).startswith("support: tracker breaks the contract: ")
    assert told in str(refused.value)


# --- what it can do -------------------------------------------------------------------------------------------------


def test_what_a_plugin_can_do_is_what_it_implements():
    desk = helpdesk(memory())
    assert desk.capabilities() == (
        *("check_connection", "describe_fields", "fetch_group_members", "fetch_role_members"),
        *("verify_webhook", "parse_webhook", "fetch_ticket"),
        *("fetch_comments", "fetch_status_changes", "fetch_attachment"),
        *("find_ticket", "find_by_key", "create_ticket", "update_ticket", "is_own_status", "add_comment"),
        *("edit_comment", "delete_comment", "add_attachment", "link_ticket"),
        *("changes_since", "open_tickets"),
    )
    assert not desk.can("subscribe_webhooks")


@pytest.mark.parametrize(
    ("hook", "arguments"),
    [
        ("subscribe_webhooks", ("https://bridge.example/webhooks/support", "s")),
        ("list_subscriptions", ()),
        ("webhook_setup", ("https://bridge.example/webhooks/support",)),
        ("fetch_attachment", (None, None, 1)),
        ("edit_comment", ("1", "c1", None, "eb-0")),
        ("delete_comment", ("1", "c1")),
        ("add_attachment", ("1", None, "eb-0")),
        ("changes_since", (None,)),
        ("open_tickets", (None,)),
        ("fetch_satisfaction", ("1",)),
        ("native_clocks", ("1",)),
    ],
)
def test_what_it_does_not_implement_is_refused_naming_connection_plugin_and_hook(hook, arguments):
    desk = helpdesk(Desk())
    with pytest.raises(UnsupportedOperation) as refused:
        getattr(desk, hook)(*arguments)
    assert str(refused.value) == f"support: the plugin tracker does not implement {hook}"


# --- what goes wrong ------------------------------------------------------------------------------------------------


class Broken(Desk):
    def __init__(self, answer: object) -> None:
        super().__init__()
        self._answer = answer

    def _give(self) -> Any:
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer

    @hookimpl
    def fetch_ticket(self):
        return self._give()

    @hookimpl
    def fetch_comments(self):
        return self._give()

    @hookimpl
    def find_ticket(self):
        return self._give()

    @hookimpl
    def verify_webhook(self):
        return self._give()


def test_what_a_plugin_raises_unforeseen_names_connection_plugin_and_hook():
    with pytest.raises(PluginError) as failed:
        helpdesk(Broken(KeyError("id"))).fetch_ticket("1")
    assert str(failed.value) == "support: the plugin tracker failed in fetch_ticket: KeyError('id')"
    assert isinstance(failed.value.__cause__, KeyError)


@pytest.mark.parametrize(
    "error",
    [
        TicketNotFound("no such ticket", Circumstances("support", "fetch_ticket", 404)),
        Rejected("subject: missing", Circumstances("support", "create_ticket", 422)),
        WebhookRefused("no accepted signature"),
    ],
)
def test_the_bridges_own_errors_pass_as_they_are(error):
    with pytest.raises(type(error)) as failed:
        helpdesk(Broken(error)).verify_webhook(REQUEST)
    assert failed.value is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(1)])
def test_a_wish_to_stop_is_not_held_up(error):
    with pytest.raises(type(error)):
        helpdesk(Broken(error)).fetch_ticket("1")


@pytest.mark.parametrize(
    ("hook", "answer", "told"),
    [
        ("fetch_ticket", {"id": 1}, "answered fetch_ticket with dict, not Ticket"),
        ("fetch_ticket", None, "answered fetch_ticket with nothing, not Ticket"),
        ("fetch_comments", [], "answered fetch_comments with list, not tuple"),
        ("find_ticket", (), "answered find_ticket with tuple, not Ticket or FoundNothing"),
        ("find_ticket", None, "answered find_ticket with nothing, not Ticket or FoundNothing"),
    ],
)
def test_an_answer_of_another_type_is_refused(hook, answer, told):
    arguments = {"fetch_ticket": ("1",), "fetch_comments": ("1", None), "find_ticket": ("eb-0", None)}
    with pytest.raises(PluginError) as failed:
        getattr(helpdesk(Broken(answer)), hook)(*arguments[hook])
    assert str(failed.value) == f"support: the plugin tracker {told}"


def test_a_definite_no_is_an_answer():
    assert helpdesk(Broken(FOUND_NOTHING)).find_ticket("eb-0", None) is None


def test_without_a_hook_for_keys_a_ticket_is_found_by_its_id():
    plugin = memory()
    ticket = plugin.customer_writes("Printer on fire", "It burns.")

    class OnlyIds(HelpdeskPlugin[MemorySettings]):
        vendor, title, settings = "only_ids", "Only ids", MemorySettings

        @hookimpl
        def fetch_ticket(self, ticket_id):
            return plugin.fetch_ticket(ticket_id)

    desk = helpdesk(OnlyIds(plugin.connection))
    assert desk.find_by_key(ticket).ref.id == ticket
    assert desk.find_by_key(plugin.tickets[ticket].key) is None


def test_closing_closes_the_plugin():
    closed = []

    class Plugin(Desk):
        def close(self) -> None:
            closed.append(self.connection.name)

    helpdesk(Plugin()).close()
    assert closed == ["support"]
