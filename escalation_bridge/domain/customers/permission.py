"""Whether a customer may be written to, and when.

The one answer for everything that the bridge writes to a customer by itself: updates, the question about satisfaction, and the notice
before a solved ticket is closed. The policy's section `customer` decides; without it, its defaults count.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from escalation_bridge.domain.customers.correspondence import last_words
from escalation_bridge.domain.customers.hours import next_polite, zone_named
from escalation_bridge.domain.customers.reach import is_a_robot, is_there, window_closed
from escalation_bridge.domain.escalation.escalating import Situation
from escalation_bridge.domain.sla.calendar import ALWAYS, Calendar
from escalation_bridge.domain.sla.customer_updates import CustomerUpdates, Sending
from escalation_bridge.domain.sla.policy import Policy

_DEFAULTS = CustomerUpdates(Sending.OFF)


@dataclass(frozen=True, slots=True)
class Permission:
    """What is permitted towards the customer of a case.

    Attributes:
        policy: The ticket's policy in force; None: there is none.
    """

    at: Situation
    policy: Policy | None

    @property
    def is_given(self) -> bool:
        """Whether the customer may be written to at all: a person, who did not opt out, in a ticket that takes comments."""
        at, opt_out = self.at, self._settings.opt_out
        if not is_there(at.view, at.origin) or is_a_robot(at.origin):
            return False
        return opt_out is None or not opt_out(at.origin, at.view.classification)

    @property
    def is_given_now(self) -> bool:
        """The same, on a channel that still delivers."""
        return self.is_given and not window_closed(self.at.view, self.at.origin, self.at.now)

    @property
    def zone(self) -> tuple[ZoneInfo, bool]:
        """The time zone that counts for the customer, and whether it is surely the customer's own."""
        own = zone_named(self.at.origin.timezone)
        configured = zone_named(self._settings.timezone)
        # A ticket without a policy is answered where the others are.
        policies = (self.policy, *self.at.rules.policies)
        calendar = next((each.calendar for each in policies if each is not None), ALWAYS)
        return own or configured or ZoneInfo(calendar.spec.timezone), own is not None

    def after_quiet(self, *apart_from: str) -> datetime:
        """Now, or a while after the last public word of an agent or of the bridge.

        Args:
            apart_from: Keys of writes that do not count: those that this is about.
        """
        latest = last_words(self.at, apart_from)
        quiet = timedelta(seconds=self._settings.quiet_seconds)
        return max(self.at.now, latest + quiet) if latest is not None else self.at.now

    def moment(self, *apart_from: str) -> datetime:
        """When the customer may be written to: the same, and not at night unless the policy says so.

        Args:
            apart_from: As of `after_quiet`.
        """
        moment = self.after_quiet(*apart_from)
        return moment if self._settings.nights else next_polite(moment, self._calendar, self.zone[0])

    @property
    def _settings(self) -> CustomerUpdates:
        updates = self.policy.updates if self.policy is not None else None
        return updates if updates is not None else _DEFAULTS

    @property
    def _calendar(self) -> Calendar:
        return self.policy.calendar if self.policy is not None else ALWAYS
