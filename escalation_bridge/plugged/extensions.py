"""Typed calls to the extensions."""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TypeVar

import pluggy
import structlog

from escalation_bridge.domain.case.cases import CaseView, Link, TimelineEntry, Veto
from escalation_bridge.domain.routes.sides import Side
from escalation_bridge.domain.tickets.classification import Classification, classify
from escalation_bridge.domain.tickets.messages import Message, MessageRequest, Quote
from escalation_bridge.domain.tickets.tickets import RichText, Ticket
from escalation_bridge.errors import PluginError
from escalation_bridge.messages.catalogue import compose, compose_own, package_request
from escalation_bridge.messages.own_texts import ANYWHERE, Occasion, OwnTexts
from escalation_bridge.plugin.contract import find_hook_breaches
from escalation_bridge.plugin.hooks import PROJECT, EscalationHooks
from escalation_bridge.text.names import Surroundings, alone, prepared
from escalation_bridge.text.templates import TemplateFailure

_log = structlog.get_logger(__name__)

T = TypeVar("T")


class Extensions:
    """Typed calls to all enabled extensions in order; the core answers after them.

    An extension that fails, or returns a wrong type, is logged and counts as not having answered.
    """

    def __init__(
        self,
        extensions: Mapping[str, EscalationHooks] | None = None,
        own_texts: OwnTexts | None = None,
    ) -> None:
        self._own_texts = own_texts or OwnTexts()
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(EscalationHooks)
        asked_last_first = reversed(list((extensions or {}).items()))  # pluggy asks the last registered first
        for name, extension in asked_last_first:
            breaches = "; ".join(find_hook_breaches(type(extension), EscalationHooks))
            if breaches:
                raise PluginError(f"the extension {name} breaks the contract: {breaches}")
            self._manager.register(extension, name=name)

    def classify_ticket(
        self, ticket: Ticket, otherwise: Callable[[Ticket], Classification] = classify
    ) -> Classification:
        """Classify a ticket; `otherwise` answers where no extension does."""
        answers = self._answers("classify_ticket", Classification, ticket=ticket)
        return next(answers, None) or otherwise(ticket)

    def choose_target(self, view: CaseView, route: str, candidates: tuple[str, ...]) -> str:
        answers = self._answers(
            "choose_target", str, among=candidates, view=view, route=route, candidates=candidates
        )
        return next(answers, route)

    def choose_team(self, view: CaseView, team: str, candidates: tuple[str, ...]) -> str:
        answers = self._answers(
            "choose_team", str, among=candidates, view=view, team=team, candidates=candidates
        )
        return next(answers, team)

    def map_status(self, link: Link, side: Side, ticket: Ticket) -> str | None:
        return next(self._answers("map_status", str, link=link, side=side, ticket=ticket), None)

    def resolve_conflict(self, link: Link, origin: Ticket, linked: Ticket) -> Side | None:
        return next(self._answers("resolve_conflict", Side, link=link, origin=origin, linked=linked), None)

    def compose_message(
        self,
        request: MessageRequest,
        language: str,
        around: Callable[[Quote], Surroundings] = alone,
        occasion: Occasion = ANYWHERE,
    ) -> Message:
        """Compose a message: in an extension's words, else in the admin's own, else in the catalogue's."""
        request = prepared(request, around)
        answers = self._answers("compose_message", Message, request=request, language=language)
        answer = next(answers, None)
        if answer is not None:
            return answer
        included = package_request(request)
        package = (
            self.compose_message(included, language, around, occasion).body if included is not None else None
        )
        own = self._own(request, language, occasion, package)
        return own or compose(request, language, package)

    def _own(
        self, request: MessageRequest, language: str, occasion: Occasion, package: RichText | None
    ) -> Message | None:
        """The message in the admin's own words; None: there are none, or they cannot be filled in."""
        own = self._own_texts.find(request.template, language, occasion)
        if own is None:
            return None
        try:
            return compose_own(request, language, own, package)
        except TemplateFailure as failure:
            _log.warning(
                "text.failed",
                message=request.template,
                language=language,
                why=failure.code,
                at=failure.detail,
            )
            if occasion.failed is not None:
                occasion.failed(failure)
            return None

    def veto_escalation(self, view: CaseView, route: str) -> tuple[Veto, ...]:
        return tuple(self._answers("veto_escalation", Veto, view=view, route=route))

    def notify(self, to: str, message: Message, key: str) -> tuple[str, ...]:
        """Notify people. Returns how the notification was sent.

        Raises:
            PluginError: No extension sent it, and one that might have done so failed.
        """
        failed: list[str] = []
        ways = tuple(self._answers("notify", str, failed=failed, to=to, message=message, key=key))
        if failed and not ways:
            raise PluginError(f"the extension {', '.join(failed)} failed to tell {to}; its log says why")
        return ways

    def case_changed(self, case_id: int, entry: TimelineEntry) -> None:
        for _ in self._answers("case_changed", object, case_id=case_id, entry=entry):
            pass  # listeners have nothing to say

    def _answers(
        self,
        hook: str,
        kind: type[T],
        *,
        among: Collection[T] | None = None,
        failed: list[str] | None = None,
        **asked: object,
    ) -> Iterator[T]:
        """Call one extension after the other, in pluggy's order, as far as the caller iterates.

        In a call through pluggy itself, one failure would end all. The names of those that fail are added to `failed`.
        """
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        for implementation in reversed(caller.get_hookimpls()):
            given = {name: asked[name] for name in implementation.argnames}
            log = _log.bind(extension=implementation.plugin_name, hook=hook)
            try:
                answer = implementation.function(**given)
            except Exception:
                log.exception("extension.failed")
                if failed is not None:
                    failed.append(implementation.plugin_name)
                continue
            if isinstance(answer, kind) and (among is None or answer in among):
                yield answer
            elif answer is not None:
                log.warning("extension.odd_answer", answer=type(answer).__name__ if among is None else answer)
