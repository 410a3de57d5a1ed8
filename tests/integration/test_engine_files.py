"""Files on their way: streamed, once for the same bytes, by a fresh address, and never a reason to hold anything back."""

import tempfile
from collections.abc import Generator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes import PassFile
from escalation_bridge.domain.routes.routes import CommentRule, FileRule, Take
from escalation_bridge.domain.tickets.tickets import Role, StatusKind, Visibility
from escalation_bridge.engine.deliver.files import FileWork
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import (
    AuthenticationFailed,
    FileRefused,
    NotReachable,
    OutcomeUnknown,
    PermissionDenied,
    PrivacyBreach,
    Rejected,
    Unavailable,
    UnreadableAnswer,
)
from escalation_bridge.messages.catalogue import tell
from escalation_bridge.plugin.files import FileDraft
from escalation_bridge.plugin.hooks import hookimpl
from escalation_bridge.store import queue
from escalation_bridge.store.cases import case_file, case_views, outbox
from escalation_bridge.store.connections import connection_troubles

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
BYTES = bytes(range(256)) * 700  # more than one chunk
LIMIT = 1024 * 1024
REFUSED = "An attachment of"


@pytest.fixture
def database_kind():
    return "sqlite"


@pytest.fixture(autouse=True)
def logs():
    with capture_logs() as entries:
        yield entries


@pytest.fixture
def make_linked(make_scene, make_route):
    """A case that was handed on, over a route that lets files go along."""

    def make(describe=(), **route):
        chosen = make_route(**{"files": FileRule(LIMIT, (".exe",)), **route})
        scene = make_scene(routes=(chosen,))
        files = [scene.support.shelf.put(*each) for each in describe]
        ticket = scene.support.customer_writes("Printer on fire", "It burns.", files=files)
        scene.news(scene.support, ticket)
        scene.run(minutes=61)
        (issue,) = scene.dev.tickets
        scene.clock.advance(minutes=1)
        return scene, ticket, issue

    return make


def put(plugin, ticket, *files, role=Role.CUSTOMER, visibility=PUBLIC):
    """Somebody writes with files: (name, bytes)."""
    shelved = [plugin.shelf.put(name, "text/plain", content) for name, content in files]
    return plugin.says(ticket, "See the file.", role, visibility, files=shelved)


def arrived(plugin, ticket):
    """What the bridge put at a ticket: name, who sees it, bytes."""
    return [
        (file.name, said.visibility, plugin.shelf.contents[file.id])
        for said in plugin.comments.get(ticket, [])
        if said.marker
        for file in said.attachments
    ]


def said(plugin, ticket, words):
    return [c for c in plugin.comments.get(ticket, []) if words in c.body.text]


def states(scene):
    return [r.state for r in scene.view().intents.values() if isinstance(r.intent, PassFile)]


def fail(plugin, operation, kind, times=1):
    plugin.faults[operation] = [kind("no", plugin.at(operation)) for _ in range(times)]


def lines(scene, code):
    with scene.bridge.database.read() as transaction:
        return [tell(e, "en") for e in case_views.load_timeline(transaction, 1) if e.code == code]


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


# --- what is not passed on ------------------------------------------------------------------------------------------------


def refuse_at_the_target(scene):
    scene.dev.largest_file = 100
    return "100 are taken at the most"


def refuse_at_the_source(scene):
    fail(scene.support, "fetch_attachment", FileRefused)
    return "fetch_attachment: no"


def tell_no_size(scene):
    """The vendor does not say how large it is, and it is too large."""
    put_on_shelf = scene.support.shelf.put
    scene.support.shelf.put = lambda *file: replace(put_on_shelf(*file), size=None)
    return f"larger than {LIMIT} bytes"


def know_no_files(scene):
    scene.bridge.helpdesks["dev"].can = lambda hook: hook != "add_attachment"
    return "does not implement add_attachment"


def keep_nothing_private(scene):
    fail(scene.dev, "add_attachment", Rejected)
    return "add_attachment: no"


@pytest.mark.parametrize(
    "refuse", [refuse_at_the_target, refuse_at_the_source, tell_no_size, know_no_files, keep_nothing_private]
)
def test_a_refused_file_is_named_once_in_the_other_ticket_and_all_else_goes_on(make_linked, refuse):
    scene, ticket, issue = make_linked()
    reason = refuse(scene)
    content = bytes(LIMIT + 1) if refuse is tell_no_size else BYTES
    put(scene.support, ticket, ("log.txt", content))
    scene.support.says(ticket, "Hello?", Role.CUSTOMER)
    scene.support.set_status(ticket, StatusKind.SOLVED)
    scene.news(scene.support, ticket)
    for _ in range(3):
        scene.run(minutes=30)
    (note,) = said(scene.dev, issue, REFUSED)
    assert note.visibility is PRIVATE
    assert "“log.txt”" in note.body.text
    assert reason in note.body.text
    assert ("175 kB" in note.body.text) is (refuse is not tell_no_size)
    (line,) = lines(scene, "file_refused")
    assert "log.txt" in line
    assert reason in line
    assert said(scene.dev, issue, "Hello?")
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED
    assert said(scene.support, ticket, "Could not deliver") == []
    assert arrived(scene.dev, issue) == []


def test_what_the_route_does_not_take_is_said_in_the_language_of_the_connection(make_linked):
    scene, ticket, issue = make_linked()
    scene.bridge = replace(scene.bridge, language="id")
    scene.worker = Worker(scene.bridge)
    put(scene.support, ticket, ("setup.exe", b"MZ"), ("big.iso", bytes(LIMIT + 1)))
    scene.news(scene.support, ticket)
    texts = [note.body.text for note in said(scene.dev, issue, "tidak diteruskan")]
    assert ["lampiran jenis ini" in text for text in texts] == [True, False]
    assert "“big.iso”, 1 MB" in texts[1]
    assert "melebihi batas rute ini. (1 MB)" in texts[1]
    assert states(scene) == []


