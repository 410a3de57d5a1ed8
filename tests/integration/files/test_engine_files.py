"""Files on their way: streamed, once for the same bytes, by a fresh address, and never a reason to hold anything back."""

import tempfile
from collections.abc import Generator
from dataclasses import replace

import pytest

from bridge_helpers.passed_files import (
    BYTES,
    LIMIT,
    PRIVATE,
    PUBLIC,
    arrived,
    comments_with,
    fail,
    lines,
    put,
    states,
)
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.routes.routes import CommentRule, FileRule, Take
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, TicketRef
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import (
    AuthenticationFailed,
    NotReachable,
    OutcomeUnknown,
    PrivacyBreach,
    Unavailable,
    UnreadableAnswer,
)
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store.cases import case_tickets, outbox
from escalation_bridge.store.connections import connection_troubles
from escalation_bridge.store.queue import claims, wakes


def test_files_go_both_ways_with_their_comments(make_linked):
    scene, ticket, issue = make_linked(describe=[("shot.png", "image/png", b"png")])
    assert arrived(scene.dev, issue) == [("shot.png", PRIVATE, b"png")]
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    put(scene.dev, issue, ("patch.diff", b"diff"), role=Role.AGENT, visibility=PRIVATE)
    scene.news(scene.dev, issue)
    assert arrived(scene.dev, issue)[1:] == [("log.txt", PRIVATE, BYTES)]
    assert arrived(scene.support, ticket) == [("patch.diff", PRIVATE, b"diff")]
    before = (list(scene.support.writes), list(scene.dev.writes))
    for _ in range(3):
        scene.news(scene.support, ticket)
        scene.news(scene.dev, issue)
        scene.run(minutes=5)
    assert (scene.support.writes, scene.dev.writes) == before, "an echo"
    assert "Delivered to dev: attachment (log.txt" in "\n".join(lines(scene, "written"))
    assert (scene.view().tickets[scene.view().origin].attachments[0].name) == "shot.png"


def test_only_what_is_public_on_a_public_way_is_public(make_linked):
    scene, ticket, issue = make_linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    for visibility in (PUBLIC, PRIVATE):
        put(
            scene.dev,
            issue,
            (f"{visibility}.txt", str(visibility).encode()),
            role=Role.AGENT,
            visibility=visibility,
        )
    scene.news(scene.dev, issue)
    assert arrived(scene.support, ticket) == [
        ("public.txt", PUBLIC, b"public"),
        ("private.txt", PRIVATE, b"private"),
    ]


def test_the_same_bytes_go_once_each_way(make_linked):
    scene, ticket, issue = make_linked()
    for name in ("log.txt", "log (1).txt"):
        put(scene.support, ticket, (name, BYTES), ("other.txt", b"other"))
        scene.news(scene.support, ticket)
    assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, BYTES), ("other.txt", PRIVATE, b"other")]
    assert states(scene) == [IntentState.DONE] * 4
    put(scene.dev, issue, ("again.txt", BYTES), role=Role.AGENT, visibility=PRIVATE)
    scene.news(scene.dev, issue)
    assert arrived(scene.support, ticket) == [("again.txt", PRIVATE, BYTES)]


def test_the_same_bytes_go_again_if_only_colleagues_saw_them(make_linked):
    scene, ticket, issue = make_linked(comments_to_origin=CommentRule(Take.ALL, PUBLIC))
    for visibility in (PRIVATE, PUBLIC, PRIVATE):
        put(scene.dev, issue, ("a.txt", BYTES), role=Role.AGENT, visibility=visibility)
        scene.news(scene.dev, issue)
    assert arrived(scene.support, ticket) == [("a.txt", PRIVATE, BYTES), ("a.txt", PUBLIC, BYTES)]


