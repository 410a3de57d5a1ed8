"""Several customers' tickets on one issue: what it shows, who is told what, and that nobody reads another one's words."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from escalation_bridge.domain.routes.fields.priority import PriorityRule
from escalation_bridge.domain.routes.fields.rule import Direction, FieldRules
from escalation_bridge.domain.routes.fields.tags import TagsRule
from escalation_bridge.domain.routes.routes import DraftReply
from escalation_bridge.domain.tickets.tickets import Organisation, Priority, Role, StatusKind, Visibility
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets, unlink_tickets
from escalation_bridge.errors import OutcomeUnknown, Rejected
from escalation_bridge.plugin.hooks import hookimpl

PRIVATE = Visibility.PRIVATE


class Unmarked:
    """A vendor that keeps no marker in comments: what is the bridge's own is told by receipts and texts alone."""

    @hookimpl(wrapper=True)
    def fetch_comments(self):
        comments = yield
        return tuple(replace(comment, marker=None) for comment in comments)

    @hookimpl(wrapper=True)
    def add_comment(self):
        comment = yield
        return replace(comment, marker=None)


@pytest.fixture
def quiet(make_scene):
    return make_scene(policies=())


def customers(scene, count=2, priorities=()):
    """So many customers' tickets, linked with one issue in their order."""
    issue = scene.dev.customer_writes("Printers burn", "All of them.", Priority.LOW)
    tickets = []
    for number in range(count):
        priority = priorities[number] if number < len(priorities) else Priority.NORMAL
        ticket = scene.support.customer_writes(f"Printer {number}", "It burns.", priority)
        present = scene.support.tickets[ticket]
        scene.support.tickets[ticket] = replace(
            present, organisation=Organisation(str(number), f"Toko {number}")
        )
        link(scene, ticket, issue)
        tickets.append(ticket)
    return issue, tickets


def link(scene, ticket, issue):
    scene.clock.advance(seconds=1)
    made = link_tickets(scene.bridge, LinkRequest(ticket, issue, "engineering"))
    assert made.refusal is None
    scene.run()


def own_texts(plugin, ticket):
    return [said.body.text for said in plugin.comments.get(ticket, [])]


def note(scene, issue):
    """The text about who waits; there must be one at most."""
    said = [s for s in scene.dev.comments.get(issue, []) if "linked to this one" in s.body.text]
    assert all(one.visibility is PRIVATE for one in said)
    assert len(said) <= 1
    return said[0].body.text if said else None


# --- what the issue shows -----------------------------------------------------------------------------------------------


def test_one_customer_needs_no_note(quiet):
    issue, _ = customers(quiet, 1)
    assert note(quiet, issue) is None


def test_the_issue_shows_how_many_who_and_how_urgent(quiet):
    issue, _ = customers(quiet, 2, (Priority.NORMAL, Priority.HIGH))
    assert note(quiet, issue) == (
        "2 customers' tickets are linked to this one, 2 of them still open. "
        "Highest priority among them: high.\n\nToko 0 (SUPPORT-1), Toko 1 (SUPPORT-2)"
    )


def test_the_note_is_kept_true_in_place(quiet):
    issue, tickets = customers(quiet, 2)
    third = quiet.support.customer_writes("Printer 3", "It burns.", Priority.NORMAL)
    link(quiet, third, issue)
    assert "3 customers' tickets" in note(quiet, issue)
    quiet.support.set_priority(tickets[1], Priority.URGENT)
    quiet.news(quiet.support, tickets[1])
    assert "among them: urgent" in note(quiet, issue)
    quiet.support.set_status(tickets[1], StatusKind.SOLVED)
    quiet.news(quiet.support, tickets[1])
    assert "2 of them still open. Highest priority among them: normal." in note(quiet, issue)
    quiet.support.set_status(tickets[1], StatusKind.OPEN)
    quiet.news(quiet.support, tickets[1])
    assert "3 of them still open" in note(quiet, issue)


