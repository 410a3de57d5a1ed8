"""Files that people put at tickets in memory, and what arrived on the other side."""

from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.tickets.tickets import Role, Visibility
from escalation_bridge.messages.catalogue import history_line
from escalation_bridge.store.cases import case_views

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
BYTES = bytes(range(256)) * 700  # more than one chunk
LIMIT = 1024 * 1024
REFUSED = "An attachment of"


def put(plugin, ticket, *files, role=Role.CUSTOMER, visibility=PUBLIC):
    """Somebody writes with files: (name, bytes)."""
    shelved = [plugin.shelf.put(name, "text/plain", content) for name, content in files]
    return plugin.says(ticket, "See the file.", role, visibility, files=shelved)


def arrived(plugin, ticket):
    """What the bridge put at a ticket: name, who sees it, bytes."""
    return [
        (file.name, comment.visibility, plugin.shelf.contents[file.id])
        for comment in plugin.comments.get(ticket, [])
        if comment.marker
        for file in comment.attachments
    ]


def comments_with(plugin, ticket, words):
    return [c for c in plugin.comments.get(ticket, []) if words in c.body.text]


def states(scene):
    return [r.state for r in scene.view().intents.values() if isinstance(r.intent, PassFile)]


def fail(plugin, operation, kind, times=1):
    plugin.faults[operation] = [kind("no", plugin.at(operation)) for _ in range(times)]


def lines(scene, code):
    with scene.bridge.database.read() as transaction:
        return [history_line(e, "en") for e in case_views.load_timeline(transaction, 1) if e.code == code]
