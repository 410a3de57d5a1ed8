"""A linked ticket that the bridge's account may not read any more: the link says so, and goes on when it may again."""

from escalation_bridge.domain.links.shown_link import link_health
from escalation_bridge.domain.tickets.tickets import StatusKind
from escalation_bridge.errors import PermissionDenied
from escalation_bridge.messages.catalogue import health_line


def test_agents_are_told_that_the_other_ticket_cannot_be_read(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.run(minutes=61)
    scene.run(minutes=1)
    [issue] = scene.dev.tickets
    scene.news(scene.dev, issue)
    denied = PermissionDenied("no right to see it", scene.dev.at("fetch_ticket"))
    scene.dev.faults["fetch_ticket"] = [denied] * 40
    scene.dev.set_status(issue, StatusKind.SOLVED)
    scene.news(scene.dev, issue)

    def health():
        view = scene.view()
        return link_health(view, view.links[0], scene.clock())

    assert health().code == "in_step", "it may be over in a moment"
    for _ in range(10):
        scene.run(minutes=2)
    assert health().code == "unreadable"
    told = health_line(health(), "en")
    assert "DEV-1 cannot be read since" in told
    assert "account in dev" in told
    assert any(pointer.health == told for (on, _), pointer in scene.support.shown.items() if on == ticket), (
        "the customer's agents see it in their ticket"
    )
    assert not any("failed" in str(record.state) for record in scene.view().intents.values())
    scene.dev.faults.clear()
    for _ in range(4):
        scene.run(minutes=5)
    assert health().code == "in_step"
    assert scene.support.tickets[ticket].status.kind is StatusKind.OPEN, "what happened meanwhile gets over"
