"""The detector of a process: what the store has of incidents and arrivals, in memory."""

import sqlalchemy as sa

from escalation_bridge.domain.incidents.detection import Detector
from escalation_bridge.domain.incidents.incident import Settings
from escalation_bridge.store.cases.stored_incidents import all_raised, arrivals_after, changes_so_far


class IncidentMemory:
    """Use it only in a transaction that has locked the incidents: then one thread at a time does."""

    def __init__(self) -> None:
        self._detector: Detector | None = None
        self._last = 0
        self._changes = 0

    def detector(self, connection: sa.Connection, settings: Settings) -> Detector:
        """The detector, with everything that other processes recorded since."""
        changes = changes_so_far(connection)
        if self._detector is None or self._detector.settings != settings or self._changes != changes:
            self._detector, self._last, self._changes = Detector(settings), 0, changes
            for raised in all_raised(connection):
                self._detector.restore_incident(
                    f"I-{raised.id}", raised.threshold, raised.gap, ended=raised.ended
                )
        for arrival in arrivals_after(connection, self._last):
            incident = f"I-{arrival.incident_id}" if arrival.incident_id is not None else None
            self._detector.restore(
                str(arrival.case_id), arrival.at, arrival.reading, incident, kept_out=arrival.kept_out
            )
            self._last = arrival.number
        return self._detector

    def keep(self, number: int, changes: int) -> None:
        """What the detector decided was recorded: up to which arrival, and after how many changes."""
        self._last, self._changes = number, changes

    def forget(self) -> None:
        """Read everything again: what was decided may not have been recorded."""
        self._detector = None
