"""Catching up against the stand-in, over real HTTP."""

from typing import Any

import requests

from escalation_bridge.domain.tickets.tickets import Presence


def caught_up(plugin: Any, cursor: str) -> tuple[list[str], str]:
    found: list[str] = []
    for _ in range(20):
        page = plugin.changes_since(cursor)
        found += page.ids
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("it never ends")


def test_changes_that_no_webhook_told_are_found(desk: Any) -> None:
    plugin = desk.plugin
    cursor = plugin.changes_since(None).cursor
    first = desk.customer_writes(subject="One", body="One.")
    second = desk.customer_writes(subject="Two", body="Two.")
    found, cursor = caught_up(plugin, cursor)
    assert sorted(found) == sorted([first, second])

    desk.sandbox.clock.advance(90)
    assert caught_up(plugin, cursor)[0] == []
    desk.agent("PUT", f"/tickets/{first}", {"priority": 4})
    found, cursor = caught_up(plugin, cursor)
    assert found == [first]


def test_deleted_spam_and_restored_tickets_are_found(desk: Any) -> None:
    plugin = desk.plugin
    deleted, spam = (desk.customer_writes(subject=word, body=word) for word in ("One", "Two"))
    found, cursor = caught_up(plugin, plugin.changes_since(None).cursor)
    assert sorted(found) == sorted([deleted, spam])

    desk.sandbox.clock.advance(90)
    desk.agent("DELETE", f"/tickets/{deleted}")
    marked = requests.post(f"{desk.url}/_sandbox/spam", json={"ticket_id": int(spam)}, timeout=5)
    assert marked.ok
    found, cursor = caught_up(plugin, cursor)
    assert found == [deleted, spam]
    assert plugin.fetch_ticket(deleted).presence is Presence.DELETED
    assert plugin.fetch_ticket(spam).presence is Presence.SPAM

    desk.sandbox.clock.advance(90)
    desk.agent("PUT", f"/tickets/{deleted}/restore")
    found, cursor = caught_up(plugin, cursor)
    assert found == [deleted]
    assert plugin.fetch_ticket(deleted).presence is Presence.PRESENT


def test_more_tickets_than_a_page_has_are_all_found(desk: Any) -> None:
    plugin = desk.plugin
    cursor = plugin.changes_since(None).cursor
    wanted = [desk.customer_writes(subject=str(number), body="Hello.") for number in range(130)]
    found, _ = caught_up(plugin, cursor)
    assert sorted(found, key=int) == wanted
