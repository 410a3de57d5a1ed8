"""The tables on both databases: migrations make them, unique keys guard them, and values come back as they went in."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from structlog.testing import capture_logs

from escalation_bridge.domain.case.cases import CaseState, Hold, Link, TimelineEntry
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.write import Settlement
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent, Receipt
from escalation_bridge.domain.case.writes.changes import ChangeTicket
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.files import PassFile
from escalation_bridge.domain.case.writes.new_tickets import CreateTicket
from escalation_bridge.domain.case.writes.notes import ReviseNote
from escalation_bridge.domain.case.writes.notices import Notify
from escalation_bridge.domain.case.writes.shown_links import ShowLink
from escalation_bridge.domain.decide import decide
from escalation_bridge.domain.links.by_hand import Ends
from escalation_bridge.domain.routes.routes import FileRule
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.messages import MessageRequest, Quote
from escalation_bridge.domain.tickets.tickets import (
    Attachment,
    Comment,
    Group,
    Organisation,
    Person,
    Presence,
    Priority,
    RichText,
    Role,
    Severity,
    TicketChange,
    TicketPointer,
    TicketRef,
    Visibility,
)
from escalation_bridge.errors import StoreRefused
from escalation_bridge.plugin.webhooks import WebhookRequest
from escalation_bridge.store.cases import (
    case_file,
    case_tickets,
    case_views,
    outbox,
    stored_comments,
    stored_links,
)
from escalation_bridge.store.database import schema
from escalation_bridge.store.database.bridge_id import bridge_id
from escalation_bridge.store.database.codec import decode, decode_intent, encode, encode_intent
from escalation_bridge.store.database.database import Database
from escalation_bridge.store.database.schema import cases, deliveries, metadata
from escalation_bridge.store.webhooks.deliveries import IncomingDelivery, save_deliveries, waiting_deliveries

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
ORIGIN = TicketRef("support", "1")


def test_the_migrations_make_the_schema(database):
    with database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
    assert database.is_current()


def test_upgrading_again_changes_nothing(database):
    with database.write() as transaction:
        case_tickets.open_case(transaction, ORIGIN, NOW)
    database.upgrade()
    assert database.is_current()
    with database.read() as transaction:
        assert case_views.load_case(transaction, 1).origin == ORIGIN


def test_renamed_fields_keep_their_names_in_documents():
    link = json.loads(encode(LINK, Link))
    assert (link["told"], link["told_linked"]) == (["c1", "c2"], ["c3"])
    revised = next(each for each in INTENTS if isinstance(each, ReviseNote))
    created = next(each for each in INTENTS if isinstance(each, CreateTicket) and each.excluded)
    assert json.loads(encode_intent(revised))["anew"] is True
    assert json.loads(encode_intent(created))["told"] == ["c1"]
    assert decode_intent(encode_intent(revised)) == revised
    assert decode_intent(encode_intent(created)) == created


def test_links_from_before_are_found_by_their_tickets(database):
    """What the migration that brought `link_ends` does with the links of a bridge that ran before."""
    script = ScriptDirectory(str(Path(schema.__file__).parents[1] / "migrations")).get_revision("0004")
    with database.write() as transaction:
        case_id = case_tickets.open_case(transaction, ORIGIN, NOW)
        stored_links.save_link(transaction, case_id, LINK)
        transaction.execute(sa.text("DROP TABLE link_ends"))
        with Operations.context(MigrationContext.configure(transaction)):
            script.module.upgrade()
    with database.read() as transaction:
        assert stored_links.find_link(transaction, Ends(LINK.origin, LINK.linked)) == (case_id, LINK.id)
        assert compare_metadata(MigrationContext.configure(transaction), metadata) == []


def test_the_indexes_that_are_queues_hold_only_what_waits(database):
    with database.read() as connection:
        if database.on_sqlite:
            query = "SELECT name, sql FROM sqlite_master WHERE type = 'index'"
        else:
            query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
        definitions = {row[0]: row[1] for row in connection.execute(sa.text(query))}
    assert "wake_at IS NOT NULL" in definitions["ix_cases_wake"]
    assert "'stored'" in definitions["ix_deliveries_waiting"]


def test_a_bridge_keeps_its_id(database):
    def own():
        with database.write() as transaction:
            return bridge_id(transaction)

    assert own() == own()


def test_instants_come_back_to_the_microsecond(database):
    jakarta = timezone(timedelta(hours=7))
    times = [NOW.replace(year=year) for year in (1969, 1970, 2026, 2100)]
    with database.write() as transaction:
        for n, at in enumerate(times):
            case_tickets.open_case(transaction, TicketRef("support", str(n)), at.astimezone(jakarta))
        kept = list(transaction.execute(sa.select(cases.c.opened_at).order_by(cases.c.opened_at)).scalars())
    assert kept == times
    assert {at.utcoffset() for at in kept} == {timedelta(0)}


# --- unique keys --------------------------------------------------------------------------------------------------------


@pytest.fixture
def case(scene):
    """A case whose first steps are due; returns how to see it and what is decided about it."""
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    scene.clock.advance(minutes=61)
    view = scene.view()
    return scene, view, decide(view, scene.bridge.rules, scene.clock())


def save(scene, view, decision):
    with scene.bridge.database.write() as transaction:
        case_file.save_decisions(transaction, [(view, decision)], scene.bridge.id, scene.clock())


def test_of_two_workers_that_decide_the_same_one_records_it(case):
    scene, view, decision = case
    assert decision.fired
    save(scene, view, decision)
    recorded, lines = scene.view(), scene.timeline()
    with pytest.raises(StoreRefused):
        save(scene, view, decision)
    assert (scene.view(), scene.timeline()) == (recorded, lines)


@pytest.mark.parametrize("part", ["fired", "intents"])
def test_each_unique_key_stands_guard_alone(case, part):
    scene, view, decision = case
    save(scene, view, decision)
    recorded = scene.view()
    nothing = {"fired": (), "intents": (), "timeline": (), "links": (), "withdrawn": ()}
    del nothing[part]
    with pytest.raises(StoreRefused):
        save(scene, view, replace(decision, **nothing, state=CaseState.CLOSED))
    assert scene.view() == recorded


def test_a_token_belongs_to_one_write(case):
    scene, view, decision = case
    save(scene, view, decision)
    tokens = [record.token for record in scene.view().intents.values()]
    assert len(set(tokens)) == len(tokens) > 1
    assert all(token.startswith("eb-") and len(token) == 23 for token in tokens)


def test_tokens_of_two_bridges_and_two_cases_differ(case):
    scene, view, decision = case
    save(scene, view, decision)
    first = {record.token for record in scene.view().intents.values()}
    with scene.bridge.database.write() as transaction:
        case_id = case_tickets.open_case(transaction, TicketRef("support", "2"), NOW)
        case_file.save_intents(
            transaction, [(case_id, each) for each in decision.intents], scene.bridge.id, NOW
        )
    with scene.bridge.database.write() as transaction:
        other = case_tickets.open_case(transaction, TicketRef("support", "3"), NOW)
        case_file.save_intents(
            transaction, [(other, each) for each in decision.intents], "fedcba9876543210", NOW
        )
    tokens = first | {
        record.token for number in (case_id, other) for record in scene.view(number).intents.values()
    }
    assert len(tokens) == 3 * len(first)


def test_a_case_that_is_forgotten_leaves_nothing(case):
    scene, view, decision = case
    save(scene, view, decision)
    with scene.bridge.database.write() as transaction:
        stored_links.save_link(transaction, 1, LINK)
        case_file.forget_case(transaction, 1)
    with scene.bridge.database.read() as transaction:
        for table in metadata.sorted_tables:
            if "case_id" in table.c:
                assert transaction.execute(sa.select(sa.func.count()).select_from(table)).scalar() == 0


# --- values -------------------------------------------------------------------------------------------------------------

SARI = Person("7", "Sari “S” O'Hara 🔥", "sari@example.com", Role.CUSTOMER)
BODY = RichText("<p>It burns.<br>\\u0000 'quoted' 🔥</p>", "It burns.\n\\u0000 'quoted' 🔥")
LINKED = TicketRef("dev", "24")
MESSAGE = MessageRequest(
    "passed_comment", {"from_key": "DEV-24"}, (Quote("Sari", NOW, BODY),), Visibility.PRIVATE
)
LINK = Link(
    id="step:first_response:1:escalate:0",
    route="engineering",
    origin=ORIGIN,
    linked=LINKED,
    since=NOW,
    statuses={Side.ORIGIN: "open", Side.LINKED: "10042"},
    excluded=("c1", "c2"),
    edges=3,
    shown={Side.ORIGIN: "DEV-24"},
    hold=Hold(HoldReason.STATUS_UNMAPPED, NOW, {"side": "linked"}),
    excluded_linked=("c3",),
    drafted=True,
    waiting={Side.ORIGIN: "solved"},
    by_hand=True,
)
INTENTS = (
    CreateTicket(
        "dev", "engineering", "Fire", MESSAGE, Severity.EMERGENCY, Priority.URGENT, ("a", "b"), SARI,
        {"project": "ENG", "numbers": [1, 2.5, None], "deep": {"x": True}}, ("c1",),
    ),
    CreateTicket("dev", "engineering", "Fire", MESSAGE, Severity.STANDARD, None),
    WriteComment(ORIGIN, Visibility.PUBLIC, MESSAGE, source=(LINKED, "c9")),
    WriteComment(ORIGIN, Visibility.PUBLIC, MESSAGE, source=(LINKED, "c9"), files=True),
    ReviseNote(LINKED, replace(MESSAGE, language="id"), "waiting:by-hand:1:", or_another=True),
    PassFile(
        ORIGIN, Visibility.PRIVATE, LINK.id, Side.LINKED, LINKED, "c9", Visibility.PUBLIC,
        Attachment("f", "a 🔥.png", "image/png", None, "https://dev.example/a.png"), FileRule(1, (".exe", "video/*")),
    ),
    PassFile(
        LINKED, Visibility.PUBLIC, LINK.id, Side.ORIGIN, ORIGIN, None, Visibility.PUBLIC,
        Attachment("f", "", "", 0, ""), FileRule(10),
    ),
    ChangeTicket(ORIGIN, TicketChange(status="open"), Settlement("l", Side.LINKED, "done", "open"), follows=True),
    ChangeTicket(ORIGIN, TicketChange(priority=Priority.HIGH, add_tags=("x",), fields={"f": [1]})),
    ShowLink(ORIGIN, TicketPointer(LINKED, "DEV-24", "https://dev.example/24", "Memory", "Fire", "Done", True)),
    Notify("duty", MESSAGE),
)  # fmt: skip


def test_intents_come_back_as_they_were_decided(database):
    decided = [KeyedIntent(str(n), intent) for n, intent in enumerate(INTENTS)]
    with database.write() as transaction:
        case_id = case_tickets.open_case(transaction, ORIGIN, NOW)
        case_file.save_intents(transaction, [(case_id, each) for each in decided], "bridge", NOW)
        records = case_views.load_case(transaction, case_id).intents
        assert [(r.key, r.intent) for r in records.values()] == [(k.key, k.intent) for k in decided]
        assert {(r.state, r.decided_at) for r in records.values()} == {(IntentState.PENDING, NOW)}


def test_a_write_on_its_way_is_kept_in_mind(database):
    with database.write() as transaction:
        case_id = case_tickets.open_case(transaction, ORIGIN, NOW)
        case_file.save_intents(transaction, [(case_id, KeyedIntent("k", INTENTS[2]))], "bridge", NOW)
        (record,) = case_views.load_case(transaction, case_id).intents.values()
        outbox.mark_sent(transaction, record.token, NOW, "text")
        (sent,) = case_views.load_case(transaction, case_id).intents.values()
        assert sent.sent_text == "text"
        receipt = Receipt(LINKED, "c7", "stored", "f7", "ab" * 32)
        outbox.save_receipt(transaction, record.token, receipt, NOW)
        (record,) = case_views.load_case(transaction, case_id).intents.values()
        assert (record.state, record.receipt, record.attempts) == (IntentState.DONE, receipt, 1)
        assert record.sent_text is None


def test_tickets_comments_links_and_history_come_back(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    full = replace(
        scene.support.tickets[ticket],
        description=BODY,
        priority=None,
        updated_at=NOW,
        type="incident",
        requester=SARI,
        organisation=Organisation("9", "Toko"),
        assignee=SARI,
        group=Group("1", "L1"),
        brand="b",
        language="id",
        tags=("vip", "🔥"),
        custom_fields={"1": None, "2": [1, "x"], "3": {"y": 2.5}},
        presence=Presence.MERGED,
        merged_into=TicketRef("support", "2"),
        bridge_key="eb-0123456789abcdef0123",
    )
    file = Attachment("f", "a.png", "image/png", None, "https://support.example/a.png")
    comment = Comment(full.ref, "c77", SARI, Visibility.PRIVATE, BODY, NOW, (file,), marker=None)
    entry = TimelineEntry(NOW, "linked", {"key": "DEV-24 🔥", "url": "https://dev.example/24"})
    with scene.bridge.database.write() as transaction:
        case_file.save_snapshot(transaction, 1, full, NOW)
        stored_comments.save_comments(transaction, 1, [(comment, False)])
        stored_links.save_link(transaction, 1, LINK)
        stored_links.save_link(transaction, 1, replace(LINK, hold=None))
        case_file.save_timeline(transaction, 1, [entry])
        assert case_views.load_timeline(transaction, 1)[-1] == entry
    view = scene.view()
    assert view.tickets == {full.ref: full}
    assert view.comments == (comment,)
    assert view.links == (replace(LINK, hold=None),)


def test_a_comment_of_ours_stays_ours(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    scene.news(scene.support, ticket)
    ref = scene.support.tickets[ticket].ref
    comment = Comment(ref, "c77", SARI, Visibility.PRIVATE, BODY, NOW)
    for own in (False, True, False):
        with scene.bridge.database.write() as transaction:
            stored_comments.save_comments(transaction, 1, [(comment, own)])
    assert scene.view().own_comments == {(ref, "c77")}


HALF_A_PAIR = pytest.param("Sari \ud83d", id="half a pair")


@pytest.mark.parametrize("text", [HALF_A_PAIR, pytest.param("Sari \x00", id="nul")])
@pytest.mark.parametrize("place", ["name", "subject"])
def test_text_that_no_database_takes_stops_no_case(scene, text, place):
    """Names and subjects come as the vendor's JSON has them, cut in the middle of an emoji for instance."""
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    present = scene.support.tickets[ticket]
    scene.support.tickets[ticket] = (
        replace(present, subject=text)
        if place == "subject"
        else replace(present, requester=replace(present.requester, name=text))
    )
    with capture_logs():
        scene.news(scene.support, ticket)
        scene.run(minutes=61)
    assert len(scene.dev.tickets) == 1


