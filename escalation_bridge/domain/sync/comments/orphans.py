"""Public copies over a link that no longer exists: they must not stay visible once their original is hidden."""

from collections.abc import Collection, Iterable

from escalation_bridge.domain.case import keys
from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.case.part import NOTHING, Part
from escalation_bridge.domain.case.write_records import IntentState, KeyedIntent
from escalation_bridge.domain.case.writes.comments import DeleteComment, WriteComment
from escalation_bridge.domain.tickets.tickets import Visibility


def take_back_orphans(view: CaseView, rules: Rules, decided: Iterable[KeyedIntent] = ()) -> Part:
    """Delete public copies whose originals became private after their link was removed or moved.

    Args:
        view: The case, without the links that end in this look.
        rules: The rules.
        decided: The writes of other rules in this look: the rules of a link that ends may have deleted some already.
    """
    kept = {link.id for link in view.links if link.route in rules.routes}
    writes = (*(record.intent for record in view.intents.values()), *(keyed.intent for keyed in decided))
    asked = {write.written for write in writes if isinstance(write, DeleteComment)}
    hidden = {(c.ticket, c.id) for c in view.comments if c.visibility is Visibility.PRIVATE}
    part = NOTHING
    for record in view.intents.values():
        intent = record.intent
        if (
            isinstance(intent, WriteComment)
            and intent.visibility is Visibility.PUBLIC
            and intent.source in hidden
            and record.state is IntentState.DONE
            and record.key not in asked
            and not _is_over(record.key, kept)
        ):
            taken_back = DeleteComment(intent.ticket, record.key, intent.source, is_hidden=True)
            part += Part(intents=(KeyedIntent(keys.Delete(record.key, None).text, taken_back),))
    return part


def _is_over(key: str, links: Collection[str]) -> bool:
    carried = keys.Comment.read(key)
    return carried is not None and carried.link in links