@pytest.mark.parametrize("kind", [OutcomeUnknown, UnreadableAnswer])
def test_whether_the_same_bytes_arrived_is_found_out_before_they_go_again(make_linked, kind):
    scene, ticket, issue = make_linked()
    fail(scene.dev, "after_add_attachment", kind)
    put(scene.support, ticket, ("one.txt", BYTES), ("same size.txt", BYTES), ("other.txt", b"other"))
    scene.news(scene.support, ticket)
    # The one that may have arrived holds only that back which may be the same.
    assert [name for name, *_ in arrived(scene.dev, issue)] == ["one.txt", "other.txt"]
    scene.run(minutes=5)
    assert [name for name, *_ in arrived(scene.dev, issue)] == ["one.txt", "other.txt"]
    assert set(states(scene)) == {IntentState.DONE}
    assert scene.dev.writes.count(("add_attachment", issue)) == 2


def test_addresses_that_expired_are_read_anew(make_linked):
    scene, ticket, issue = make_linked()
    fail(scene.dev, "add_attachment", NotReachable)
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    scene.support.shelf.expire()
    scene.run(minutes=5)
    assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, BYTES)]


def test_addresses_that_expired_before_the_case_was_handed_on_are_read_anew(make_scene, make_route):
    scene = make_scene(routes=(make_route(files=FileRule(LIMIT)),))
    shot = scene.support.shelf.put("shot.png", "image/png", b"png")
    ticket = scene.support.customer_writes("Printer on fire", "It burns.", files=[shot])
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    scene.support.shelf.expire()
    scene.run(minutes=61)
    (issue,) = scene.dev.tickets
    assert arrived(scene.dev, issue) == [("shot.png", PRIVATE, b"png"), ("log.txt", PRIVATE, BYTES)]


# --- trouble ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plugin", "operation", "kind"),
    [
        ("support", "fetch_attachment", NotReachable),
        ("support", "fetch_attachment", AuthenticationFailed),
        ("dev", "add_attachment", NotReachable),
        ("dev", "add_attachment", OutcomeUnknown),
    ],
)
def test_a_file_that_has_to_wait_holds_nothing_back(make_linked, plugin, operation, kind):
    scene, ticket, issue = make_linked()
    # A first attempt whose credentials are refused asks once more, by a fresh address.
    fail(getattr(scene, plugin), operation, kind, times=2 if kind is AuthenticationFailed else 1)
    put(scene.support, ticket, ("one.txt", BYTES), ("two.txt", b"two"))
    scene.news(scene.support, ticket)
    assert IntentState.DONE in states(scene)
    assert states(scene) != [IntentState.DONE] * 2
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    assert comments_with(scene.dev, issue, "Hello?")
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED
    assert states(scene) != [IntentState.DONE] * 2, "it should still wait"
    scene.run(minutes=5)
    assert sorted(name for name, *_ in arrived(scene.dev, issue)) == ["one.txt", "two.txt"]


def test_what_is_said_while_a_file_goes_goes_before_the_next_file(make_linked, monkeypatch):
    scene, ticket, issue = make_linked()
    put(scene.support, ticket, ("one.txt", b"1"), ("two.txt", b"2"))
    read = scene.support.shelf.read

    def interrupt(file, into, limit):
        if file.name == "one.txt":
            scene.support.says(ticket, "Hello?", Role.CUSTOMER)
            with scene.bridge.database.write() as transaction:
                wakes.wake(transaction, 1, scene.clock(), "a webhook came")
                case_tickets.mark_stale(transaction, TicketRef("support", ticket))
        return read(file, into, limit)

    monkeypatch.setattr(scene.support.shelf, "read", interrupt)
    scene.news(scene.support, ticket)
    last = [c.body.text.splitlines()[-1] for c in scene.dev.comments[issue]][-3:]
    assert last == ["one.txt", "Hello?", "two.txt"]


def test_it_is_streamed_through_a_file(make_linked, monkeypatch):
    scene, ticket, issue = make_linked()
    opened, kept, chunks = tempfile.TemporaryFile, [], []

    def open_one(*args, **kwargs):
        kept.append(opened(*args, **kwargs))
        return kept[-1]

    read = scene.support.shelf.read

    class Into:
        def __init__(self, file):
            self._file = file

        def write(self, chunk):
            chunks.append(len(chunk))
            return self._file.write(chunk)

    monkeypatch.setattr(tempfile, "TemporaryFile", open_one)
    monkeypatch.setattr(scene.support.shelf, "read", lambda file, into, limit: read(file, Into(into), limit))
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, BYTES)]
    assert len(chunks) > 1
    assert len(kept) == 1
    assert kept[0].closed