def test_of_very_many_the_rest_is_counted(quiet):
    issue, _ = customers(quiet, 23)
    text = note(quiet, issue)
    assert "23 customers' tickets" in text
    assert text.endswith("Toko 19 (SUPPORT-20) and 3 more")


def test_where_notes_cannot_be_reworded_only_what_is_grave_is_written_anew(quiet):
    issue, tickets = customers(quiet, 2)
    refusal = Rejected("notes cannot be edited", quiet.dev.at("edit_comment"))

    def said():
        return [s.body.text for s in quiet.dev.comments[issue] if "linked to this one" in s.body.text]

    quiet.dev.faults["edit_comment"] = [refusal] * 5
    quiet.support.set_status(
        tickets[1], StatusKind.SOLVED
    )  # one less is open: that alone is not worth another note
    quiet.news(quiet.support, tickets[1])
    assert len(said()) == 1
    quiet.support.set_priority(tickets[0], Priority.URGENT)
    quiet.news(quiet.support, tickets[0])
    assert len(said()) == 2
    assert "1 of them still open. Highest priority among them: urgent." in said()[-1]
    quiet.dev.faults["edit_comment"] = []
    quiet.support.set_status(tickets[1], StatusKind.OPEN)
    quiet.news(quiet.support, tickets[1])
    assert len(said()) == 2
    assert "2 of them still open" in said()[-1]


def test_when_the_one_who_speaks_is_unlinked_the_next_takes_over(quiet):
    issue, tickets = customers(quiet, 3)
    unlink_tickets(quiet.bridge, LinkRequest(tickets[0], issue, "engineering"))
    quiet.run()
    assert "2 customers' tickets" in note(quiet, issue)
    assert "Toko 0" not in note(quiet, issue)
    assert any("no longer updated" in text for text in own_texts(quiet.dev, issue))


def test_it_takes_over_also_when_an_agent_unlinked_it_in_the_ticket(quiet):
    issue, tickets = customers(quiet, 3)
    quiet.support.says(tickets[0], "/bridge unlink", Role.AGENT, PRIVATE)
    quiet.news(quiet.support, tickets[0])
    assert quiet.view(1).links == ()
    assert "2 customers' tickets" in note(quiet, issue)


def test_when_another_is_unlinked_the_note_says_so(quiet):
    issue, tickets = customers(quiet, 2)
    unlink_tickets(quiet.bridge, LinkRequest(tickets[1], issue, "engineering"))
    quiet.run()
    assert note(quiet, issue).startswith("One customer's ticket is linked to this one, 1 of them still open.")


def test_a_ticket_that_is_gone_does_not_wait(quiet):
    issue, tickets = customers(quiet, 2)
    del quiet.support.tickets[tickets[1]]
    quiet.news(quiet.support, tickets[1])
    assert "1 of them still open" in note(quiet, issue)


def test_the_issue_gets_as_urgent_as_the_most_urgent_once(quiet):
    issue, tickets = customers(quiet, 2, (Priority.NORMAL, Priority.HIGH))
    assert quiet.dev.tickets[issue].priority is Priority.HIGH
    assert "issue_raised" in quiet.timeline(2)
    quiet.dev.set_priority(issue, Priority.LOW)  # somebody has his reasons
    quiet.news(quiet.dev, issue)
    assert quiet.dev.tickets[issue].priority is Priority.LOW
    quiet.support.set_priority(tickets[0], Priority.URGENT)
    quiet.news(quiet.support, tickets[0])
    assert quiet.dev.tickets[issue].priority is Priority.URGENT
    quiet.support.set_priority(tickets[0], Priority.LOW)
    quiet.news(quiet.support, tickets[0])
    assert quiet.dev.tickets[issue].priority is Priority.URGENT


def test_a_route_may_leave_the_priority_alone(make_scene, make_route):
    scene = make_scene(policies=(), routes=(make_route(raise_priority=False),))
    issue, _ = customers(scene, 2, (Priority.URGENT,))
    assert scene.dev.tickets[issue].priority is Priority.LOW


# --- done ---------------------------------------------------------------------------------------------------------------