# --- deliveries ---------------------------------------------------------------------------------------------------------


def incoming(body=b"{}", delivery_id=None, quarantine=None):
    request = WebhookRequest.make(body, {"X-Odd": "é\n🔥"}, received_at=NOW)
    return IncomingDelivery("support", request, delivery_id, quarantine)


def test_deliveries_survive_the_process(database_url):
    database = Database(database_url)
    database.upgrade()
    body = bytes(range(256))
    with database.write() as transaction:
        save_deliveries(transaction, [incoming(body), incoming(b"2", "id"), incoming(b"3", None, "no JSON")])
    database.close()
    again = Database(database_url)
    with again.write() as transaction:
        first, second = waiting_deliveries(transaction, 10, NOW)
        assert (first.request.body, second.request.body) == (body, b"2")
        assert (first.request.headers["x-odd"], first.request.received_at) == ("é\n🔥", NOW)
    again.close()


def test_what_is_rolled_back_was_never_there(database):
    def fail():
        with database.write() as transaction:
            save_deliveries(transaction, [incoming()])
            raise ValueError

    with pytest.raises(ValueError):
        fail()
    with database.read() as transaction:
        assert transaction.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar() == 0


REPETITIONS = (
    ([incoming(b"1", "a"), incoming(b"2", "a")], [False, True]),
    ([incoming(b"3", "b"), incoming(b"3", "c")], [False, False]),
    ([incoming(b"4"), incoming(b"4")], [False, True]),
    ([incoming(b"5"), incoming(b"6")], [False, False]),
    ([incoming(b"7"), incoming(b"7", "d")], [False, False]),
)


