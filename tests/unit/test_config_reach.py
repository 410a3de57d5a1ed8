"""Parts of a configuration that can never count: refused, or warned of, with what stands in the way."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation_bridge.config.loading import load_configuration
from escalation_bridge.config.reach import covers, hint_unused_routes
from escalation_bridge.config.routes import RouteSettings
from escalation_bridge.configfile import InvalidConfiguration, Review, load_document, validate
from escalation_bridge.domain.tickets.classification import Classification
from escalation_bridge.domain.tickets.conditions import Condition, Operator, Test
from escalation_bridge.domain.tickets.tickets import Priority, Severity
from escalation_bridge.plugged.discovery import Catalogue

ORDINARY = Classification(Severity.STANDARD, "", "")
PRIORITIES = ("low", "normal", "high", "urgent")
POLICY = "  - {name: %s, when: %s, targets: {default: {resolution: 4h}}%s}\n"


@pytest.fixture
def findings(tmp_path):
    def find(text):
        file = tmp_path / "bridge.yaml"
        file.write_text(text)
        try:
            load_configuration(file, Catalogue({}), {})
        except InvalidConfiguration as error:
            return {each.path: each.message for each in error.findings}
        return {}

    return find


def policies(*when, more=""):
    return "connections: {}\npolicies:\n" + "".join(
        POLICY % (f"p{number}", each, more if number == 0 else "") for number, each in enumerate(when)
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{}", "{}"),
        ("{}", "{priority: urgent}"),
        ("{priority: [high, urgent]}", "{priority: urgent}"),
        ("{priority: [high, urgent]}", "{priority: Urgent, tags: vip}"),
        ("{none: [{field: tags, contains: spam}]}", "{none: [{field: tags, contains: [spam, test]}]}"),
        ("{any: [{field: priority, is: urgent}, {field: tags, contains: vip}]}", "{tags: vip}"),
        (
            "{all: [{field: subject, contains: down}]}",
            "{all: [{field: subject, contains: down}, {field: tags, contains: a}]}",
        ),
    ],
)
def test_a_policy_behind_a_wider_one_is_refused(findings, first, second):
    told = findings(policies(first, second))
    assert list(told) == ["policies[1].name"]
    assert "the policy `p1` never applies" in told["policies[1].name"]
    assert "`p0` above it" in told["policies[1].name"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{priority: urgent}", "{}"),
        ("{priority: urgent}", "{priority: [high, urgent]}"),
        ("{priority: urgent}", "{tags: vip}"),
        ("{none: [{field: tags, contains: spam}]}", "{}"),
        ("{all: [{field: priority, less_than: urgent}]}", "{all: [{field: priority, less_than: high}]}"),
    ],
)
def test_a_policy_that_can_count_is_not(findings, first, second):
    assert findings(policies(first, second)) == {}


def test_a_policy_that_begins_later_leaves_older_tickets_to_the_next(findings):
    assert findings(policies("{}", "{}", more=", effective_from: 2026-06-01")) == {}


TESTS = st.one_of(
    st.builds(
        Test,
        st.just("priority"),
        st.sampled_from([Operator.IS, Operator.IS_NOT]),
        st.lists(st.sampled_from(PRIORITIES), min_size=1, max_size=3).map(tuple),
    ),
    st.builds(
        Test,
        st.just("tags"),
        st.sampled_from([Operator.CONTAINS, Operator.CONTAINS_NOT]),
        st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=2).map(tuple),
    ),
)
SOME = st.lists(TESTS, max_size=2).map(tuple)
CONDITIONS = st.builds(Condition, SOME, SOME, SOME)


@settings(max_examples=300, derandomize=True, deadline=None)
@given(CONDITIONS, CONDITIONS)
def test_what_is_called_wider_holds_wherever_the_other_does(make_world, wide, narrow):
    if not covers(wide, narrow):
        return
    world = make_world()
    (ticket,) = world.tickets.values()
    for priority, tags in itertools.product((None, *PRIORITIES), ((), ("a",), ("b",), ("a", "b"))):
        seen = replace(ticket, priority=Priority(priority) if priority else None, tags=tags)
        assert wide(seen, ORDINARY) or not narrow(seen, ORDINARY)


def test_a_route_that_no_step_takes_is_a_warning(tmp_path):
    file = tmp_path / "bridge.yaml"
    status = "status: {to_linked: {}, to_origin: {}}"
    file.write_text(
        "policies:\n  - {ladder: [{do: [{escalate: used}, {escalate: {route: also}}]}]}\n"
        f"routes:\n  used: {{from: a, to: b, {status}}}\n  idle: {{from: a, to: b, {status}}}\n"
    )
    document = load_document(file)
    review = Review(document)
    routes = {name: validate(document, RouteSettings, ("routes", name)) for name in ("used", "idle")}
    hint_unused_routes(document, review, routes)
    ((path, message),) = [(each.path, each.message) for each in review.findings]
    assert (path, "no ladder and no team escalates by `idle`" in message) == ("routes.idle", True)


# --- a mistake is reported once, and where it was made ----------------------------------------------------------------

WHOLE = """\
connections:
  support: {plugin: desk, url: x}
calendars:
  office: {timezone: Asia/Jakarta, hours: {mon-fri: [["09:00", "17:00"]]}}
contracts:
  - {name: acme, organisations: acme, targets: {default: {update: 4h}}}
policies:
  - name: all
    calendar: office
    targets: {default: {resolution: 4h}}
    ladder:
      - {id: a, metric: update, at: due, do: [{note: sla_breached}]}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "paths"),
    [
        ("calendars:", "calendar:", {"calendar"}),
        ("{update: 4h}", "{updat: 4h}", {"contracts[0].targets.default.updat"}),
        (
            "{note: sla_breached}",
            "{nte: sla_breached}",
            {"policies[0].ladder[0].do[0].nte", "policies[0].ladder[0].do[0]"},
        ),
        ("plugin:", "plugni:", {"connections.support.plugni"}),
        ("policies:", "polices:", {"polices"}),
    ],
)
def test_a_mistyped_key_is_reported_where_it_stands(findings, right, wrong, paths):
    text = WHOLE.replace("plugin: desk", "plugin: none") if "plugin" not in right else WHOLE
    assert right in text
    told = set(findings(text.replace(right, wrong))) - {"connections.support.plugin"}
    assert told <= paths
    assert told


def test_a_name_that_is_nearly_declared_names_the_line_of_its_declaration(findings):
    told = findings(WHOLE.replace("office: {", "ofice: {"))
    assert "did you mean `ofice`, declared on line 4?" in told["policies[0].calendar"]


def test_a_note_that_is_no_message_for_a_ladder_is_refused(findings):
    told = findings(WHOLE.replace("sla_breached", "comments_not_over"))
    assert "unknown message `comments_not_over`" in told["policies[0].ladder[0].do[0].note"]
