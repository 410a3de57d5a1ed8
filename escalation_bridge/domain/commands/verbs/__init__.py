"""The commands that there are: each file of this folder is one of them."""

from escalation_bridge.domain.case.one_file_each import found_in
from escalation_bridge.domain.commands.command import Verb

VERBS: dict[str, Verb] = {word: verb for verb in found_in(__name__, __path__, Verb) for word in verb.words}
"""By everything that people write for them."""
