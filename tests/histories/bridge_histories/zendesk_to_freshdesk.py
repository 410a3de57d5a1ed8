"""From Zendesk to Freshdesk."""

from collections.abc import Mapping
from typing import Any, ClassVar

from bridge_histories import at_freshdesk, at_zendesk
from bridge_histories.at_freshdesk import FreshdeskDesk
from bridge_histories.at_zendesk import ZendeskDesk
from bridge_histories.desks import Desk
from bridge_histories.kept import Book
from bridge_histories.pair import LAG, Pair, connect_freshdesk, connect_zendesk
from bridge_histories.seen import End
from escalation_bridge.domain.routes.fields.values import Convert
from escalation_bridge.domain.routes.sides import Keep, Side
from escalation_bridge.store.database.database import Database
from escalation_bridge_sandbox.freshdesk import FreshdeskSandbox
from escalation_bridge_sandbox.zendesk import ZendeskSandbox
from escalation_bridge_sandbox.zendesk.state import seed as zendesk


class ZendeskToFreshdesk(Pair):
    """From Zendesk to Freshdesk, where the customer is the requester too and reads every public reply."""

    name = "zendesk-freshdesk"
    full: ClassVar = {
        Side.ORIGIN: {
            "New": "Open",
            "Open": "Open",
            "Pending": "Waiting on Customer",
            "On-hold": "Waiting on Third Party",
            "With engineering": "With Engineering",
            "Solved": "Resolved",
        },
        Side.LINKED: {
            "Open": "Open",
            "Pending": "Pending",
            "Waiting on Customer": "Pending",
            "Waiting on Third Party": "On-hold",
            "With Engineering": "With engineering",
            "Resolved": "Solved",
            "Closed": "Solved",
        },
    }
    sparse: ClassVar = {
        Side.ORIGIN: {
            **dict.fromkeys(("New", "Open", "On-hold", "With engineering"), Keep.KEEP),
            "Solved": "Closed",
        },
        Side.LINKED: {
            **dict.fromkeys(("Open", "With Engineering", "Pending", "Closed"), Keep.KEEP),
            "Waiting on Customer": "Pending",
            "Resolved": "Open",
        },
    }
    book = Book(
        same_tags=(
            ("vip", "Customer VIP"),
            ("big_outage", "Big outage"),
            ("product-mobile", "product-mobile"),
        ),
        other_tags={End.ORIGIN: ("internal", "customer_vip"), End.LINKED: ("internal", "vip")},
        custom=(str(zendesk.FIELD_LINKED_TICKET.id), at_freshdesk.ORDERS),
        convert=Convert.NUMBER,
        words=(),
        choices={End.ORIGIN: ("5", "12.0", "dozens"), End.LINKED: ("5", "7", "12")},
        people=((at_zendesk.SARI, at_freshdesk.RINA), (at_zendesk.BUDI, at_freshdesk.BUDI)),
        by_address=(),
        strangers={End.ORIGIN: at_zendesk.AYU, End.LINKED: at_freshdesk.DEWI},
    )
    handed_on = "Open"

    def open_desks(self) -> dict[str, Desk]:
        return {
            "origin": ZendeskDesk(ZendeskSandbox(clock=self.clock), "acme.zendesk.example"),
            "linked": FreshdeskDesk(
                FreshdeskSandbox(search_lag=LAG, clock=self.clock), "toko.freshdesk.example"
            ),
        }

    def connect(self, secrets: Mapping[str, str], database: Database) -> dict[str, Any]:
        return {
            "origin": connect_zendesk(self, "origin", self.desks["origin"], secrets["origin"], database),
            "linked": connect_freshdesk(self, "linked", self.desks["linked"], secrets["linked"], database),
        }
