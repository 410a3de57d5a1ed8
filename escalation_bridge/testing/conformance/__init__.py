"""The conformance kit: what every helpdesk plugin promises, as a pytest suite for anybody's plugin.

One subclass of `HelpdeskConformance`, whose name begins with `Test`, says how to reach the plugin and how people act at the
vendor (or at what stands in for it); pytest does the rest. What the plugin does not implement is skipped with the reason.
This package alone needs pytest; nothing that runs in production imports it.
"""

from escalation_bridge.testing.conformance.bench import Delivered, Seen, Spoken, Trouble
from escalation_bridge.testing.conformance.kit import HelpdeskConformance

__all__ = ["Delivered", "HelpdeskConformance", "Seen", "Spoken", "Trouble"]
