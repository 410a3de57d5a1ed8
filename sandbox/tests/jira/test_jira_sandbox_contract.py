"""The stand-in Jira offers nothing that Atlassian does not describe, and answers nonsense with a refusal."""

import copy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira.jql.context import Context
from escalation_bridge_sandbox.jira.jql.query import compile_query
from escalation_bridge_sandbox.jira.jql.tokens import JqlError

DESCRIBED = ("/rest/api/3/", "/rest/servicedeskapi/")


def operations(sandbox):
    for rule in sandbox.app.url_map.iter_rules():
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            yield method, rule.rule


def test_every_operation_of_cloud_is_described(cloud, jira_openapi):
    offered = [(method, path) for method, path in operations(cloud.sandbox) if path.startswith(DESCRIBED)]
    assert len(offered) > 80
    # Every method of the webhooks for apps is refused alike; not all of them are described.
    unknown = [each for each in offered if not jira_openapi.knows(*each) and "/webhook" not in each[1]]
    assert unknown == []


def test_datacenter_has_no_version_3(datacenter):
    assert not [path for _, path in operations(datacenter.sandbox) if path.startswith("/rest/api/3")]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/rest/api/3/issue", {"fields": {"summary": "x"}, "update": {"labels": [{"add": "x"}]}}),
        ("POST", "/rest/api/3/search/jql", {"jql": "project = ENG", "fields": ["status"]}),
        ("GET", "/rest/api/3/issue/ENG-1?fields=summary", None),
        ("GET", "/ex/jira/cloud-id/rest/api/3/issue/ENG-1/comment?orderBy=-created", None),
        ("POST", "/rest/servicedeskapi/request/HELP-1/comment", {"body": "x", "public": False}),
    ],
)
def test_good_requests_are_valid(jira_openapi, method, path, body):
    jira_openapi.validate_request(method, path, body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/rest/api/3/issue", {"fields": []}),
        ("POST", "/rest/api/3/issue", {"update": {"labels": [{"append": "x"}]}}),
        ("POST", "/rest/api/3/issue", None),
        ("POST", "/rest/api/3/search/jql", {"jql": "project = ENG", "startAt": 0}),
        ("POST", "/rest/api/3/issue/ENG-1/remotelink", {"globalId": "x"}),
        ("GET", "/rest/api/3/issue/ENG-1?field=summary", None),
        ("GET", "/rest/api/3/issue/ENG-1/comment?startAt=first", None),
        ("GET", "/rest/api/3/issue/ENG-1/comment?orderBy=updated", None),
        ("GET", "/rest/api/3/search/jql?jql=x&failFast=1", None),
        ("GET", "/rest/api/3/issue/ENG-1", {"fields": ["summary"]}),
        ("DELETE", "/rest/api/3/issue/ENG-1/remotelink", None),
        ("GET", "/rest/api/3/nonsense", None),
        ("GET", "/rest/api/2/issue/ENG-1", None),
        ("PATCH", "/rest/api/3/issue/ENG-1", {}),
    ],
)
def test_bad_requests_are_not(jira_openapi, method, path, body):
    with pytest.raises(AssertionError):
        jira_openapi.validate_request(method, path, body)


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/rest/api/3/issue/ENG-1", 418, None),
        ("GET", "/rest/api/3/issue/ENG-1", 200, []),
        ("GET", "/rest/api/3/issue/ENG-1", 200, {"id": 10000}),
        ("GET", "/rest/api/3/issue/ENG-1", 200, {"id": "10000", "nonsense": 1}),
        ("GET", "/rest/api/3/project/ENG/statuses", 200, [{"id": "1"}]),
    ],
)
def test_bad_answers_are_not_valid(jira_openapi, method, path, status, body):
    with pytest.raises(AssertionError):
        jira_openapi.validate_response(method, path, status, body)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=3),
    st.sampled_from([[], {}, [None], [{}], {"id": None}, {"key": 1}, {"name": []}, {"add": {}}, "²"]),
)
RICH = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "em"}]}]}],
}
BODIES = {
    ("POST", "/rest/api/3/issue"): {
        "fields": {
            "project": {"key": "ENG"},
            "issuetype": {"name": "Bug"},
            "summary": "x",
            "description": RICH,
            "labels": ["a"],
            "priority": {"id": "1"},
            "assignee": {"accountId": "1"},
            "components": [{"name": "Payments"}],
            "customfield_10011": {"id": "10100"},
        },
        "update": {"issuelinks": [{"add": {"type": {"name": "Blocks"}, "outwardIssue": {"key": "ENG-1"}}}]},
        "properties": [{"key": "k", "value": {}}],
        "transition": {"id": "11"},
    },
    ("PUT", "/rest/api/3/issue/ENG-1"): {
        "fields": {"summary": "x", "assignee": None},
        "update": {"labels": [{"add": "x"}], "comment": [{"add": {"body": RICH}}]},
    },
    ("POST", "/rest/api/3/issue/ENG-1/comment"): {
        "body": RICH,
        "visibility": {"type": "role", "value": "Integrations"},
        "properties": [{"key": "sd.public.comment", "value": {"internal": True}}],
    },
    ("POST", "/rest/api/3/issue/ENG-1/transitions"): {
        "transition": {"id": "52"},
        "fields": {"resolution": {"name": "Done"}, "customfield_10015": "x"},
    },
    ("POST", "/rest/api/3/issue/ENG-1/remotelink"): {
        "globalId": "g",
        "application": {"name": "b"},
        "object": {"url": "https://example.com", "title": "t", "status": {"resolved": True}},
    },
    ("POST", "/rest/api/3/issueLink"): {
        "type": {"name": "Blocks"},
        "inwardIssue": {"key": "ENG-1"},
        "outwardIssue": {"key": "ENG-2"},
    },
    ("POST", "/rest/api/3/search/jql"): {
        "jql": "project = ENG",
        "fields": ["*all"],
        "properties": ["k"],
        "reconcileIssues": [10000],
    },
    ("POST", "/rest/webhooks/1.0/webhook"): {
        "name": "n",
        "url": "http://127.0.0.1:9/x",
        "events": [],
        "filters": {"issue-related-events-section": "project = ENG"},
    },
    ("POST", "/rest/servicedeskapi/request"): {
        "serviceDeskId": "1",
        "requestTypeId": "10",
        "requestFieldValues": {"summary": "s", "description": "d"},
    },
}


