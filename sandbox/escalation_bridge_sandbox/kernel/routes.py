"""The routes of stand-ins, which are compiled once for all stand-ins that have the same."""

import threading
from collections.abc import Iterator
from typing import Any, ClassVar

from werkzeug.routing import Map, MapAdapter, Rule, RuleFactory


class SharedRoutes(Map):
    """Routes that are compiled by `update`, or when the first request comes.

    Werkzeug compiles a function for each route. A stand-in has hundreds: this takes longer than all else at its start, and a process
    may start many.
    """

    _compiled: ClassVar[dict[object, Map]] = {}
    _compiling: ClassVar[threading.Lock] = threading.Lock()

    def __init__(self, **options: Any) -> None:
        self._given: list[RuleFactory] = []
        self._found: Map | None = None
        super().__init__(**options)

    def add(self, rulefactory: RuleFactory) -> None:
        """Add a route, which is compiled later."""
        self._given.append(rulefactory)
        self._found = None

    def bind(self, *given: Any, **named: Any) -> MapAdapter:
        """As `Map.bind`."""
        return self._shared().bind(*given, **named)

    def bind_to_environ(self, *given: Any, **named: Any) -> MapAdapter:
        """As `Map.bind_to_environ`."""
        return self._shared().bind_to_environ(*given, **named)

    def iter_rules(self, endpoint: Any | None = None) -> Iterator[Rule]:
        """As `Map.iter_rules`."""
        return self._shared().iter_rules(endpoint)

    def update(self) -> None:
        """Compile what was added."""
        self._shared()

    def _shared(self) -> Map:
        with self._compiling:
            if self._found is None:
                facts = self._facts()
                if facts not in self._compiled:
                    self._compiled[facts] = Map(
                        self._given, strict_slashes=self.strict_slashes, host_matching=self.host_matching
                    )
                self._found = self._compiled[facts]
            return self._found

    def _facts(self) -> object:
        """What two maps have in common that answer alike."""
        rules = [rule for given in self._given for rule in given.get_rules(self)]
        return (
            self.strict_slashes,
            self.host_matching,
            tuple(
                (
                    rule.rule,
                    rule.endpoint,
                    frozenset(rule.methods or ()),
                    repr(rule.defaults),
                    getattr(rule, "provide_automatic_options", None),
                )
                for rule in rules
            ),
        )