def test_one_customer_who_is_done_does_not_close_what_others_wait_for(quiet):
    issue, tickets = customers(quiet, 3)
    for ticket in tickets[:2]:
        quiet.support.set_status(ticket, StatusKind.SOLVED)
        quiet.news(quiet.support, ticket)
        assert quiet.dev.tickets[issue].status.kind is StatusKind.NEW
    assert quiet.timeline(1).count("status_waits") == 1
    quiet.dev.set_status(issue, StatusKind.WAITING_CUSTOMER)
    quiet.news(quiet.dev, issue)
    assert quiet.support.tickets[tickets[0]].status.kind is StatusKind.SOLVED
    assert quiet.support.tickets[tickets[2]].status.kind is StatusKind.WAITING_CUSTOMER
    quiet.support.set_status(tickets[2], StatusKind.SOLVED)
    quiet.news(quiet.support, tickets[2])
    assert quiet.dev.tickets[issue].status.kind is StatusKind.CLOSED
    assert [quiet.view(case).links[0].waiting for case in (1, 2, 3)] == [{}, {}, {}]


def test_the_last_two_who_are_done_at_once_close_it(quiet):
    """Each of their cases was decided when the other one was not known to be done."""
    issue, tickets = customers(quiet, 2)
    for ticket in tickets:
        quiet.support.set_status(ticket, StatusKind.SOLVED)
        quiet.hear(quiet.support, ticket)
    quiet.run()
    assert quiet.dev.tickets[issue].status.kind is StatusKind.CLOSED


def test_it_closes_when_the_last_one_who_waits_is_unlinked(quiet):
    issue, tickets = customers(quiet, 2)
    quiet.support.set_status(tickets[0], StatusKind.SOLVED)
    quiet.news(quiet.support, tickets[0])
    unlink_tickets(quiet.bridge, LinkRequest(tickets[1], issue, "engineering"))
    quiet.run()
    assert quiet.dev.tickets[issue].status.kind is StatusKind.CLOSED


def test_who_is_taken_up_again_does_not_wait_any_more(quiet):
    issue, tickets = customers(quiet, 2)
    quiet.support.set_status(tickets[0], StatusKind.SOLVED)
    quiet.news(quiet.support, tickets[0])
    quiet.support.set_status(tickets[0], StatusKind.NEW)
    quiet.news(quiet.support, tickets[0])
    assert quiet.view(1).links[0].waiting == {}
    quiet.support.set_status(tickets[1], StatusKind.SOLVED)
    quiet.news(quiet.support, tickets[1])
    assert quiet.dev.tickets[issue].status.kind is StatusKind.NEW


def drafts(scene, ticket):
    said = [
        s
        for s in scene.support.comments.get(ticket, [])
        if "not sent" in s.body.text or "belum dikirim" in s.body.text
    ]
    assert all(one.visibility is PRIVATE for one in said)
    return [one.body.text for one in said]


def test_done_is_fanned_out_with_a_drafted_reply_for_each(quiet):
    issue, tickets = customers(quiet, 2)
    present = quiet.support.tickets[tickets[1]]
    quiet.support.tickets[tickets[1]] = replace(present, language="id-ID", updated_at=quiet.clock())
    quiet.news(quiet.support, tickets[1])
    quiet.dev.set_status(issue, StatusKind.SOLVED)
    quiet.news(quiet.dev, issue)
    assert {quiet.support.tickets[t].status.kind for t in tickets} == {StatusKind.OPEN}
    (english,), (indonesian,) = drafts(quiet, tickets[0]), drafts(quiet, tickets[1])
    assert "Hello Sari," in english
    assert "“Printer 0”" in english
    assert "Draf balasan, belum dikirim (Memory DEV-1 sudah selesai)" in indonesian
    assert not [s for t in tickets for s in quiet.support.comments[t] if s.visibility is Visibility.PUBLIC]
    quiet.dev.set_status(issue, StatusKind.CLOSED)
    quiet.news(quiet.dev, issue)
    assert len(drafts(quiet, tickets[0])) == 1
    for kind in (StatusKind.OPEN, StatusKind.SOLVED):
        quiet.dev.set_status(issue, kind)
        quiet.news(quiet.dev, issue)
    assert len(drafts(quiet, tickets[0])) == 2, "it was taken up again and is done again"


