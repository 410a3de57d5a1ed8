"""Link existing tickets and move links to other tickets, in the bridge's own database."""

from escalation_bridge.domain.case.write_records import Receipt
from escalation_bridge.domain.case.writes.links import LinkByKey, MoveLink, TakeOverLinks
from escalation_bridge.engine.deliver.follow_tickets import move_link, take_over_links
from escalation_bridge.engine.deliver.link_by_hand import LinkRequest, link_tickets
from escalation_bridge.engine.deliver.work import Kind, Result, Work


def _link(work: Work, intent: LinkByKey) -> Result:
    asked = LinkRequest(str(intent.ticket), intent.words, intent.route)
    linked = link_tickets(work.bridge, asked, by=intent.by)
    return Result(Receipt(detail=linked.refusal or "", refusal=linked.refusal), reloads=True)


def _move(work: Work, intent: MoveLink) -> Result:
    return Result(Receipt(detail=move_link(work.bridge, work.view, intent)), reloads=True)


def _take_over(work: Work, intent: TakeOverLinks) -> Result:
    return Result(Receipt(detail=take_over_links(work.bridge, work.view, intent)), reloads=True)


LINK_BY_KEY = Kind(LinkByKey, _link)
MOVE_LINK = Kind(MoveLink, _move)
TAKE_OVER_LINKS = Kind(TakeOverLinks, _take_over)
