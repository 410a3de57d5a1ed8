"""`/bridge choose`: whose value counts where both tickets changed."""

from dataclasses import replace
from datetime import datetime

from escalation_bridge.domain.case.cases import Hold, Link
from escalation_bridge.domain.case.hold_reasons import HoldReason
from escalation_bridge.domain.case.part import Part
from escalation_bridge.domain.commands.command import Asked, Verb
from escalation_bridge.domain.commands.replies import answer, leave_to_another, near_links
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.sync.fields.holds import settle

_SIDES = {side.value: side for side in Side} | {"asal": Side.ORIGIN, "tertaut": Side.LINKED}


def _obey(asked: Asked) -> Part:
    view, command = asked.view, asked.command
    side = _SIDES.get(command.words[0].casefold()) if command.words else None
    if side is None:
        return leave_to_another(view, command) or answer(command, "command_unknown")
    field = " ".join(command.words[1:]) or None
    changed: list[Link] = []
    for link in near_links(view, command):
        chosen = chosen_by(link, side, field)
        if chosen != link:
            changed.append(chosen)
    if not changed:
        return leave_to_another(view, command) or answer(command, "command_nothing_to_choose")
    return Part(links=tuple(changed)) + answer(command, "command_chosen", side=side.value)


def chosen_by(link: Link, side: Side, field: str | None, before: datetime | None = None) -> Link:
    """The link after a choice about what has been in conflict, since before an instant where one is given."""

    def counts(hold: Hold | None) -> bool:
        return hold is not None and (before is None or hold.since < before)

    if (
        (field is None or field.casefold() == "status")
        and link.hold is not None
        and link.hold.reason is HoldReason.STATUS_CONFLICT
    ):
        link = replace(link, chosen=side) if counts(link.hold) else link
    late = {key: state for key, state in link.fields.items() if not counts(state.hold)}
    settled = settle(link, field, side)
    return replace(settled, fields={**settled.fields, **late}) if settled != link else link


CHOOSE = Verb(("choose", "pilih"), _obey)