def test_who_is_done_already_needs_no_draft(quiet):
    issue, tickets = customers(quiet, 2)
    quiet.support.set_status(tickets[0], StatusKind.SOLVED)
    quiet.news(quiet.support, tickets[0])
    quiet.dev.set_status(issue, StatusKind.SOLVED)
    quiet.news(quiet.dev, issue)
    assert drafts(quiet, tickets[0]) == []
    assert len(drafts(quiet, tickets[1])) == 1


@pytest.mark.parametrize(
    ("when", "alone", "shared"),
    [(DraftReply.SHARED, 0, 1), (DraftReply.ALWAYS, 1, 1), (DraftReply.NEVER, 0, 0)],
)
def test_the_route_says_when_replies_are_drafted(make_scene, make_route, when, alone, shared):
    scene = make_scene(policies=(), routes=(make_route(draft_reply=when),))
    counts = []
    for count in (1, 2):
        issue, tickets = customers(scene, count)
        scene.dev.set_status(issue, StatusKind.SOLVED)
        scene.news(scene.dev, issue)
        counts.append(len(drafts(scene, tickets[0])))
    assert counts == [alone, shared]


def test_fields_go_from_each_customer_and_to_none(make_scene, make_route):
    """What the issue shows may be another customer's: tags, and how urgent it is."""
    fields = FieldRules(
        (PriorityRule(direction=Direction.BOTH),), (TagsRule(Direction.BOTH, same=("area-*",)),)
    )
    scene = make_scene(policies=(), routes=(make_route(synced=fields),))
    issue, (first, second) = customers(scene, 2)
    scene.support.add_tag(first, "area-first")
    scene.support.set_priority(first, Priority.URGENT)
    scene.news(scene.support, first)
    scene.news(scene.dev, issue)
    scene.dev.add_tag(issue, "area-dev")
    scene.news(scene.dev, issue)
    assert set(scene.dev.tickets[issue].tags) == {"area-first", "area-dev"}
    assert scene.dev.tickets[issue].priority is Priority.URGENT
    assert scene.support.tickets[first].tags == ("area-first",)
    assert scene.support.tickets[second].tags == ()
    assert scene.support.tickets[second].priority is Priority.NORMAL


# --- nobody reads another one's words -----------------------------------------------------------------------------------

MARK = "SECRET-OF"


@pytest.mark.parametrize("unmarked", [False, True])
def test_what_one_customer_says_never_reaches_another(quiet, unmarked):
    if unmarked:
        quiet.bridge.helpdesks["dev"].extend(Unmarked(), "unmarked")
    issue, tickets = customers(quiet, 2)
    for number, ticket in enumerate(tickets):
        quiet.support.says(ticket, f"{MARK}-{number}", Role.CUSTOMER)
        quiet.hear(quiet.support, ticket)
    quiet.run()
    quiet.dev.says(issue, "We are on it.", Role.AGENT)
    quiet.news(quiet.dev, issue)
    for _ in range(2):
        quiet.hear(quiet.dev, issue)
        quiet.run()
    texts = own_texts(quiet.dev, issue)
    assert [sum(f"{MARK}-{number}" in text for text in texts) for number in (0, 1)] == [1, 1]
    for number, ticket in enumerate(tickets):
        heard = "\n".join(own_texts(quiet.support, ticket))
        assert heard.count("We are on it.") == 1
        assert f"{MARK}-{1 - number}" not in heard


ACTS = st.lists(
    st.tuples(
        st.sampled_from(
            ["says", "notes", "answers", "solves", "reopens", "hears", "loses", "link", "unlink", "done"]
        ),
        st.integers(0, 2),
    ),
    max_size=14,
)


