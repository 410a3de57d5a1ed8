"""Files go along with what they belong to: once, never more visible, never back, and a refusal is said."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.case.write_records import IntentRecord, IntentState, Receipt, after_retry
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.routes.routes import CommentRule, FileRule, Take
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.comments.files import pass_files
from escalation_bridge.domain.sync.comments.who_spoke import who_spoke
from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    Comment,
    Person,
    RichText,
    Role,
    TicketRef,
    Visibility,
)

PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE
RULE = FileRule(1000, (".exe", "video/*", "application/zip"))
ANY = CommentRule(Take.ALL, PRIVATE)


def file(name="log.txt", size=10, kind="text/plain", id_="a1"):
    return Attachment(id_, name, kind, size, f"https://files.example/{id_}")


@pytest.fixture
def linked(make_world):
    """A world in which the ticket has been handed on; files go along."""

    def make(describe=(), said=(), **route):
        world = make_world(routes=(make_world.route(**{"files": RULE, **route}),))
        world.set(world.origin, attachments=tuple(describe))
        for visibility, files in said:
            world.says(
                world.origin,
                Role.CUSTOMER if visibility is PUBLIC else Role.AGENT,
                "x",
                visibility,
                files=files,
            )
        world.escalate()
        world.later(minutes=1)
        return world

    return make


def passed(world):
    return [r.intent for r in world.writes.values() if isinstance(r.intent, PassFile)]


def went(world):
    """What went where: the file, the ticket, who sees it there."""
    return [(i.attachment.name, i.ticket.connection, i.visibility) for i in passed(world)]


def refusals(world):
    return [
        r.intent
        for r in world.writes.values()
        if isinstance(r.intent, WriteComment) and r.intent.message.template == "file_refused"
    ]


@pytest.mark.parametrize(
    ("name", "kind", "size", "objection"),
    [
        ("log.txt", "text/plain", 1000, None),
        ("log.txt", "text/plain", None, None),
        ("log.txt", "text/plain", 1001, "file_too_large"),
        ("Setup.EXE", "text/plain", 1, "file_type_refused"),
        ("setup.exe. .", "text/plain", 1, "file_type_refused"),
        ("setup.exe.txt", "text/plain", 1, None),
        ("exe", "text/plain", 1, None),
        ("a", "Video/MP4", 1, "file_type_refused"),
        ("a", "video", 1, None),
        ("a", "application/zip; charset=binary", 1, "file_type_refused"),
        ("a", "application/zipper", 1, None),
    ],
)
def test_the_rule(name, kind, size, objection):
    assert RULE.objection(name, kind, size) == objection


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize("take", Take)
@pytest.mark.parametrize("write", Visibility)
def test_a_file_goes_with_its_comment_and_is_never_more_visible(linked, side, visibility, take, write):
    rule = CommentRule(take, write)
    world = linked(comments_to_linked=rule, comments_to_origin=rule)
    ref = world.origin if side is Side.ORIGIN else world.linked
    world.says(ref, Role.AGENT, "See the log.", visibility, files=[file()])
    world.work()
    carried = any(r.intent.source for r in world.writes.values() if isinstance(r.intent, WriteComment))
    assert carried is (take is Take.ALL or (take is Take.PUBLIC and visibility is PUBLIC))
    other = world.linked if side is Side.ORIGIN else world.origin
    visible = PUBLIC if visibility is write is PUBLIC else PRIVATE
    assert went(world) == ([("log.txt", other.connection, visible)] if carried else [])


def test_a_file_waits_until_its_comment_has_been_carried_over(linked):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "See the log.", files=[file()])
    for fate in ("later", "failed"):
        world.read()
        world.record(world.decide())
        world.deliver(lambda record, fate=fate: fate if isinstance(record.intent, WriteComment) else "done")
        world.read()
        world.record(world.decide())
        assert passed(world) == []


def test_the_description_and_what_it_quotes_bring_their_files(linked):
    said = [(PUBLIC, [file("shot.png", id_="a2")]), (PRIVATE, [file("secret.txt", id_="a3")])]
    world = linked(describe=[file()], said=said, comments_to_linked=CommentRule(Take.ALL, PUBLIC))
    assert went(world) == [("log.txt", "dev", PUBLIC), ("shot.png", "dev", PUBLIC)]


def test_a_private_description_keeps_its_files(make_world):
    world = make_world(routes=(make_world.route(files=RULE),))
    world.set(world.origin, attachments=(file(),), description_visibility=PRIVATE)
    world.escalate()
    assert passed(world) == []


def test_without_a_rule_nothing_goes(linked):
    world = linked(describe=[file()], said=[(PUBLIC, [file("b", id_="a2")])], files=None)
    world.says(world.origin, Role.CUSTOMER, "See.", files=[file("c", id_="a3")])
    world.work()
    assert (passed(world), refusals(world)) == ([], [])
    # Switched on later, it counts from then on: what was said before is not made up for.
    world.rules = replace(world.rules, routes={"engineering": world.route(files=RULE)})
    world.work()
    assert passed(world) == []
    world.says(world.origin, Role.CUSTOMER, "See.", files=[file("d", id_="a4")])
    world.work()
    assert [name for name, *_ in went(world)] == ["d"]


def test_what_was_hidden_before_its_file_was_to_go_keeps_it(linked):
    world = linked(said=[(PUBLIC, [file()])], files=None)
    created = world.writes[world.link.id]
    assert isinstance(created.intent, CreateTicket)
    kept = replace(created, intent=replace(created.intent, files=True))
    world.view = replace(world.view, intents={**world.view.intents, kept.key: kept})
    route = world.route(files=RULE)
    assert len(pass_files(world.view, world.link, route, world.now).intents) == 1
    hidden = tuple(replace(c, visibility=PRIVATE) for c in world.view.comments)
    view = replace(world.view, comments=hidden)
    assert pass_files(view, world.link, route, world.now).intents == ()
    # So does one that turned out to be the bridge's own.
    own = frozenset((c.ticket, c.id) for c in world.view.comments)
    view = replace(world.view, own_comments=own)
    assert pass_files(view, world.link, route, world.now).intents == ()


def test_no_echo(linked):
    world = linked(comments_to_linked=ANY, comments_to_origin=ANY)
    for n, ref in enumerate((world.origin, world.linked)):
        world.says(ref, Role.AGENT, "See.", files=[file(f"{n}.txt", id_=f"a{n}")])
        world.work()
    assert went(world) == [("0.txt", "dev", PRIVATE), ("1.txt", "support", PRIVATE)]
    writes = dict(world.writes)
    world.later(minutes=5)
    world.work()
    assert world.writes == writes


@pytest.mark.parametrize(
    ("refused", "reason"),
    [(file("big.iso", 1001), "file_too_large"), (file("setup.exe"), "file_type_refused")],
)
def test_a_file_that_the_route_does_not_take_is_named_once_and_holds_nothing_back(linked, refused, reason):
    world = linked()
    world.says(world.origin, Role.CUSTOMER, "See.", files=[refused, file("fine.txt", id_="a2")])
    world.set(world.origin, "solved")
    for _ in range(3):
        world.work()
        world.later(minutes=5)
    (note,) = refusals(world)
    assert (note.ticket, note.visibility) == (world.linked, PRIVATE)
    facts = note.message.facts
    assert (facts["name"], facts["size"], facts["error"]) == (refused.name, str(refused.size), reason)
    assert world.codes.count("file_refused") == 1
    assert [name for name, *_ in went(world)] == ["fine.txt"]
    assert world.status(world.linked) == "closed"


def test_a_file_that_a_vendor_does_not_take_is_named_once_where_it_was_to_go(linked):
    world = linked()
    world.says(world.linked, Role.AGENT, "See.", files=[file()])
    for _ in range(3):
        world.read()
        world.record(world.decide())
        world.deliver(lambda record: "failed" if isinstance(record.intent, PassFile) else "done")
    (note,) = refusals(world)
    assert (note.ticket, note.visibility) == (world.origin, PRIVATE)
    assert note.message.facts["error"] == "refused"
    assert world.codes.count("file_refused") == 1
    assert not [k for k in world.writes if k.startswith("failed:")], "it is said twice"
    (record,) = [r for r in world.writes.values() if isinstance(r.intent, PassFile)]
    assert after_retry(record.intent) is IntentState.SENT


# --- who put a file there ---------------------------------------------------------------------------------------------

HERE = TicketRef("support", "1")


@pytest.mark.parametrize(
    ("changes", "words", "role"),
    [
        ({"receipt": Receipt(HERE, file_id="n7")}, "log.txt", Role.BRIDGE),
        ({"receipt": Receipt(HERE, file_id="n7")}, "", Role.BRIDGE),
        ({"receipt": Receipt(HERE, file_id="n7")}, "Look at this one again", Role.AGENT),
        ({"receipt": Receipt(HERE, file_id="n8")}, "log.txt", Role.AGENT),
        ({}, "log.txt", Role.BRIDGE),
        ({"state": IntentState.PENDING}, "log.txt", Role.AGENT),
        ({"state": IntentState.FAILED}, "log.txt", Role.AGENT),
    ],
    ids=[
        "receipt",
        "without words",
        "a person's words",
        "another file",
        "receipt lost",
        "never sent",
        "refused",
    ],
)
def test_who_put_a_file_there(make_world, changes, words, role):
    now = make_world().now
    intent = PassFile(HERE, PRIVATE, "l", Side.LINKED, TicketRef("dev", "1"), "c9", PRIVATE, file(), RULE)
    record = replace(IntentRecord("k", intent, "eb-1", IntentState.SENT, now, sent_at=now), **changes)
    author = Person("9", "Bridge account", None, Role.AGENT)
    said = Comment(HERE, "c1", author, PRIVATE, RichText(words, words), now, (file(id_="n7"),))
    assert who_spoke(said, [record]) is role
    assert who_spoke(replace(said, ticket=TicketRef("support", "2")), [record]) is Role.AGENT


def test_a_file_of_ours_at_a_description_does_not_go_back(linked):
    world = linked()
    world.says(world.linked, Role.AGENT, "See.", files=[file()])
    world.work()
    (record,) = [r for r in world.writes.values() if isinstance(r.intent, PassFile)]
    created = replace(world.writes[world.link.id])
    assert created.intent.files
    shown = replace(file(), id=record.receipt.file_id)
    world.set(world.origin, attachments=(shown, file("own.txt", id_="a9")))
    world.work()
    assert went(world)[1:] == [("own.txt", "dev", PRIVATE)]


# --- whatever happens -------------------------------------------------------------------------------------------------

happenings = st.lists(
    st.one_of(
        st.tuples(
            st.just("says"),
            st.sampled_from(["origin", "linked"]),
            st.sampled_from(Visibility),
            st.lists(st.integers(1, 2000), max_size=3),
        ),
        st.tuples(
            st.just("look"), st.lists(st.sampled_from(["done", "later", "failed", "lost"]), max_size=4)
        ),
        st.tuples(st.just("later"), st.integers(0, 90)),
    ),
    max_size=12,
)
rules = st.builds(CommentRule, st.sampled_from(Take), st.sampled_from(Visibility))


@settings(max_examples=60, deadline=None)
@given(happenings, rules, rules)
def test_whatever_happens_every_file_goes_once_and_no_private_one_is_shown(make_world, story, there, back):
    route = make_world.route(files=RULE, comments_to_linked=there, comments_to_origin=back)
    world = make_world(routes=(route,))
    count = 0
    for kind, *what in story:
        if kind == "later":
            world.later(minutes=what[0])
        elif kind == "look":
            world.read()
            world.record(world.decide())
            fates = iter(what[0])
            # A comment that fails is another test's matter.
            world.deliver(
                lambda r, fates=fates: (
                    "done"
                    if (fate := next(fates, "done")) == "failed" and not isinstance(r.intent, PassFile)
                    else fate
                )
            )
        elif getattr(world, what[0]) in world.tickets:
            where, visibility, sizes = what
            files = []
            for size in sizes:
                count += 1
                name = f"{'secret' if visibility is PRIVATE else 'open'}{count}"
                files.append(file(name, size, id_=f"a{count}"))
            world.says(getattr(world, where), Role.AGENT, "Words", visibility, files=files)
    world.work()
    writes = dict(world.writes)
    world.later(minutes=1)
    world.work()
    assert {k for k in world.writes if k.startswith(("file:", "refused:"))} == {
        k for k in writes if k.startswith(("file:", "refused:"))
    }
    keys = [(i.link, i.source, i.comment, i.attachment.id) for i in passed(world)]
    assert len(set(keys)) == len(keys)
    ours = {f.id for c in world.comments if c.marker for f in c.attachments}
    for intent in passed(world):
        assert intent.attachment.id not in ours, "an echo"
        assert intent.visibility is PRIVATE or intent.attachment.name.startswith("open")
    for comment in world.comments:
        if comment.marker and comment.visibility is PUBLIC:
            assert not [f for f in comment.attachments if f.name.startswith("secret")]
