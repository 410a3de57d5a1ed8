"""What queries mean, and how Jira complains of those that mean nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from escalation_bridge_sandbox.jira import JiraSandbox, seed
from escalation_bridge_sandbox.jira.jql.context import Context
from escalation_bridge_sandbox.jira.jql.query import compile_query
from escalation_bridge_sandbox.jira.jql.tokens import JqlError
from escalation_bridge_sandbox.jira.richtext.text import RichText
from escalation_bridge_sandbox.jira.rules.bean import IssueBean
from escalation_bridge_sandbox.jira.rules.comments import put_comment
from escalation_bridge_sandbox.jira.rules.issues import create_issue
from escalation_bridge_sandbox.jira.rules.session import Session

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def site():
    """ENG-1 to ENG-4 and OPS-1, a day apart, the last one today at noon."""
    sandbox = JiraSandbox("datacenter")
    session = Session(sandbox.site, seed.BRIDGE, 2, sandbox.publish)

    def create(days_ago, project, issue_type, **fields):
        sandbox.clock.set(NOON - timedelta(days=days_ago))
        bean = IssueBean({"project": {"key": project}, "issuetype": {"name": issue_type}, **fields})
        return create_issue(session, bean)

    create(
        4,
        "ENG",
        "Bug",
        summary="Payment service fails",
        labels=["case-1", "urgent"],
        priority={"name": "High"},
    )
    two = create(
        3, "ENG", "Task", summary="Write the docs", assignee={"name": "budi"}, priority={"name": "Low"}
    )
    create(2, "ENG", "Story", summary="Pay by card", labels=["case-2"], description="A *longer* text")
    four = create(
        1, "ENG", "Bug", summary="Login broken", components=[{"name": "Payments"}], duedate="2026-03-05"
    )
    create(
        0, "OPS", "Incident", summary="Outage", customfield_10011={"value": "Major"}, customfield_10010="zd 7"
    )
    two.status_id = "3"
    four.status_id, four.values["resolution"], four.resolved = "10103", "10001", NOON
    put_comment(session, two, RichText.from_wiki("reviewed by citra"), None, {})
    sandbox.clock.set(NOON)
    yield sandbox.site
    sandbox.outbox.close()


def run(site, jql, viewer=seed.BRIDGE):
    query = compile_query(jql, Context(site, viewer, NOON + timedelta(seconds=30)))
    return [issue.key for issue in query.run(site.issues.values())]


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("project = ENG ORDER BY key", "ENG-1 ENG-2 ENG-3 ENG-4"),
        ("project = ENG", "ENG-4 ENG-3 ENG-2 ENG-1"),
        ("project in (eng, Operations) AND type = Bug", "ENG-4 ENG-1"),
        ("project not in (ENG)", "OPS-1"),
        ("project != 10000", "OPS-1"),
        ("key = eng-1", "ENG-1"),
        ("id = 10000", "ENG-1"),
        ("issuekey in (ENG-1, OPS-1) order by key", "ENG-1 OPS-1"),
        ("project = ENG AND key > ENG-2 ORDER BY key", "ENG-3 ENG-4"),
        ("status = 'In Progress'", "ENG-2"),
        ("status in (3, Done) order by key", "ENG-2 ENG-4"),
        ("status != 'To Do' and project = ENG order by key", "ENG-2 ENG-4"),
        ("statusCategory = Done", "ENG-4"),
        ('statusCategory in ("In Progress", done) order by key', "ENG-2 ENG-4"),
        ("statuscategory != new", "ENG-4 ENG-2"),
        ("labels = case-1", "ENG-1"),
        ('labels in ("case-1", case-2) order by key', "ENG-1 ENG-3"),
        # What has no labels is in neither half.
        ("labels != case-1", "ENG-3"),
        ("labels not in (case-1)", "ENG-3"),
        ("labels is EMPTY order by key", "ENG-2 ENG-4 OPS-1"),
        ("labels is not empty order by key", "ENG-1 ENG-3"),
        ("labels in (case-1, EMPTY) and project = ENG order by key", "ENG-1 ENG-2 ENG-4"),
        ("assignee = budi", "ENG-2"),
        ("assignee = 'Budi Pengembang'", "ENG-2"),
        ("assignee is null and issuetype = Bug order by key", "ENG-1 ENG-4"),
        ("assignee != admin", "ENG-2"),
        ("reporter = currentUser() AND labels = urgent", "ENG-1"),
        ("assignee in membersOf(jira-users)", "ENG-2"),
        ("priority = High", "ENG-1"),
        ("priority > Medium", "ENG-1"),
        ("priority < Medium", "ENG-2"),
        ("priority >= Medium and project = ENG order by key", "ENG-1 ENG-3 ENG-4"),
        ("resolution = Unresolved and project = ENG order by key", "ENG-1 ENG-2 ENG-3"),
        ("resolution is not EMPTY", "ENG-4"),
        ("resolution = Fixed", "ENG-4"),
        ("component = Payments", "ENG-4"),
        ("summary ~ payment", "ENG-1"),
        ("summary ~ 'pay*' order by key", "ENG-1 ENG-3"),
        ("summary ~ 'fails payment'", "ENG-1"),
        ('summary ~ "\\"payment service\\""', "ENG-1"),
        ('summary ~ "\\"service payment\\""', ""),
        ("summary !~ pay and project = ENG order by key", "ENG-1 ENG-2 ENG-4"),
        ("description ~ longer", "ENG-3"),
        ("description is EMPTY and project = OPS", "OPS-1"),
        ("text ~ reviewed", "ENG-2"),
        ("comment ~ citra", "ENG-2"),
        ("cf[10010] ~ zd", "OPS-1"),
        ('"Customer impact" = Major', "OPS-1"),
        ("cf[10011] in (Minor, Major)", "OPS-1"),
        ("created >= '-1d 1h' order by key", "ENG-4 OPS-1"),
        ("created >= '2026-03-01 12:00' and created < 2026-03-02", "ENG-4"),
        ("created > startOfDay()", "OPS-1"),
        ("created < startOfDay(-2d) order by key", "ENG-1 ENG-2"),
        ("created <= now() and created >= endOfDay(-1d)", "OPS-1"),
        ("updated >= 1772452800000", "OPS-1"),
        ("duedate <= '2026-03-05'", "ENG-4"),
        ("duedate is EMPTY and project = ENG order by key", "ENG-1 ENG-2 ENG-3"),
        ("resolved >= -1h", "ENG-4"),
        ("NOT (project = ENG)", "OPS-1"),
        ("NOT project = ENG", "OPS-1"),
        ("!(project = ENG)", "OPS-1"),
        ("labels = case-1 OR labels = case-2 AND type = Bug", "ENG-1"),
        ("(labels = case-1 OR labels = case-2) AND type = Story", "ENG-3"),
        ("project=ENG&&type=Bug||project=OPS order by key", "ENG-1 ENG-4 OPS-1"),
        ("project = ENG ORDER BY priority DESC, key ASC", "ENG-1 ENG-3 ENG-4 ENG-2"),
        ("project = ENG ORDER BY created", "ENG-4 ENG-3 ENG-2 ENG-1"),
        ("project = ENG ORDER BY updated ASC", "ENG-1 ENG-2 ENG-3 ENG-4"),
        ("project = ENG ORDER BY assignee, key", "ENG-2 ENG-1 ENG-3 ENG-4"),
        ("project = ENG ORDER BY issuetype, status, key", "ENG-1 ENG-4 ENG-3 ENG-2"),
        ("ORDER BY summary", "ENG-4 OPS-1 ENG-3 ENG-1 ENG-2"),
    ],
)
def test_a_query_finds(site, jql, expected):
    assert run(site, jql) == expected.split()


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = ", "Expecting either a value, list or function before the end of the query."),
        ("project", "Expecting operator before the end of the query. The valid operators are '='"),
        ("project ENG", "Expecting operator but got 'ENG'. The valid operators are '='"),
        (
            "project = ENG labels = x",
            "Expecting either 'OR' or 'AND' but got 'labels'. (line 1, character 15)",
        ),
        (
            "project = OR",
            "got 'OR'. You must surround 'OR' in quotation marks to use it as a value. (line 1, cha",
        ),
        ("(project = ENG", "Expecting ')' before the end of the query."),
        ("summary ~ 'open", "The quoted string 'open' has not been completed. (line 1, character 11)"),
        ("assignee = a@b.example", "The character '@' is a reserved JQL character."),
        ("project in ENG", "Expecting '('"),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("status = Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        ("assignee = nobody", "The value 'nobody' does not exist for the field 'assignee'."),
        ("key = ENG-99", "An issue with key 'ENG-99' does not exist for field 'key'."),
        ("key = nonsense", "The issue key 'nonsense' for field 'key' is invalid."),
        ("id = 99", "A value with ID '99' does not exist for the field 'id'."),
        ("nonsense = 1", "Field 'nonsense' does not exist or you do not have permission to view it."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("labels ~ x", "The operator '~' is not supported by the 'labels' field."),
        ("labels > x", "The operator '>' is not supported by the 'labels' field."),
        (
            "updated > tomorrow",
            "Date value 'tomorrow' for field 'updated' is invalid. Valid formats include:",
        ),
        ("updated > '2026-03-02 10:00:30'", "for field 'updated' is invalid"),
        ("created > nextYear()", "Unable to find JQL function 'nextYear()'."),
        ("assignee = someone()", "Unable to find JQL function 'someone()'."),
        ("labels is x", "The operator 'IS' only supports the values EMPTY and NULL"),
        ("project = ENG ORDER BY Rank", "Not able to sort using field 'Rank'."),
        ("project = ENG ORDER", "Expecting 'by'"),
        ("status was Done", "The sandbox does not search the history"),
        ("= ENG", "Expecting a field name"),
        ("limit = 1", "You must surround 'limit' in quotation marks to use it as a field name."),
        ("project = ENG ORDER BY key,id,key,id,key,id,key,id", "You cannot sort by more than 7 fields."),
    ],
)
def test_a_query_is_refused(site, jql, message):
    with pytest.raises(JqlError) as problem:
        run(site, jql)
    assert message in problem.value.messages[0]


def test_all_unknown_values_are_named_at_once(site):
    with pytest.raises(JqlError) as problem:
        run(site, "project = NOPE AND status = Nowhere ORDER BY Rank")
    assert len(problem.value.messages) == 3


def test_places_are_counted_over_lines(site):
    with pytest.raises(JqlError, match=r"\(line 2, character 5\)"):
        run(site, "project = ENG\n    labels = x")


def test_what_may_not_be_seen_does_not_exist(site):
    with pytest.raises(JqlError):
        run(site, "project = OPS", seed.VIEWER)
    with pytest.raises(JqlError):
        run(site, "key = OPS-1", seed.VIEWER)
    with pytest.raises(JqlError):
        run(site, "project = ENG", None)


def test_nobody_is_the_current_user_of_an_anonymous_visitor(site):
    assert run(site, "reporter = currentUser()", None) == []