class Play:
    """Three customers and an issue, on an empty database; two of the customers are linked with it from the beginning."""

    def __init__(self, make_fresh_scene, make_route, *, unmarked):
        self.scene = make_fresh_scene(policies=(), routes=(make_route(),))
        if unmarked:
            self.scene.bridge.helpdesks["dev"].extend(Unmarked(), "unmarked")
        self.said: list[str] = []
        self.support, self.dev = self.scene.support, self.scene.dev
        self.issue, self.tickets = customers(self.scene, 2)
        self.tickets.append(self.support.customer_writes("Printer 2", "It burns."))

    def says(self, who):
        self._say(who, Visibility.PUBLIC)

    def notes(self, who):
        self._say(who, PRIVATE)

    def _say(self, who, visibility):
        self.said.append(f"{MARK}-{who}-{len(self.said)};")
        self.support.says(self.tickets[who], self.said[-1], Role.CUSTOMER, visibility)

    def answers(self, who):
        self.said.append(f"ANSWER-{len(self.said)};")
        self.dev.says(self.issue, self.said[-1], Role.AGENT)

    def solves(self, who):
        self.support.set_status(self.tickets[who], StatusKind.SOLVED)

    def reopens(self, who):
        self.support.set_status(self.tickets[who], StatusKind.OPEN)

    def done(self, who):
        self.dev.set_status(
            self.issue, (StatusKind.SOLVED, StatusKind.OPEN, StatusKind.WAITING_CUSTOMER)[who]
        )

    def hears(self, who):
        self.scene.hear(self.support, self.tickets[who])
        self.scene.hear(self.dev, self.issue)
        self.scene.run(seconds=1)

    def loses(self, who):
        """The next comment is written and its answer lost."""
        plugin = (self.support, self.dev)[who % 2]
        plugin.faults["after_add_comment"] = [OutcomeUnknown("no answer", plugin.at("add_comment"))]

    def link(self, who):
        link_tickets(self.scene.bridge, LinkRequest(self.tickets[who], self.issue, "engineering"))

    def unlink(self, who):
        unlink_tickets(self.scene.bridge, LinkRequest(self.tickets[who], self.issue, "engineering"))

    def settle(self):
        for plugin in (self.support, self.dev):
            plugin.faults.clear()
        for _ in range(3):
            for ticket in self.tickets:
                self.scene.hear(self.support, ticket)
            self.scene.hear(self.dev, self.issue)
            self.scene.run(minutes=10)


calm = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@settings(calm, max_examples=8)  # the nightly run plays more
@given(acts=ACTS, unmarked=st.booleans())
# Written before its own link was taken back, at a vendor that keeps no markers, and first read by another customer's case.
@example(acts=[("says", 0), ("says", 0), ("hears", 0), ("unlink", 0), ("says", 1)], unmarked=True)
def test_whatever_happens_nobody_reads_another_ones_words(make_fresh_scene, make_route, acts, unmarked):
    play_shared_issues(make_fresh_scene, make_route, acts, unmarked)


@pytest.mark.nightly
@settings(calm, max_examples=250)
@given(acts=ACTS, unmarked=st.booleans())
def test_whatever_happens_nobody_reads_another_ones_words_each_night(
    make_fresh_scene, make_route, acts, unmarked
):
    play_shared_issues(make_fresh_scene, make_route, acts, unmarked)


def play_shared_issues(make_fresh_scene, make_route, acts, unmarked):
    with capture_logs():
        play = Play(make_fresh_scene, make_route, unmarked=unmarked)
        for act, who in acts:
            getattr(play, act)(who)
        play.settle()
        for who, ticket in enumerate(play.tickets):
            heard = "\n".join(own_texts(play.support, ticket))
            assert not [
                word
                for word in play.said
                if word.startswith(MARK) and f"-{who}-" not in word and word in heard
            ]
            assert all(heard.count(word) <= 1 for word in play.said)
        texts = own_texts(play.dev, play.issue)
        assert all(sum(word in text for text in texts) <= 1 for word in play.said), "something came twice"
        writes = len(play.support.writes) + len(play.dev.writes)
        play.settle()
        assert len(play.support.writes) + len(play.dev.writes) == writes, "it is not quiet"