def test_a_target_that_asks_for_the_content_again_gets_it_from_the_beginning(make_linked):
    scene, ticket, issue = make_linked()
    seen = []

    class ReadsTwice:
        @hookimpl(wrapper=True)
        def add_attachment(
            self, ticket_id: str, file: FileDraft, key: str
        ) -> Generator[None, object, object]:
            for _ in range(2):
                with file.open() as content:
                    seen.append((file.size, file.content_type, content.read()))
            return (yield)

    scene.bridge.helpdesks["dev"].extend(ReadsTwice(), "reads-twice")
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    assert seen == [(len(BYTES), "text/plain", BYTES)] * 2
    assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, BYTES)]


def test_the_connection_of_a_file_that_came_out_public_is_held(make_linked):
    scene, ticket, issue = make_linked()
    fail(scene.dev, "add_attachment", PrivacyBreach)
    put(scene.support, ticket, ("one.txt", b"1"), ("two.txt", b"2"))
    scene.news(scene.support, ticket)
    assert arrived(scene.dev, issue) == []
    scene.run(hours=2)
    assert arrived(scene.dev, issue) == []
    with scene.bridge.database.write() as transaction:
        assert connection_troubles.release(transaction, "dev")
    scene.run(minutes=10)
    assert arrived(scene.dev, issue) == [("two.txt", PRIVATE, b"2")]


def test_no_private_file_goes_where_privacy_was_broken(make_linked):
    scene, ticket, issue = make_linked()
    fail(scene.dev, "fetch_attachment", Unavailable)
    put(scene.dev, issue, ("log.txt", BYTES), role=Role.AGENT, visibility=PRIVATE)
    scene.news(scene.dev, issue)
    assert comments_with(scene.support, ticket, "See the file."), "its words went before"
    with scene.bridge.database.write() as transaction:
        connection_troubles.note_trouble(
            transaction, "support", connection_troubles.Trouble.PRIVACY, "it came out public", scene.clock()
        )
    scene.run(minutes=5)
    assert states(scene) == [IntentState.PENDING]
    assert arrived(scene.support, ticket) == []


# --- killed -----------------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """What no handler catches: the process is gone."""


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "without a mark"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", ["fetch", "send", "receipt"])
def test_killed_on_the_way_it_goes_once_all_the_same(make_linked, monkeypatch, at, when, marked):
    scene, ticket, issue = make_linked(comments_to_linked=CommentRule(Take.ALL, PRIVATE))
    owner, name = {
        "fetch": (scene.support.shelf, "read"),
        "send": (scene.dev.shelf, "put"),
        "receipt": (outbox, "save_receipt"),
    }[at]
    original = getattr(owner, name)
    put(scene.support, ticket, ("log.txt", BYTES))
    put(scene.support, ticket, ("copy.txt", BYTES))

    def kill(*args):
        is_file = at != "receipt" or args[2].sha256 is not None
        if when == "before" and is_file:
            raise Killed
        result = original(*args)
        if is_file:
            raise Killed
        return result

    monkeypatch.setattr(owner, name, kill)
    scene.hear(scene.support, ticket)
    with pytest.raises(Killed):
        scene.run()
    monkeypatch.setattr(owner, name, original)
    if not marked:
        for n, each in enumerate(scene.dev.comments[issue]):
            if each.attachments:
                scene.dev.comments[issue][n] = replace(each, marker=None)
    with scene.bridge.database.write() as transaction:
        claims.drop_leases(transaction)
    scene.worker = Worker(scene.bridge)
    scene.support.shelf.expire()
    if marked:
        scene.run(minutes=5)
        scene.news(scene.dev, issue)
        assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, BYTES)]
        assert set(states(scene)) == {IntentState.DONE}
    else:  # a vendor that keeps no mark shows what was written before the plugin can tell whose it is
        scene.news(scene.dev, issue)
    assert arrived(scene.support, ticket) == [], "an echo"
