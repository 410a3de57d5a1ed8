"""The conformance kit: the contract of every helpdesk plugin, as a pytest suite for any plugin.

A subclass of `HelpdeskConformance`, whose name begins with `Test`, creates the plugin and simulates people at the
vendor or its stand-in; pytest does the rest. Tests of hooks that the plugin lacks are skipped with the reason.
This package alone needs pytest; nothing that runs in production imports it.
"""

from escalation_bridge.testing.conformance.bench import Delivered, StoredComment, StoredTicket, Trouble
from escalation_bridge.testing.conformance.kit import HelpdeskConformance

__all__ = ["Delivered", "HelpdeskConformance", "StoredComment", "StoredTicket", "Trouble"]
