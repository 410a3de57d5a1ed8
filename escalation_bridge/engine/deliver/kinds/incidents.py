"""Link a ticket to its incident's linked ticket, and move tickets between incidents, in the bridge's own database."""

from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.incidents import LinkToIncident, MoveIncident, Moving
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.engine.deliver.work import HistoryEntry, Kind, Result, Work
from escalation_bridge.engine.incidents.changes import MoveRefusal, put_in_by_hand, take_out_by_hand
from escalation_bridge.store.cases import stored_incidents
from escalation_bridge.store.queue import claims


def _link(work: Work, intent: LinkToIncident) -> Result:
    asked = LinkRequest(str(intent.ticket), str(intent.linked), intent.route)
    linked = link_tickets(work.bridge, asked, by=intent.incident)
    refusal = linked.refusal if linked.refusal is not LinkRefusal.ALREADY_LINKED else None
    return Result(Receipt(detail=refusal or "", refusal=refusal), reloads=True)


def _move(work: Work, intent: MoveIncident) -> Result:
    bridge, now = work.bridge, work.bridge.now()
    number = intent.incident.upper().removeprefix("#").removeprefix("I-")
    refusal: MoveRefusal | None = None
    with bridge.database.write() as transaction:
        stored_incidents.lock_incidents(transaction)
        present = stored_incidents.incident_of(transaction, work.view.id)
        wanted = int(number) if number.isdecimal() and len(number) < 10 else None
        concerned = {each for each in (present, wanted) if each is not None}
        members = [
            case for each in sorted(concerned) for case in stored_incidents.members_of(transaction, each)
        ]
        claims.lock_in_order(transaction, [work.view.id, *members])
        if intent.moving is Moving.LEAVE:
            if present == wanted:  # else it was moved meanwhile
                take_out_by_hand(transaction, work.view.id, intent.by, now)
        elif wanted is None:
            refusal = MoveRefusal.UNKNOWN
        else:
            refusal = put_in_by_hand(
                transaction, work.view.id, wanted, intent.by, bridge.rules.incidents, now
            )
    return Result(
        Receipt(detail=refusal or ""),
        reloads=True,
        entry=HistoryEntry("incident_moved", {"incident": intent.incident, "by": intent.by}),
    )


LINK_TO_INCIDENT = Kind(LinkToIncident, _link)
MOVE_INCIDENT = Kind(MoveIncident, _move)
