"""From Zendesk to a service desk of Jira Cloud."""

from collections.abc import Mapping
from typing import Any, ClassVar

from bridge_histories import at_jira, at_zendesk
from bridge_histories.at_jira import ServiceDesk
from bridge_histories.at_zendesk import ZendeskDesk
from bridge_histories.desks import Desk
from bridge_histories.kept import Book
from bridge_histories.pair import LAG, Pair, connect_zendesk
from bridge_histories.seen import End
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.store.database.database import Database
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.jira.fields.catalogue import IMPACT_FIELD
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk


class ZendeskToServiceDesk(Pair):
    """From Zendesk to a service desk of Jira Cloud, whose customers read what is not internal."""

    name = "zendesk-jira"
    full: ClassVar = {
        Side.ORIGIN: {
            "New": "Waiting for support",
            "Open": "Work in progress",
            "Pending": "Waiting for customer",
            "On-hold": "Escalated",
            "With engineering": "Waiting for support",
            "Solved": "Resolved",
        },
        Side.LINKED: {
            "Waiting for support": "With engineering",
            "Work in progress": "Open",
            "Waiting for customer": "Pending",
            "Escalated": "On-hold",
            "Resolved": "Solved",
            "Closed": "Solved",
        },
    }
    sparse: ClassVar = {
        Side.ORIGIN: {
            **dict.fromkeys(("New", "Open", "Pending", "With engineering"), Keep.KEEP),
            "Solved": "Resolved",
        },
        Side.LINKED: {
            **dict.fromkeys(("Waiting for support", "Work in progress", "Closed"), Keep.KEEP),
            "Waiting for customer": "Pending",
            "Resolved": "Open",
        },
    }
    book = Book(
        same_tags=(
            ("vip", "customer-vip"),
            ("big_outage", "Big-outage"),
            ("product-mobile", "product-mobile"),
        ),
        other_tags={End.ORIGIN: ("internal", "customer-vip"), End.LINKED: ("internal", "vip")},
        custom=(str(zendesk.FIELD_PRODUCT_AREA.id), IMPACT_FIELD),
        convert=Convert.CHOICE,
        words=(("area_checkout", "Critical"), ("area_shipping", "Major")),
        choices={
            End.ORIGIN: ("area_checkout", "area_shipping", "area_account"),
            End.LINKED: ("Critical", "Major", "Minor"),
        },
        people=((at_zendesk.SARI, at_jira.CITRA), (at_zendesk.BUDI, at_jira.BUDI)),
        by_address=(at_zendesk.BUDI,),
        strangers={End.ORIGIN: at_zendesk.AYU, End.LINKED: at_jira.AYU},
    )
    handed_on = "With engineering"
    fields: ClassVar = {"request_type": "Get help"}

    def open_desks(self) -> dict[str, Desk]:
        return {
            "origin": ZendeskDesk(ZendeskSandbox(clock=self.clock), "acme.zendesk.example"),
            "linked": ServiceDesk(
                JiraSandbox("cloud", search_lag=LAG, clock=self.clock), "acme.atlassian.example"
            ),
        }

    def connect(self, secrets: Mapping[str, str], database: Database) -> dict[str, Any]:
        settings = JiraSettings.model_validate(
            {
                "plugin": "jira",
                "deployment": "cloud",
                "url": self.desks["linked"].url,
                "email": jira.BRIDGE.email,
                "api_token": Resolved(jira.api_token(jira.BRIDGE)),
                "webhook_secrets": [Resolved(secrets["linked"])],
                "project": "HELP",
                "transition_fields": {"Resolved": {"resolution": {"name": "Done"}}},
                "search_lag_seconds": LAG,
            }
        )
        return {
            "origin": connect_zendesk(self, "origin", self.desks["origin"], secrets["origin"], database),
            "linked": JiraPlugin(self.connection("linked", settings, database)),
        }
