"""The account that a stand-in starts with. Keys, addresses and names are fixed, so that anybody can name them.

`BRIDGE` is an agent without administrator's rights, as a careful admin would give a service account: `/agents`,
`/groups` and `/roles` answer it with 403, as the vendor does; groups and agents are also named by `/ticket_fields`.
"""

from dataclasses import dataclass
from datetime import datetime

from escalation_bridge_sandbox.freshdesk.state.desk import Desk
from escalation_bridge_sandbox.freshdesk.state.form import StatusChoice, TicketField, TicketForm
from escalation_bridge_sandbox.freshdesk.state.records import Agent, Company, EmailConfig, Group, Role, Status

PASSWORD = "X"  # noqa: S105 - the API takes any password beside a key
SUPPORT_EMAIL = "support@warung.example"
COMPANY = "Toko Maju"
COMPANY_DOMAIN = "tokomaju.example"

STATUS_WITH_ENGINEERING = 8
FIELD_REFERENCE = "cf_external_reference"
FIELD_LINKED_ISSUE = "cf_linked_issue"
FIELD_ROOT_CAUSE = "cf_root_cause"
LINK_PARTS = ("key", "status", "assignee", "updated", "health")

GROUP_SUPPORT = "Customer Support"
GROUP_ESCALATIONS = "Escalations"
GROUP_BILLING = "Billing"


@dataclass(frozen=True)
class SeedAgent:
    name: str
    email: str
    api_key: str
    role: Role
    groups: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeedCustomer:
    name: str
    email: str | None
    phone: str | None = None
    unique_external_id: str | None = None


ADMIN = SeedAgent("Dewi Admin", "admin@warung.example", "fd-admin-key", Role.ACCOUNT_ADMINISTRATOR)
BRIDGE = SeedAgent(
    "Escalation Bridge",
    "bridge@warung.example",
    "fd-bridge-key",
    Role.AGENT,
    (GROUP_SUPPORT, GROUP_ESCALATIONS),
)
AGENT_RINA = SeedAgent(
    "Rina", "rina@warung.example", "fd-rina-key", Role.AGENT, (GROUP_SUPPORT, GROUP_ESCALATIONS)
)
AGENT_BUDI = SeedAgent(
    "Budi", "budi@warung.example", "fd-budi-key", Role.AGENT, (GROUP_SUPPORT, GROUP_BILLING)
)
AGENTS = (ADMIN, BRIDGE, AGENT_RINA, AGENT_BUDI)

CUSTOMER_SARI = SeedCustomer("Sari", "sari@tokomaju.example", unique_external_id="crm-1001")
CUSTOMER_AGUS = SeedCustomer("Agus", "agus@customer.example")
CUSTOMER_MAYA = SeedCustomer("Maya", None, phone="+62 21 555 0101")
CUSTOMERS = (CUSTOMER_SARI, CUSTOMER_AGUS, CUSTOMER_MAYA)

STATUSES = (
    StatusChoice(Status.OPEN, "Open", "Being Processed"),
    StatusChoice(Status.PENDING, "Pending", "Awaiting your Reply", stops_sla=True, reopens_on_reply=True),
    StatusChoice(
        Status.RESOLVED, "Resolved", "This ticket has been Resolved", stops_sla=True, reopens_on_reply=True
    ),
    StatusChoice(
        Status.CLOSED, "Closed", "This ticket has been Closed", stops_sla=True, reopens_on_reply=True
    ),
    StatusChoice(
        Status.WAITING_ON_CUSTOMER,
        "Waiting on Customer",
        "Awaiting your Reply",
        stops_sla=True,
        reopens_on_reply=True,
    ),
    StatusChoice(Status.WAITING_ON_THIRD_PARTY, "Waiting on Third Party", "Being Processed"),
    StatusChoice(STATUS_WITH_ENGINEERING, "With Engineering", "Being Processed"),
)
TYPES = ("Question", "Incident", "Problem", "Feature Request", "Refund")
ROOT_CAUSES = ("Product defect", "Configuration", "User error", "Third party")

