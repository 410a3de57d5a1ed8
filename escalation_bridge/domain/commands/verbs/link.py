"""`/bridge link`: link the ticket with another one that is there already."""

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView
from escalation_bridge.domain.case.link_refusals import LinkRefusal
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import KeyedIntent, Receipt
from escalation_bridge.domain.case.writes.comments import WriteComment
from escalation_bridge.domain.case.writes.links import LinkByKey
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another
from escalation_bridge.domain.tickets.messages import MessageRequest
from escalation_bridge.domain.tickets.tickets import Visibility


def _obey(asked: Asked) -> Part:
    rules, command = asked.rules, asked.command
    if (left := leave_to_another(asked.view, command)) is not None:
        return left
    routes = sorted(name for name, route in rules.routes.items() if route.origin == command.ticket.connection)
    named = command.words[1:2] or tuple(routes[:1] if len(routes) == 1 else ())
    if not command.words or not named or named[0] not in routes:
        return answer(command, "command_link_how", routes=", ".join(routes))
    route = rules.routes[named[0]]
    ask = LinkByKey(route.linked, route.name, command.ticket, command.words[0], command.by)
    return Part(intents=(KeyedIntent(command.key, ask),))


def note_refused_links(view: CaseView) -> Part:
    """Answer who named a ticket that could not be linked."""
    part = NOTHING
    for record in view.intents.values():
        intent, receipt = record.intent, record.receipt
        refusal = _refusal_in(receipt) if receipt is not None else None
        if not isinstance(intent, LinkByKey) or refusal is None:
            continue
        facts = {"by": intent.by, "words": intent.words, "reason": refusal.value}
        message = MessageRequest("command_link_refused", facts, visibility=Visibility.PRIVATE)
        note = WriteComment(intent.ticket, Visibility.PRIVATE, message)
        part += Part(intents=(KeyedIntent(keys.Refused(record.key).text, note),))
    return part


def _refusal_in(receipt: Receipt) -> LinkRefusal | None:
    in_detail = (each for each in LinkRefusal if each == receipt.detail)  # of an earlier version
    return receipt.refusal or next(in_detail, None)


LINK = Verb(("link", "taut"), _obey)
