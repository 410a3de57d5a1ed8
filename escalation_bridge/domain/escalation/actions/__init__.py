"""What the steps of a ladder do: each file of this folder is one kind of action."""

from escalation_bridge.domain.case.one_file_each import found_in
from escalation_bridge.domain.escalation.action import ActionKind
from escalation_bridge.domain.sla.policy import Action

BY_WORD: dict[str, ActionKind] = {kind.word: kind for kind in found_in(__name__, __path__, ActionKind)}
"""By what they are called in a step's `do`."""
_BY_CLASS: dict[type[Action], ActionKind] = {kind.of: kind for kind in BY_WORD.values()}


def kind_of(action: Action) -> ActionKind:
    """How an action is carried out."""
    return _BY_CLASS[type(action)]
