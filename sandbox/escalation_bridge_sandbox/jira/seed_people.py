"""Accounts of the seed."""

from escalation_bridge_sandbox.jira.model.people import ADMIN_GROUP, USERS_GROUP, Person

_USERS = frozenset({USERS_GROUP})
ADMIN = Person(
    "712020:0d1f6e2a-0000-4000-8000-000000000001",
    "admin",
    "JIRAUSER10000",
    "Ayu Admin",
    "admin@jira.example",
    groups=_USERS | {ADMIN_GROUP},
)
# An administrator too, so that it can register its own webhook.
BRIDGE = Person(
    "712020:0d1f6e2a-0000-4000-8000-000000000002",
    "bridge",
    "JIRAUSER10001",
    "Escalation Bridge",
    "bridge@jira.example",
    time_zone="Asia/Jakarta",
    groups=_USERS | {ADMIN_GROUP},
)
DEVELOPER = Person(
    "712020:0d1f6e2a-0000-4000-8000-000000000003",
    "budi",
    "JIRAUSER10002",
    "Budi Pengembang",
    "budi@jira.example",
    time_zone="Asia/Jakarta",
    groups=_USERS,
)
# Hides the e-mail address, as many do on Cloud.
OTHER_DEVELOPER = Person(
    "712020:0d1f6e2a-0000-4000-8000-000000000004",
    "citra",
    "JIRAUSER10003",
    "Citra Developer",
    "citra@jira.example",
    time_zone="Europe/Berlin",
    email_visible=False,
    groups=_USERS,
)
# Sees ENG and nothing else, and may change nothing.
VIEWER = Person(
    "712020:0d1f6e2a-0000-4000-8000-000000000005",
    "dewi",
    "JIRAUSER10004",
    "Dewi Viewer",
    "dewi@jira.example",
    groups=_USERS,
)
CUSTOMER = Person(
    "qm:7a1d4c58-0000-4000-8000-000000000001:1",
    "sari",
    "JIRAUSER10005",
    "Sari",
    "sari@customer.example",
    account_type="customer",
)
OTHER_CUSTOMER = Person(
    "qm:7a1d4c58-0000-4000-8000-000000000001:2",
    "tono",
    "JIRAUSER10006",
    "Tono",
    "tono@customer.example",
    account_type="customer",
)
PEOPLE = (ADMIN, BRIDGE, DEVELOPER, OTHER_DEVELOPER, VIEWER, CUSTOMER, OTHER_CUSTOMER)