def test_after_a_retry_refused_files_of_one_size_do_not_wait_for_each_other(make_linked):
    scene, ticket, issue = make_linked()
    scene.dev.largest_file = 1
    put(scene.support, ticket, ("one.txt", b"first"), ("two.txt", b"other"), ("same.txt", b"first"))
    scene.news(scene.support, ticket)
    assert states(scene) == [IntentState.FAILED] * 3
    scene.dev.largest_file = 100
    with scene.bridge.database.write() as transaction:
        assert outbox.retry_failed(transaction, 1) == 3
        queue.wake(transaction, 1, scene.clock(), "retry")
    scene.run()
    assert states(scene) == [IntentState.DONE] * 3
    assert arrived(scene.dev, issue) == [("one.txt", PRIVATE, b"first"), ("two.txt", PRIVATE, b"other")]


def test_after_a_retry_a_refused_file_goes(make_linked):
    scene, ticket, issue = make_linked()
    scene.dev.largest_file = 100
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    assert states(scene) == [IntentState.FAILED]
    scene.dev.largest_file = len(BYTES)
    scene.support.shelf.expire()
    with scene.bridge.database.write() as transaction:
        assert outbox.retry_failed(transaction, 1) == 1
        queue.wake(transaction, 1, scene.clock(), "retry")
    scene.run()
    assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, BYTES)]
    assert len(said(scene.dev, issue, REFUSED)) == 1


def hide(scene, ticket, comment):
    spoken = scene.support.comments[ticket]
    at = next(n for n, each in enumerate(spoken) if each.id == comment)
    spoken[at] = replace(spoken[at], visibility=PRIVATE)


def delete(scene, ticket, comment):
    scene.support.comments[ticket] = [c for c in scene.support.comments[ticket] if c.id != comment]


def redact(scene, ticket, comment):
    spoken = scene.support.comments[ticket]
    at = next(n for n, each in enumerate(spoken) if each.id == comment)
    spoken[at] = replace(spoken[at], attachments=())


@pytest.mark.parametrize(
    ("change", "reason"),
    [(hide, "made private since"), (delete, "no longer there"), (redact, "no longer there")],
)
def test_what_was_taken_back_before_another_attempt_does_not_go(make_linked, change, reason):
    scene, ticket, issue = make_linked()
    fail(scene.dev, "add_attachment", NotReachable)
    comment = put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    assert states(scene) == [IntentState.PENDING]
    change(scene, ticket, comment)
    scene.run(minutes=5)
    assert arrived(scene.dev, issue) == []
    (note,) = said(scene.dev, issue, REFUSED)
    assert reason in note.body.text


def work_again(scene, view, **changes):
    """Begin anew with the only file of a case, on what is known of it in `view`."""
    (record,) = [r for r in view.intents.values() if isinstance(r.intent, PassFile)]
    record = replace(record, receipt=None, **changes)
    desks = scene.bridge.helpdesks
    FileWork(view, record, record.intent, desks["support"], desks["dev"]).carry_out(lambda: None)


def test_what_is_known_to_be_hidden_is_not_even_fetched(make_linked):
    scene, ticket, _ = make_linked()
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    view = scene.view()
    work_again(scene, view, state=IntentState.PENDING, attempts=0)
    fail(scene.support, "fetch_attachment", AssertionError)
    hidden = tuple(replace(c, visibility=PRIVATE) for c in view.comments)
    with pytest.raises(FileRefused, match="made private since"):
        work_again(scene, replace(view, comments=hidden), state=IntentState.PENDING, attempts=0)


def test_a_description_that_was_hidden_keeps_its_files(make_linked):
    scene, ticket, _ = make_linked(describe=[("shot.png", "image/png", b"png")])
    view = scene.view()
    work_again(scene, view, state=IntentState.SENT)
    present = scene.support.tickets[ticket]
    scene.support.tickets[ticket] = replace(present, description_visibility=PRIVATE)
    with pytest.raises(FileRefused, match="made private since"):
        work_again(scene, view, state=IntentState.SENT)


def test_a_type_that_only_the_server_tells_counts_too(make_linked, monkeypatch):
    scene, ticket, issue = make_linked(files=FileRule(LIMIT, ("video/*",)))
    read = scene.support.shelf.read
    monkeypatch.setattr(
        scene.support.shelf, "read", lambda *given: replace(read(*given), content_type="video/mp4")
    )
    put(scene.support, ticket, ("log.txt", BYTES))
    scene.news(scene.support, ticket)
    assert arrived(scene.dev, issue) == []
    assert "video/mp4" in said(scene.dev, issue, REFUSED)[0].body.text


def test_nothing_is_left_of_an_attempt_that_broke(make_linked, monkeypatch):
    scene, ticket, issue = make_linked()
    read, broken = scene.support.shelf.read, []

    def breaks_once(file, into, limit):
        if not broken:
            broken.append(into.write(BYTES))
            raise PermissionDenied("no", scene.support.at("fetch_attachment"))
        return read(file, into, limit)

    monkeypatch.setattr(scene.support.shelf, "read", breaks_once)
    put(scene.support, ticket, ("log.txt", b"short"))
    scene.news(scene.support, ticket)
    assert broken
    assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, b"short")]


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
    assert said(scene.dev, issue, "Hello?")
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
                case_file.mark_case_stale(transaction, 1, [scene.view().origin])
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
    assert said(scene.support, ticket, "See the file."), "its words went before"
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
        queue.drop_leases(transaction)
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
