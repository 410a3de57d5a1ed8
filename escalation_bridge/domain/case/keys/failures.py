"""Keys of notes about what could not be written."""

from escalation_bridge.domain.case.keys.key import OfLastingNote, key
from escalation_bridge.domain.case.keys.parts import At, Number, Over, Word, escape


@key("missing")
class Missing(OfLastingNote):
    """Which comments of a ticket did not get to another one."""

    source: At
    target: At
    episode: Number
    version: Over


@key("failures")
class Failures(OfLastingNote):
    """What could not be written at a connection."""

    connection: Word
    episode: Number
    version: Over


@key("refused")
class CredentialsRefused(OfLastingNote):
    """A note that a connection's credentials are refused."""

    connection: Word
    ticket: At
    episode: Number
    version: Over

    @classmethod
    def beginning(cls, connection: str) -> str:
        """What the texts of all these keys of a connection begin with; others may, too."""
        return f"{cls.word}:{escape(connection)}:"