# name, attribute of the ticket, label, type, required for agents, ... for customers, displayed to customers
_DEFAULT_FIELDS = (
    ("requester", "", "Search a requester", "default_requester", True, True, True, "Requester"),
    ("subject", "subject", "Subject", "default_subject", True, True, True, "Subject"),
    ("ticket_type", "type", "Type", "default_ticket_type", False, False, False, "Type"),
    ("source", "source", "Source", "default_source", False, False, False, "Source"),
    ("status", "status", "Status", "default_status", True, False, True, "Status"),
    ("priority", "priority", "Priority", "default_priority", True, False, False, "Priority"),
    ("group", "group_id", "Group", "default_group", False, False, False, "Group"),
    ("agent", "responder_id", "Agent", "default_agent", False, False, True, "Assigned to"),
    ("description", "description", "Description", "default_description", True, True, True, "Description"),
)
_CUSTOM_FIELDS = (
    (FIELD_REFERENCE, "External reference", "custom_text", ()),
    (FIELD_LINKED_ISSUE, "Linked issue", "custom_text", ()),
    ("cf_impact", "Impact", "custom_paragraph", ()),
    ("cf_affected_orders", "Affected orders", "custom_number", ()),
    ("cf_vip", "VIP", "custom_checkbox", ()),
    ("cf_needed_by", "Needed by", "custom_date", ()),
    *((f"cf_link_{part}", f"Link {part}", "custom_text", ()) for part in LINK_PARTS),
    (FIELD_ROOT_CAUSE, "Root cause", "custom_dropdown", ROOT_CAUSES),
    # The name that the bridge's documentation gives to it.
    ("cf_escalation_bridge_key", "Escalation Bridge key", "custom_text", ()),
)
_FIRST_FIELD_ID = 82_000_900_001


def ticket_form() -> TicketForm:
    defaults = [
        TicketField(
            id=_FIRST_FIELD_ID + position,
            name=name,
            attribute=attribute,
            label=label,
            type=kind,
            description=f"Ticket {name.removeprefix('ticket_')}",
            label_for_customers=for_customers,
            required_for_agents=for_agents,
            required_for_customers=required_for_customers,
            customers_can_edit=required_for_customers,
            displayed_to_customers=displayed,
        )
        for position, (
            name, attribute, label, kind, for_agents, required_for_customers, displayed, for_customers
        ) in enumerate(_DEFAULT_FIELDS)
    ]  # fmt: skip
    custom = [
        TicketField(
            id=_FIRST_FIELD_ID + len(defaults) + position,
            name=name,
            label=label,
            type=kind,
            label_for_customers=label,
            choices=choices,
        )
        for position, (name, label, kind, choices) in enumerate(_CUSTOM_FIELDS)
    ]
    return TicketForm((*defaults, *custom), STATUSES, TYPES)


def sow(form: TicketForm, now: datetime) -> Desk:
    """A fresh account: people, groups, a company and a mailbox; no tickets."""
    desk = Desk(form)
    members: dict[str, list[int]] = {name: [] for name in (GROUP_SUPPORT, GROUP_ESCALATIONS, GROUP_BILLING)}
    for person in AGENTS:
        agent = Agent(desk.new_id(), person.name, person.email, person.api_key, person.role, now)
        desk.agents[agent.id] = agent
        for group in person.groups:
            members[group].append(agent.id)
    for name, agent_ids in members.items():
        group_record = Group(desk.new_id(), name, f"Members of {name}", tuple(agent_ids), now)
        desk.groups[group_record.id] = group_record
    company = Company(desk.new_id(), COMPANY, now, now, domains=[COMPANY_DOMAIN])
    desk.companies[company.id] = company
    for customer in CUSTOMERS:
        desk.add_contact(
            customer.name,
            now,
            email=customer.email,
            phone=customer.phone,
            unique_external_id=customer.unique_external_id,
        )
    mailbox = EmailConfig(desk.new_id(), "Support", SUPPORT_EMAIL, None, now)
    desk.email_configs[mailbox.id] = mailbox
    return desk
