"""The bridge-wide extensions behind typed calls: who decides, who objects, who listens."""

from collections.abc import Mapping

import pluggy
import structlog

from escalation_bridge.domain.cases import CaseView, Classification, Link, TimelineEntry, Veto
from escalation_bridge.domain.classification import classify
from escalation_bridge.domain.messages import Message, MessageRequest
from escalation_bridge.domain.routes import Side
from escalation_bridge.domain.tickets import Ticket
from escalation_bridge.errors import PluginError
from escalation_bridge.hooks import PROJECT, EscalationHooks, hookimpl
from escalation_bridge.messages.catalogue import compose

_log = structlog.get_logger(__name__)


class CoreAnswers(EscalationHooks):
    """What the core answers when nobody else does."""

    @hookimpl(trylast=True)
    def classify_ticket(self, ticket: Ticket) -> Classification:
        return classify(ticket)

    @hookimpl(trylast=True)
    def compose_message(self, request: MessageRequest, language: str) -> Message:
        return compose(request, language)


class Extensions:
    """Typed calls to all enabled extensions. One that fails is logged and counts as not having answered."""

    def __init__(self, extensions: Mapping[str, EscalationHooks] | None = None) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(EscalationHooks)
        self._manager.register(CoreAnswers(), name="core")
        for name, extension in sorted((extensions or {}).items()):
            self._manager.register(extension, name=name)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise PluginError(f"an extension marks a method that is no hook: {error}") from error

    def classify_ticket(self, ticket: Ticket) -> Classification:
        answer = self._first("classify_ticket", ticket=ticket)
        return answer if isinstance(answer, Classification) else classify(ticket)

    def choose_target(self, view: CaseView, route: str, candidates: tuple[str, ...]) -> str:
        answer = self._first("choose_target", view=view, route=route, candidates=candidates)
        return answer if isinstance(answer, str) and answer in candidates else route

    def map_status(self, link: Link, side: Side, ticket: Ticket) -> str | None:
        answer = self._first("map_status", link=link, side=side, ticket=ticket)
        return answer if isinstance(answer, str) else None

    def resolve_conflict(self, link: Link, origin: Ticket, linked: Ticket) -> Side | None:
        answer = self._first("resolve_conflict", link=link, origin=origin, linked=linked)
        return answer if isinstance(answer, Side) else None

    def compose_message(self, request: MessageRequest, language: str) -> Message:
        answer = self._first("compose_message", request=request, language=language)
        return answer if isinstance(answer, Message) else compose(request, language)

    def veto_escalation(self, view: CaseView, route: str) -> tuple[Veto, ...]:
        return tuple(a for a in self._all("veto_escalation", view=view, route=route) if isinstance(a, Veto))

    def notify(self, to: str, message: Message, key: str) -> tuple[str, ...]:
        return tuple(a for a in self._all("notify", to=to, message=message, key=key) if isinstance(a, str))

    def case_changed(self, case_id: int, entry: TimelineEntry) -> None:
        self._all("case_changed", case_id=case_id, entry=entry)

    def _first(self, hook: str, **arguments: object) -> object:
        return next((answer for answer in self._each(hook, arguments) if answer is not None), None)

    def _all(self, hook: str, **arguments: object) -> list[object]:
        return [answer for answer in self._each(hook, arguments) if answer is not None]

    def _each(self, hook: str, arguments: Mapping[str, object]) -> list[object]:
        """Ask one by one, in pluggy's order: to pluggy itself, one failure would be everybody's."""
        caller: pluggy.HookCaller = getattr(self._manager.hook, hook)
        answers: list[object] = []
        for implementation in reversed(caller.get_hookimpls()):
            wanted = {name: arguments[name] for name in implementation.argnames}
            try:
                answer = implementation.function(**wanted)
            except Exception:  # noqa: BLE001 - a stranger's code; its failure is logged and must stay its own
                _log.exception("extension.failed", extension=implementation.plugin_name, hook=hook)
                continue
            answers.append(answer)
            if answer is not None and caller.spec and caller.spec.opts.get("firstresult"):
                break
        return answers
