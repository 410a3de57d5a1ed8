"""In whose language names come: the profile's of whoever asks, unless the request forces another one.

Jira translates the names that it ships (statuses, priorities, types, resolutions); ids and category keys stay. From the section on special
headers of the Cloud API description; Data Center is said to do the same.
"""

from collections.abc import Mapping

import flask

from escalation_bridge_sandbox.jira.model.people import Person

GERMAN: Mapping[str, str] = {
    "Highest": "Höchste", "High": "Hoch", "Medium": "Mittel", "Low": "Niedrig", "Lowest": "Niedrigste",
    "To Do": "Zu erledigen", "In Progress": "In Arbeit", "Done": "Erledigt", "Closed": "Geschlossen",
    "Blocked": "Blockiert", "In Review": "In Prüfung", "Resolved": "Gelöst",
    "Bug": "Fehler", "Task": "Aufgabe", "Incident": "Vorfall",
    "Fixed": "Behoben", "Duplicate": "Duplikat",
    "Relates": "Beziehung", "Blocks": "Blockiert",
}  # fmt: skip
_WORDS: Mapping[str, Mapping[str, str]] = {"de": GERMAN}


def language_of(viewer: Person | None) -> str:
    """The language of an answer, as two letters."""
    if flask.has_request_context():
        headers = flask.request.headers
        if headers.get("X-Force-Accept-Language", "").casefold() == "true":
            return headers.get("Accept-Language", "en")[:2].casefold()
    return viewer.locale[:2] if viewer else "en"


def in_language(name: str, language: str) -> str:
    """A name that Jira ships, translated; any other one as it is."""
    return _WORDS.get(language, {}).get(name, name)
