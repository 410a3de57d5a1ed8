"""Issues and comments of both editions as the bridge's tickets and comments."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from escalation_bridge.domain.tickets.tickets import Channel, Priority, Role, StatusKind, Visibility
from escalation_bridge.plugin import JsonPart
from escalation_bridge_jira.translation.mapping import Mapper, is_internal

MakeMapper = Callable[..., Mapper]
MakePart = Callable[[object], JsonPart]
PAYLOADS = Path(__file__).parent / "payloads"


def issue_of(name: str, **fields: Any) -> dict[str, Any]:
    issue: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())["issue"]
    issue["fields"].update(fields)
    return issue


def comment_of(name: str, **changes: Any) -> dict[str, Any]:
    return {**json.loads((PAYLOADS / f"{name}.json").read_text())["comment"], **changes}


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        ({"value": "portal"}, Channel.PORTAL),
        ({"value": "Email"}, Channel.EMAIL),
        ({"value": "api"}, Channel.API),
        ({"value": "slack"}, Channel.CHAT),
        ({"value": "carrier pigeon"}, Channel.UNKNOWN),
        ({"value": 7}, Channel.UNKNOWN),
        ("portal", Channel.UNKNOWN),
        (None, Channel.UNKNOWN),
    ],
)
def test_how_a_request_came_in(
    make_mapper: MakeMapper, part: MakePart, said: object, channel: Channel
) -> None:
    issue = issue_of("issue_updated__cloud_bulk_done")
    issue["properties"] = {"request.channel.type": said}
    assert make_mapper().ticket(part(issue)).channel is channel


def test_an_issue_becomes_a_ticket(make_mapper: MakeMapper, part: MakePart) -> None:
    issue = issue_of("issue_updated__cloud_bulk_done")
    issue["properties"] = {"escalation-bridge": {"key": "eb-0123456789abcdef0123"}}
    ticket = make_mapper().ticket(part(issue))
    assert str(ticket.ref) == "jira-main:10040"
    assert ticket.key == "ENG-24"
    assert ticket.url == "https://acme.atlassian.net/browse/ENG-24"
    assert ticket.subject == "Payment fails with error 500"
    assert (ticket.status.kind, ticket.status.id, ticket.status.name) == (StatusKind.SOLVED, "10001", "Done")
    assert ticket.priority is Priority.HIGH
    assert ticket.type == "Bug"
    assert ticket.tags == ("eb-0123456789abcdef0123", "vip")
    assert ticket.created_at == datetime(2026, 7, 1, 2, 10, 11, tzinfo=UTC)
    assert ticket.updated_at == datetime(2026, 7, 1, 2, 12, 45, tzinfo=UTC)
    assert ticket.assignee is not None
    assert (ticket.assignee.name, ticket.assignee.role) == ("Budi Santoso", Role.AGENT)
    assert ticket.custom_fields["customfield_10031"]["value"] == "Payments"  # type: ignore[index]
    assert ticket.custom_fields["resolution"]["name"] == "Done"  # type: ignore[index]
    assert "customfield_10021" not in ticket.custom_fields
    assert ticket.bridge_key == "eb-0123456789abcdef0123"
    assert "<li>browser: any</li>" in ticket.description.html


def test_a_label_alone_is_no_proof_that_the_bridge_made_it(make_mapper: MakeMapper, part: MakePart) -> None:
    assert make_mapper().ticket(part(issue_of("issue_created__cloud"))).bridge_key is None


def test_data_center_names_users_by_name(make_mapper: MakeMapper, part: MakePart) -> None:
    ticket = make_mapper("datacenter").ticket(part(issue_of("issue_created__datacenter")))
    assert ticket.requester is not None
    assert (ticket.requester.id, ticket.requester.email) == ("sari", "sari@acme.example")
    assert ticket.requester.role is Role.AGENT


def test_who_opened_it_for_whom_and_who_has_it_are_three_people(
    make_mapper: MakeMapper, part: MakePart
) -> None:
    people = {
        who: {"accountId": f"712020:{who}", "displayName": who, "accountType": "atlassian"}
        for who in ("creator", "reporter", "assignee")
    }
    ticket = make_mapper().ticket(part(issue_of("issue_created__cloud", **people)))
    assert ticket.requester is not None
    assert ticket.assignee is not None
    told = (ticket.created_by.name, ticket.requester.name, ticket.assignee.name)
    assert told == ("creator", "reporter", "assignee")


def test_an_issue_of_nobody_is_read(make_mapper: MakeMapper, part: MakePart) -> None:
    issue = issue_of("issue_created__cloud", assignee=None, reporter=None, creator=None, priority=None)
    ticket = make_mapper().ticket(part(issue))
    assert (ticket.assignee, ticket.requester, ticket.priority) == (None, None, None)
    assert ticket.created_by.id == ""


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("new", StatusKind.NEW),
        ("indeterminate", StatusKind.OPEN),
        ("done", StatusKind.SOLVED),
        ("undefined", StatusKind.UNKNOWN),
        ("anything", StatusKind.UNKNOWN),
        (None, StatusKind.UNKNOWN),
    ],
)
def test_a_status_is_known_by_its_category(
    category: str | None, kind: StatusKind, make_mapper: MakeMapper, part: MakePart
) -> None:
    status = {"id": "10", "name": "Erledigt", "statusCategory": {"id": 3, "key": category, "name": "Fertig"}}
    assert make_mapper().status(part(status)).kind is kind


@pytest.mark.parametrize("word", ["blocked", "10101"])
def test_the_settings_know_better(word: str, make_mapper: MakeMapper, part: MakePart) -> None:
    mapper = make_mapper(status_kinds={word: "waiting_third_party"})
    status = {"id": "10101", "name": "Blocked", "statusCategory": {"key": "indeterminate"}}
    assert mapper.status(part(status)).kind is StatusKind.WAITING_THIRD_PARTY


@pytest.mark.parametrize(
    ("name", "priority"),
    [("Highest", Priority.URGENT), ("Blocker", Priority.URGENT), ("medium", Priority.NORMAL), ("P0", None)],
)
def test_priorities_are_known_by_name(
    name: str, priority: Priority | None, make_mapper: MakeMapper, part: MakePart
) -> None:
    issue = issue_of("issue_created__cloud", priority={"id": "7", "name": name})
    assert make_mapper().ticket(part(issue)).priority is priority


@pytest.mark.parametrize("word", ["P1", "10200"])
def test_priorities_of_the_settings(word: str, make_mapper: MakeMapper, part: MakePart) -> None:
    mapper = make_mapper(priorities={"urgent": word})
    issue = issue_of("issue_created__cloud", priority={"id": "10200", "name": "P1"})
    assert mapper.ticket(part(issue)).priority is Priority.URGENT
    assert mapper.vendor_priority(Priority.URGENT) == word
    assert mapper.vendor_priority(Priority.LOW) == "Low"


# --- who reads what ---------------------------------------------------------------------------------------------------


def of_service_project(**fields: Any) -> dict[str, Any]:
    project = {"id": "10010", "key": "HELP", "name": "Help", "projectTypeKey": "service_desk"}
    return issue_of("issue_created__cloud", project=project, **fields)


def without_project_type() -> dict[str, Any]:
    return issue_of("issue_created__cloud", project={"id": "10000", "key": "ENG"})


PUBLIC, PRIVATE = Visibility.PUBLIC, Visibility.PRIVATE


@pytest.mark.parametrize(
    ("issue", "comment", "settings", "visibility"),
    [
        # Cloud calls every comment of other projects public: there nobody but colleagues reads it.
        (issue_of("issue_created__cloud"), {"jsdPublic": True}, {}, PRIVATE),
        (issue_of("issue_created__cloud"), {"jsdPublic": True}, {"customers_read_comments": True}, PUBLIC),
        (
            issue_of("issue_created__cloud"),
            {"jsdPublic": True, "visibility": {"type": "role", "value": "Developers"}},
            {"customers_read_comments": True},
            PRIVATE,
        ),
        (of_service_project(), {"jsdPublic": True}, {}, PUBLIC),
        (of_service_project(), {"jsdPublic": False}, {}, PRIVATE),
        (of_service_project(), {}, {}, PRIVATE),
        (of_service_project(), {"jsdPublic": "true"}, {}, PRIVATE),
        (
            of_service_project(),
            {"jsdPublic": True, "visibility": {"type": "role", "value": "X"}},
            {},
            PRIVATE,
        ),
        (without_project_type(), {"jsdPublic": True}, {"customers_read_comments": True}, PRIVATE),
        # Data Center tells by the property only.
        (
            of_service_project(),
            {"properties": [{"key": "sd.public.comment", "value": {"internal": False}}]},
            {},
            PUBLIC,
        ),
        (
            of_service_project(),
            {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]},
            {},
            PRIVATE,
        ),
        (
            of_service_project(),
            {"properties": [{"key": "sd.public.comment", "value": {"internal": "false"}}]},
            {},
            PUBLIC,
        ),
        (of_service_project(), {"properties": [{"key": "sd.public.comment", "value": {}}]}, {}, PRIVATE),
        (of_service_project(), {"properties": [{"key": "other", "value": {"internal": False}}]}, {}, PRIVATE),
    ],
)
def test_what_is_not_known_to_be_public_is_private(
    issue: dict[str, Any],
    comment: dict[str, Any],
    settings: dict[str, Any],
    visibility: Visibility,
    make_mapper: MakeMapper,
    part: MakePart,
) -> None:
    raw = comment_of("comment_created__datacenter", **comment)
    assert make_mapper(**settings).comment(part(raw), part(issue)).visibility is visibility


odd = st.sampled_from([None, True, False, "true", "false", "yes", "", 0, 1, [], {}])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(public=odd, internal=odd, restricted=odd, key=st.sampled_from(["sd.public.comment", "other"]))
def test_a_comment_of_a_service_project_is_public_only_where_jira_says_so(
    public: object, internal: object, restricted: object, key: str, make_mapper: MakeMapper, part: MakePart
) -> None:
    raw = comment_of("comment_created__datacenter", jsdPublic=public, visibility=restricted)
    raw["properties"] = [{"key": key, "value": {"internal": internal}}]
    comment = make_mapper().comment(part(raw), part(of_service_project()))
    if comment.visibility is PUBLIC:
        assert restricted is None
        assert public is True or (key == "sd.public.comment" and (internal is False or internal == "false"))
        assert public is not False


def test_descriptions_are_read_by_whom_comments_are(make_mapper: MakeMapper, part: MakePart) -> None:
    assert make_mapper().ticket(part(issue_of("issue_created__cloud"))).description_visibility is PRIVATE
    assert make_mapper().ticket(part(of_service_project())).description_visibility is PUBLIC


def test_roles_of_authors(make_mapper: MakeMapper, part: MakePart) -> None:
    cloud, datacenter = make_mapper(), make_mapper("datacenter")
    customer = {"accountId": "qm:1", "accountType": "customer", "displayName": "Dewi"}
    agent = {"accountId": "5b1", "accountType": "atlassian", "displayName": "Sari"}
    app = {"accountId": "557", "accountType": "app", "displayName": "Automation for Jira"}
    user = {"name": "budi", "displayName": "Budi"}
    request = of_service_project(reporter=agent)

    def role(mapper: Mapper, author: dict[str, Any], issue: dict[str, Any], **comment: Any) -> Role:
        raw = comment_of("comment_created__cloud", author=author, **comment)
        return mapper.comment(part(raw), part(issue)).author.role

    assert role(cloud, customer, of_service_project()) is Role.CUSTOMER
    assert role(cloud, agent, of_service_project()) is Role.AGENT
    assert role(cloud, app, of_service_project()) is Role.BOT
    assert role(cloud, agent, request) is Role.CUSTOMER  # a colleague who asks is a customer here
    assert role(datacenter, user, issue_of("issue_created__datacenter")) is Role.AGENT
    assert role(datacenter, user, of_service_project(reporter=user)) is Role.CUSTOMER
    assert role(datacenter, user, of_service_project()) is Role.UNKNOWN
    assert role(datacenter, user, of_service_project(), jsdPublic=False) is Role.AGENT
    assert role(datacenter, {}, of_service_project()) is Role.UNKNOWN


def test_requesters_of_a_service_project_are_customers(make_mapper: MakeMapper, part: MakePart) -> None:
    ticket = make_mapper().ticket(part(of_service_project()))
    assert ticket.requester is not None
    assert ticket.requester.role is Role.CUSTOMER


def test_the_bridges_mark_is_found(make_mapper: MakeMapper, part: MakePart) -> None:
    properties = [{"key": "escalation-bridge", "value": {"key": "eb-1"}}, {"key": "x"}, "odd"]
    raw = comment_of("comment_created__cloud", properties=properties)
    assert make_mapper().comment(part(raw), part(issue_of("issue_created__cloud"))).marker == "eb-1"
    assert is_internal(part(raw)) is False


def test_text_is_read_in_whatever_format_it_comes(make_mapper: MakeMapper, part: MakePart) -> None:
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "paragraph", "content": [{"type": "text", "text": "b", "marks": [{"type": "strong"}]}]}
        ],
    }
    issue = part(issue_of("issue_created__cloud"))
    for body, html in (
        (document, "<p><strong>b</strong></p>"),
        ("*b*", "<p><strong>b</strong></p>"),
        (None, ""),
    ):
        raw = part(comment_of("comment_created__cloud", body=body))
        assert make_mapper().comment(raw, issue).body.html == html
