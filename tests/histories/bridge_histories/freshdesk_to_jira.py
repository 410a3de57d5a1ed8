"""From Freshdesk to a software project of Jira Data Center."""

from collections.abc import Mapping
from typing import Any, ClassVar

from bridge_histories import at_freshdesk, at_jira
from bridge_histories.at_freshdesk import FreshdeskDesk
from bridge_histories.at_jira import JiraDesk
from bridge_histories.desks import Desk
from bridge_histories.kept import Book
from bridge_histories.pair import LAG, Pair, connect_freshdesk
from bridge_histories.seen import End
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.plugin.settings import Resolved
from escalation_bridge.store.database.database import Database
from escalation_bridge_jira.plugin import JiraPlugin
from escalation_bridge_jira.settings import JiraSettings
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.jira import JiraSandbox
from escalation_bridge_sandbox.jira import seed as jira
from escalation_bridge_sandbox.jira.fields.catalogue import WORKAROUND_FIELD


class FreshdeskToEngineering(Pair):
    """From Freshdesk to a software project of Jira Data Center, whose workflow the plugin cannot read."""

    name = "freshdesk-jira"
    full: ClassVar = {
        Side.ORIGIN: {
            "Open": "In Progress",
            "Pending": "Blocked",
            "Waiting on Customer": "Blocked",
            "Waiting on Third Party": "In Review",
            "With Engineering": "To Do",
            "Resolved": "Done",
            "Closed": "Closed",
        },
        Side.LINKED: {
            "To Do": "With Engineering",
            "In Progress": "Open",
            "Blocked": "Waiting on Customer",
            "In Review": "Waiting on Third Party",
            "Done": "Resolved",
            "Closed": "Closed",
        },
    }
    sparse: ClassVar = {
        Side.ORIGIN: {
            **dict.fromkeys(("Open", "Waiting on Customer", "With Engineering", "Closed"), Keep.KEEP),
            "Resolved": "Closed",
            "Waiting on Third Party": "Blocked",
        },
        Side.LINKED: {
            **dict.fromkeys(("To Do", "In Progress", "Closed"), Keep.KEEP),
            "Blocked": "Waiting on Customer",
            "Done": "Open",
        },
    }
    book = Book(
        same_tags=(
            ("VIP", "customer-vip"),
            ("Big outage", "Big-outage"),
            ("product-mobile", "product-mobile"),
        ),
        other_tags={End.ORIGIN: ("internal", "customer-vip"), End.LINKED: ("internal", "vip")},
        custom=(at_freshdesk.IMPACT, WORKAROUND_FIELD),
        convert=Convert.TEXT,
        words=(),
        choices=dict.fromkeys(End, ("Turn it off.", "Wait a while.\nThen turn it on.", "None at all")),
        people=((at_freshdesk.RINA, at_jira.CITRA), (at_freshdesk.BUDI, at_jira.BUDI)),
        by_address=(),
        strangers={End.ORIGIN: at_freshdesk.DEWI, End.LINKED: at_jira.AYU},
    )
    handed_on = "With Engineering"

    def open_desks(self) -> dict[str, Desk]:
        return {
            "origin": FreshdeskDesk(
                FreshdeskSandbox(search_lag=LAG, clock=self.clock), "toko.freshdesk.example"
            ),
            "linked": JiraDesk(
                JiraSandbox("datacenter", search_lag=LAG, clock=self.clock), "jira.toko.example"
            ),
        }

    def connect(self, secrets: Mapping[str, str], database: Database) -> dict[str, Any]:
        settings = JiraSettings.model_validate(
            {
                "plugin": "jira",
                "deployment": "datacenter",
                "url": self.desks["linked"].url,
                "personal_access_token": Resolved(jira.personal_token(jira.BRIDGE)),
                "webhook_secrets": [Resolved(secrets["linked"])],
                "project": "ENG",
                "issue_type": "Bug",
                "transition_fields": {"Done": {"resolution": {"name": "Done"}}},
                "status_paths": {
                    "To Do": ["In Progress"],
                    "In Progress": ["To Do"],
                    "Blocked": ["To Do", "In Progress"],
                    "In Review": ["To Do", "In Progress"],
                    "Done": ["To Do", "In Progress"],
                    "Closed": ["To Do", "In Progress", "Done"],
                },
                "search_lag_seconds": LAG,
            }
        )
        return {
            "origin": connect_freshdesk(self, "origin", self.desks["origin"], secrets["origin"], database),
            "linked": JiraPlugin(self.connection("linked", settings, database)),
        }
