"""Texts of an admin's own, in place of the catalogue's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from escalation_bridge.text.templates import Template, TemplateFailure


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where a message belongs, for texts that are written for a team or a route.

    Attributes:
        team: The team that has the escalation; None: none has it.
        route: The route of the ticket in which it is written; None: none leads there.
        failed: Called if an own text cannot be filled in, and the catalogue's is used.
    """

    team: str | None = None
    route: str | None = None
    failed: Callable[[TemplateFailure], None] | None = None


ANYWHERE = Occasion()


@dataclass(frozen=True, slots=True)
class OwnTexts:
    """Own texts. A route's come before a team's, and these before those for everybody.

    Attributes:
        general: By message and language.
        of_teams: By team, message and language.
        of_routes: By route, message and language.
    """

    general: Mapping[tuple[str, str], Template] = field(default_factory=dict)
    of_teams: Mapping[tuple[str, str, str], Template] = field(default_factory=dict)
    of_routes: Mapping[tuple[str, str, str], Template] = field(default_factory=dict)

    def find(self, message: str, language: str, occasion: Occasion) -> Template | None:
        """The own text for a message in a language; None: the catalogue's counts."""
        return (
            self.of_routes.get((occasion.route or "", message, language))
            or self.of_teams.get((occasion.team or "", message, language))
            or self.general.get((message, language))
        )
