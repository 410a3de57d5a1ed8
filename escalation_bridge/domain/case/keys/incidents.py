"""Keys of what is written about an incident."""

from escalation_bridge.domain.case.keys.key import Key, OfNote, key
from escalation_bridge.domain.case.keys.parts import End, Number, Word


@key("incident")
class OfIncident(Key):
    """What is written because a ticket belongs to an incident; `time` counts how often it was put into one."""

    incident: Number
    time: Number
    what: Word


@key("incident_state")
class IncidentState(OfNote):
    """How large an incident is, in its linked ticket."""

    incident: Number
    version: End
