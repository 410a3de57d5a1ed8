"""Projects of the seed."""

from collections.abc import Mapping

from escalation_bridge_sandbox.jira.fields.catalogue import (
    CUSTOMERS_FIELD,
    IMPACT_FIELD,
    TICKET_FIELD,
    WORKAROUND_FIELD,
)
from escalation_bridge_sandbox.jira.model.project import Component, Project, RequestType, ServiceDesk
from escalation_bridge_sandbox.jira.model.workflow import ScreenField
from escalation_bridge_sandbox.jira.rules.permissions import (
    ADMINISTRATORS,
    CUSTOMERS,
    DEVELOPERS,
    INTEGRATIONS,
    SERVICE_TEAM,
    VIEWERS,
)
from escalation_bridge_sandbox.jira.seed_people import (
    ADMIN,
    BRIDGE,
    CUSTOMER,
    DEVELOPER,
    OTHER_CUSTOMER,
    OTHER_DEVELOPER,
    VIEWER,
)
from escalation_bridge_sandbox.jira.seed_workflows import (
    ENGINEERING,
    INDONESIAN,
    OPERATIONS,
    STORIES,
    SUPPORT,
)

BUG, TASK, STORY, INCIDENT, SERVICE_REQUEST, TUGAS = (
    "10001",
    "10002",
    "10003",
    "10004",
    "10005",
    "10006",
)
SUMMARY = ScreenField("summary", required=True)
COMMON = tuple(
    ScreenField(each)
    for each in (
        "description",
        "environment",
        "priority",
        "labels",
        "components",
        "assignee",
        "reporter",
        "duedate",
    )
)
CUSTOM = tuple(ScreenField(each) for each in (TICKET_FIELD, IMPACT_FIELD, WORKAROUND_FIELD, CUSTOMERS_FIELD))
SCREEN = (SUMMARY, *COMMON, *CUSTOM)
# Whoever reports an incident has to say how bad it is.
INCIDENT_SCREEN = (
    SUMMARY,
    *COMMON,
    ScreenField(TICKET_FIELD),
    ScreenField(IMPACT_FIELD, required=True),
    ScreenField(WORKAROUND_FIELD),
)

_TEAM: Mapping[str, frozenset[str]] = {
    ADMINISTRATORS: frozenset({ADMIN.account_id}),
    INTEGRATIONS: frozenset({BRIDGE.account_id}),
    DEVELOPERS: frozenset({DEVELOPER.account_id, OTHER_DEVELOPER.account_id}),
}

ENG = Project(
    "10000",
    "ENG",
    "Engineering",
    "software",
    DEVELOPER.account_id,
    (BUG, TASK, STORY),
    {"*": ENGINEERING, STORY: STORIES},
    SCREEN,
    SCREEN,
    {**_TEAM, VIEWERS: frozenset({VIEWER.account_id})},
    (Component("10000", "Payments"), Component("10001", "Mobile app")),
)
OPS = Project(
    "10001",
    "OPS",
    "Operations",
    "business",
    OTHER_DEVELOPER.account_id,
    (INCIDENT, TASK),
    {"*": OPERATIONS},
    INCIDENT_SCREEN,
    INCIDENT_SCREEN,
    _TEAM,
)
DUK = Project(
    "10002",
    "DUK",
    "Dukungan Teknis",
    "business",
    DEVELOPER.account_id,
    (TUGAS,),
    {"*": INDONESIAN},
    (SUMMARY, *COMMON, ScreenField(TICKET_FIELD)),
    (SUMMARY, *COMMON, ScreenField(TICKET_FIELD)),
    _TEAM,
)
HELP = Project(
    "10003",
    "HELP",
    "Help Centre",
    "service_desk",
    ADMIN.account_id,
    (SERVICE_REQUEST, INCIDENT),
    {"*": SUPPORT},
    SCREEN,
    SCREEN,
    {
        ADMINISTRATORS: frozenset({ADMIN.account_id}),
        INTEGRATIONS: frozenset({BRIDGE.account_id}),
        SERVICE_TEAM: frozenset({DEVELOPER.account_id, OTHER_DEVELOPER.account_id}),
        CUSTOMERS: frozenset({CUSTOMER.account_id, OTHER_CUSTOMER.account_id}),
    },
    service_desk=ServiceDesk(
        "1",
        (
            RequestType("10", "Get help", SERVICE_REQUEST, "Ask us anything."),
            RequestType(
                "11",
                "Report an incident",
                INCIDENT,
                "Something does not work.",
                ("summary", "description", "priority", "environment"),
            ),
            RequestType("12", "Call me back", SERVICE_REQUEST, "In a word: what about?", ("summary",)),
        ),
    ),
)
PROJECTS = (ENG, OPS, DUK, HELP)