def test_a_repetition_is_known_by_id_or_by_body(database):
    for batch, repeated in REPETITIONS:
        with database.write() as transaction:
            assert [saved.repeated for saved in save_deliveries(transaction, batch)] == repeated
        with database.write() as transaction:
            assert [saved.repeated for saved in save_deliveries(transaction, batch)] == [True, True]


def test_once_routed_an_equal_body_is_news_and_an_equal_id_is_not(scene):
    ticket = scene.support.customer_writes("Printer on fire", "It burns.")
    for _ in range(2):
        scene.hear(scene.support, ticket)
        scene.hear(scene.support, ticket, "d-1")
        scene.run()
    with scene.bridge.database.read() as transaction:
        assert transaction.execute(sa.select(sa.func.count()).select_from(deliveries)).scalar() == 3


def test_two_routers_do_not_route_the_same(database):
    if database.on_sqlite:
        pytest.skip("SQLite has one writer at a time")
    with database.write() as transaction:
        save_deliveries(transaction, [incoming(str(n).encode()) for n in range(5)])
    with database.write() as one, database.write() as two:
        first = [delivery.id for delivery in waiting_deliveries(one, 3, NOW)]
        second = [delivery.id for delivery in waiting_deliveries(two, 3, NOW)]
    assert first == [1, 2, 3]
    assert second == [4, 5]


def test_what_the_version_before_stored_is_read():
    ends = '"origin":{"connection":"a","id":"1"},"linked":{"connection":"b","id":"2"}'
    link = decode(
        f'{{"id":"x","route":"r",{ends},"since":"2026-03-02T09:00:00Z","statuses":{{"origin":"new","linked":"new"}},'
        '"told":["c1"],"edges":2,"shown_done":{"origin":true},"hold":null}',
        Link,
    )
    assert (link.excluded, link.edges, link.shown, link.fields, link.ended) == (("c1",), 2, {}, {}, None)
    shown = decode_intent(
        '{"kind":"show_link","ticket":{"connection":"a","id":"1"},"pointer":{"ref":{"connection":"b","id":"2"},'
        '"key":"K","url":"u","vendor":"v","title":"t","status":"s","done":false}}'
    )
    assert isinstance(shown, ShowLink)
    assert (shown.health, shown.pointer.assignee) == (None, None)
