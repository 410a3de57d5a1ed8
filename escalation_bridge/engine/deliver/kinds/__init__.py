"""How each kind of write is delivered: one file for each file in `domain/case/writes`."""

from typing import Any

from escalation_bridge.domain.case.one_file_each import found_in
from escalation_bridge.domain.case.write import Write
from escalation_bridge.engine.deliver.work import Kind

DELIVERED: dict[type[Write], Kind[Any]] = {kind.of: kind for kind in found_in(__name__, __path__, Kind)}
"""By the class of the write."""