def places(node, place=()):
    yield place
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in children:
        yield from places(child, (*place, key))


@st.composite
def broken_requests(draw):
    """A request that is right but for one value."""
    operation = draw(st.sampled_from(sorted(BODIES)))
    body = copy.deepcopy(BODIES[operation])
    place = draw(st.sampled_from(list(places(body))[1:]))
    node = body
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = draw(JUNK)
    return (*operation, body)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(broken_requests())
def test_nonsense_is_refused_and_breaks_nothing(cloud, request_with_junk):
    cloud.sandbox.reset()
    for _ in range(2):
        cloud.create()
    cloud.sandbox.clock.advance(31)
    method, path, body = request_with_junk
    # Whatever is answered fits the description; a failure of the stand-in would be a 500.
    assert cloud.call(method, path, body).status_code < 500
    assert cloud.get("/rest/api/3/issue/ENG-1?expand=renderedFields,changelog,transitions")["key"] == "ENG-1"


WORDS = """
    project status labels assignee key summary text created duedate cf[10013] statusCategory = != ~ < >= in not is
    empty and or order by asc ( ) , ENG Done currentUser() startOfDay(-999999999w) -1d 99999999999999999999d "x y" 'x
    0001-01-01 ! ENG-1 was ² limit \\
    """.split()


@pytest.fixture(scope="module")
def site():
    sandbox = JiraSandbox()
    yield sandbox.site
    sandbox.outbox.close()


def complaints(site, jql):
    try:
        compile_query(jql, Context(site, None, site.now(), sees_all=True)).run(site.issues.values())
    except JqlError as problem:
        return problem.messages
    return ["none"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=30))
def test_a_query_is_understood_or_refused(site, jql):
    assert complaints(site, jql)
