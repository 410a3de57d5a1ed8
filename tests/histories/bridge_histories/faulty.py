"""How a deliberate fault gets into the bridge."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from unittest import mock

Mutant = Callable[[], AbstractContextManager[Any]]


def everywhere(real: Any, fault: Any) -> AbstractContextManager[Any]:
    """Put a fault in the place of something, wherever in the bridge it is called from."""
    users = [
        module
        for name, module in sys.modules.items()
        if name.startswith("escalation_bridge.") and vars(module).get(real.__name__) is real
    ]
    patched = ExitStack()
    for module in users:
        patched.enter_context(mock.patch.object(module, real.__name__, fault))
    return patched
