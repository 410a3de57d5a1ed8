"""Files that do not go along: refused, withdrawn, hidden, or of a type that the route does not take."""

from dataclasses import replace

import pytest

from bridge_helpers.passed_files import (
    BYTES,
    LIMIT,
    PRIVATE,
    REFUSED,
    arrived,
    comments_with,
    fail,
    lines,
    put,
    states,
)
from escalation_bridge.domain.case.write_records import IntentState
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.domain.tickets.tickets import Role, StatusKind
from escalation_bridge.engine.deliver.kinds.files import FileWork
from escalation_bridge.engine.worker import Worker
from escalation_bridge.errors import (
    FileRefused,
    NotReachable,
    PermissionDenied,
    Rejected,
)
from escalation_bridge.store.cases import outbox
from escalation_bridge.store.queue import wakes

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
    (note,) = comments_with(scene.dev, issue, REFUSED)
    assert note.visibility is PRIVATE
    assert "“log.txt”" in note.body.text
    assert reason in note.body.text
    assert ("175 kB" in note.body.text) is (refuse is not tell_no_size)
    (line,) = lines(scene, "file_refused")
    assert "log.txt" in line
    assert reason in line
    assert comments_with(scene.dev, issue, "Hello?")
    assert scene.dev.tickets[issue].status.kind is StatusKind.CLOSED
    assert comments_with(scene.support, ticket, "Could not deliver") == []
    assert arrived(scene.dev, issue) == []


def test_what_the_route_does_not_take_is_said_in_the_language_of_the_connection(make_linked):
    scene, ticket, issue = make_linked()
    scene.bridge = replace(scene.bridge, language="id")
    scene.worker = Worker(scene.bridge)
    put(scene.support, ticket, ("setup.exe", b"MZ"), ("big.iso", bytes(LIMIT + 1)))
    scene.news(scene.support, ticket)
    texts = [note.body.text for note in comments_with(scene.dev, issue, "tidak diteruskan")]
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
        wakes.wake(transaction, 1, scene.clock(), "retry")
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
        wakes.wake(transaction, 1, scene.clock(), "retry")
    scene.run()
    assert arrived(scene.dev, issue) == [("log.txt", PRIVATE, BYTES)]
    assert len(comments_with(scene.dev, issue, REFUSED)) == 1


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
    (note,) = comments_with(scene.dev, issue, REFUSED)
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
    assert "video/mp4" in comments_with(scene.dev, issue, REFUSED)[0].body.text


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
