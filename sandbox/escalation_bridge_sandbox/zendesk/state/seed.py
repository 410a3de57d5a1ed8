"""The account that every stand-in starts with. All names and secrets are public: they open nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from escalation_bridge_sandbox.zendesk.state.records import (
    CustomStatus,
    FieldOption,
    Grant,
    Group,
    Organization,
    TicketField,
    User,
)

ACCOUNT_ID = 18_525_000
ACCOUNT_NAME = "Example Support"
SUPPORT_ADDRESS = "support@desk.example"

# One token for the account, as Zendesk has it: with it one acts as any user, "{email}/token".
API_TOKEN = "sandbox-zendesk-api-token"  # noqa: S105 - public on purpose

# A confidential OAuth client made by the bridge's account, and the pair of tokens that a person's consent
# (authorization code) would have given.
OAUTH_CLIENT_ID = "escalation-bridge"
OAUTH_CLIENT_SECRET = "sandbox-zendesk-oauth-client-secret"  # noqa: S105 - public on purpose
OAUTH_ACCESS_TOKEN = "sandbox-zendesk-access-token"  # noqa: S105 - public on purpose
OAUTH_REFRESH_TOKEN = "sandbox-zendesk-refresh-token"  # noqa: S105 - public on purpose
ACCESS_TOKEN_LIFE = timedelta(days=2)
REFRESH_TOKEN_LIFE = timedelta(days=30)

# Zendesk's static secret for tests that are sent before the webhook exists (Zendesk's page on verifying webhooks).
TEST_WEBHOOK_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - published by Zendesk


@dataclass(frozen=True)
class Account:
    """Somebody who can be named in demos and tests."""

    id: int
    name: str
    email: str
    role: str
    organization_id: int | None = None
    group_ids: tuple[int, ...] = ()
    light: bool = False


GROUP_SUPPORT = 6_130_852_536_001
GROUP_BILLING = 6_130_852_536_002
GROUP_ESCALATIONS = 6_130_852_536_003

ORGANIZATION_OWN = 6_130_869_157_001
ORGANIZATION_STORE = 6_130_869_157_002

BRAND_ID = 6_130_830_354_001
TICKET_FORM_ID = 6_130_830_344_001
ROLE_ADMIN = 6_130_869_137_001
ROLE_AGENT = 6_130_869_137_002
ROLE_LIGHT_AGENT = 6_130_869_137_003
ROLE_TEAM_LEAD = 6_130_869_137_004

ADMIN = Account(
    6_130_907_993_001,
    "Ayu Admin",
    "admin@desk.example",
    "admin",
    ORGANIZATION_OWN,
    (GROUP_SUPPORT, GROUP_ESCALATIONS),
)
BRIDGE = Account(
    6_130_907_993_002,
    "Escalation Bridge",
    "bridge@desk.example",
    "admin",
    ORGANIZATION_OWN,
    (GROUP_ESCALATIONS,),
)
AGENT_SARI = Account(
    6_130_907_993_003,
    "Sari",
    "sari@desk.example",
    "agent",
    ORGANIZATION_OWN,
    (GROUP_SUPPORT, GROUP_ESCALATIONS),
)
AGENT_BUDI = Account(
    6_130_907_993_004, "Budi", "budi@desk.example", "agent", ORGANIZATION_OWN, (GROUP_SUPPORT, GROUP_BILLING)
)
LIGHT_AGENT = Account(
    6_130_907_993_005,
    "Lena",
    "lena@desk.example",
    "agent",
    ORGANIZATION_OWN,
    (GROUP_ESCALATIONS,),
    light=True,
)
CUSTOMER_DEWI = Account(6_130_907_994_001, "Dewi", "dewi@store.example", "end-user", ORGANIZATION_STORE)
CUSTOMER_RUDI = Account(6_130_907_994_002, "Rudi", "rudi@store.example", "end-user", ORGANIZATION_STORE)
CUSTOMER_MAYA = Account(6_130_907_994_003, "Maya", "maya@customer.example", "end-user")

ACCOUNTS = (ADMIN, BRIDGE, AGENT_SARI, AGENT_BUDI, LIGHT_AGENT, CUSTOMER_DEWI, CUSTOMER_RUDI, CUSTOMER_MAYA)

STATUS_NEW = CustomStatus(6_130_830_355_001, "new", "New", "Open", default=True)
STATUS_OPEN = CustomStatus(6_130_830_355_002, "open", "Open", "Open", default=True)
STATUS_PENDING = CustomStatus(6_130_830_355_003, "pending", "Pending", "Awaiting your reply", default=True)
STATUS_HOLD = CustomStatus(6_130_830_355_004, "hold", "On-hold", "Open", default=True)
STATUS_SOLVED = CustomStatus(6_130_830_355_005, "solved", "Solved", "Solved", default=True)
STATUS_WITH_ENGINEERING = CustomStatus(
    6_130_830_355_006, "hold", "With engineering", "We are looking into it", default=False
)
STATUS_RETIRED = CustomStatus(6_130_830_355_007, "open", "Triage", "Open", default=False, active=False)

CUSTOM_STATUSES = (
    STATUS_NEW,
    STATUS_OPEN,
    STATUS_PENDING,
    STATUS_HOLD,
    STATUS_SOLVED,
    STATUS_WITH_ENGINEERING,
    STATUS_RETIRED,
)

FIELD_SUBJECT = TicketField(6_130_830_360_001, "subject", "Subject")
FIELD_DESCRIPTION = TicketField(6_130_830_360_002, "description", "Description")
FIELD_STATUS = TicketField(6_130_830_360_003, "status", "Status")
FIELD_TYPE = TicketField(6_130_830_360_004, "tickettype", "Type")
FIELD_PRIORITY = TicketField(6_130_830_360_005, "priority", "Priority")
FIELD_GROUP = TicketField(6_130_830_360_006, "group", "Group")
FIELD_ASSIGNEE = TicketField(6_130_830_360_007, "assignee", "Assignee", required=True)
FIELD_CUSTOM_STATUS = TicketField(6_130_830_360_008, "custom_status", "Ticket status")
FIELD_LINKED_TICKET = TicketField(6_130_830_360_101, "text", "Linked ticket", removable=True)
FIELD_PRODUCT_AREA = TicketField(
    6_130_830_360_102,
    "tagger",
    "Product area",
    removable=True,
    options=(
        FieldOption(6_130_830_361_001, "Checkout", "area_checkout"),
        FieldOption(6_130_830_361_002, "Shipping", "area_shipping"),
        FieldOption(6_130_830_361_003, "Account", "area_account"),
    ),
)
FIELD_ESCALATED = TicketField(6_130_830_360_103, "checkbox", "Escalated", removable=True)
FIELD_LINK_KEY = TicketField(6_130_830_360_104, "text", "Link: key", removable=True)
FIELD_LINK_STATUS = TicketField(6_130_830_360_105, "text", "Link: status", removable=True)
FIELD_LINK_ASSIGNEE = TicketField(6_130_830_360_106, "text", "Link: assignee", removable=True)
FIELD_LINK_UPDATED = TicketField(6_130_830_360_107, "text", "Link: last change", removable=True)
FIELD_LINK_HEALTH = TicketField(6_130_830_360_108, "text", "Link: health", removable=True)

TICKET_FIELDS = (
    FIELD_SUBJECT,
    FIELD_DESCRIPTION,
    FIELD_STATUS,
    FIELD_TYPE,
    FIELD_PRIORITY,
    FIELD_GROUP,
    FIELD_ASSIGNEE,
    FIELD_CUSTOM_STATUS,
    FIELD_LINKED_TICKET,
    FIELD_PRODUCT_AREA,
    FIELD_ESCALATED,
    FIELD_LINK_KEY,
    FIELD_LINK_STATUS,
    FIELD_LINK_ASSIGNEE,
    FIELD_LINK_UPDATED,
    FIELD_LINK_HEALTH,
)


def users(now: datetime) -> list[User]:
    return [
        User(
            id=account.id,
            name=account.name,
            email=account.email,
            role=account.role,
            created_at=now,
            organization_id=account.organization_id,
            group_ids=list(account.group_ids),
            light=account.light,
        )
        for account in ACCOUNTS
    ]


def groups(now: datetime) -> list[Group]:
    return [
        Group(GROUP_SUPPORT, "Support", now, default=True),
        Group(GROUP_BILLING, "Billing", now),
        Group(GROUP_ESCALATIONS, "Escalations", now),
    ]


def organizations(now: datetime) -> list[Organization]:
    return [
        Organization(ORGANIZATION_OWN, ACCOUNT_NAME, now),
        Organization(
            ORGANIZATION_STORE, "Example Store", now, external_id="store-1", domain_names=["store.example"]
        ),
    ]


def grant(now: datetime) -> Grant:
    return Grant(
        access_token=OAUTH_ACCESS_TOKEN,
        refresh_token=OAUTH_REFRESH_TOKEN,
        user_id=BRIDGE.id,
        scopes=frozenset({"read", "write"}),
        expires_at=now + ACCESS_TOKEN_LIFE,
        refresh_expires_at=now + REFRESH_TOKEN_LIFE,
    )
