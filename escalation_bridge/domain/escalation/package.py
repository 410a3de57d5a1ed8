"""The hand-over package: what the team needs to know that takes an escalation over.

Customers may read the description of a linked ticket, so that one part of the package is made of public facts alone. The other
part goes into internal notes only.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from escalation_bridge.domain.case.cases import CaseView, Rules
from escalation_bridge.domain.escalation.replication import reproducible
from escalation_bridge.domain.escalation.summary_words import SummaryWords, parse_summary
from escalation_bridge.domain.routes.package_rule import COMMON, PackageRule
from escalation_bridge.domain.sla.clocks import Clock, ClockState
from escalation_bridge.domain.sla.policy import Metric
from escalation_bridge.domain.teams.team import Team
from escalation_bridge.domain.tickets.command_line import is_command
from escalation_bridge.domain.tickets.messages import AttachedFile, ClockReport, Named, Package, Quote, Trim
from escalation_bridge.domain.tickets.tickets import Attachment, Comment, RichText, Role, Ticket, Visibility

_MOST_ANSWERS = 2
_ROUTINE = ("rate_us", "closing_announced")
"""Messages that ask or announce something after the work, by their names in the catalogue."""
_MOST_FILES = 20
_NO_WORDS = RichText("", "")
_ANSWERS = (Metric.FIRST_RESPONSE, Metric.NEXT_RESPONSE, Metric.UPDATE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a package is made of.

    Attributes:
        clocks: The clocks, as of now.
        summary: What agents wrote about the escalation.
        team: The team that takes over; None: none that is configured.
        rule: What the team may read.
    """

    view: CaseView
    rules: Rules
    origin: Ticket
    now: datetime
    clocks: tuple[Clock, ...]
    summary: str = ""
    team: Team | None = None
    rule: PackageRule = COMMON


def public_part(facts: Facts) -> Package:
    """What customers may read as well: impact, clocks, the last answers, files."""
    view, origin, graded = facts.view, facts.origin, facts.view.classification
    answers = tuple(_answers(facts))
    incident = view.incident if view.incident is not None and view.incident.ended_at is None else None
    return Package(
        severity=str(graded.severity),
        severity_rules=",".join(graded.rules) if not graded.by else "",
        # An agent's own words are internal.
        severity_reason=graded.reason if not graded.by else "",
        priority=str(origin.priority or ""),
        customer=origin.requester.name if origin.requester else "",
        organisation=origin.organisation.name if origin.organisation else "",
        customers=incident.customers if incident is not None else 0,
        incident=incident.name if incident is not None else "",
        channel=str(origin.channel),
        since=origin.created_at,
        clocks=tuple(_clock_reports(facts)),
        next_answer=_next_answer(facts.clocks),
        answers=answers[-_MOST_ANSWERS:],
        unanswered=not answers and not _opened_by_agent(origin),
        files=tuple(AttachedFile(each.name, each.size) for each in _files(facts))[:_MOST_FILES],
    )


def private_part(facts: Facts) -> Package:
    """What only the team may read: an agent's words, fields, internal notes, the customer's value."""
    view, origin, graded = facts.view, facts.origin, facts.view.classification
    words = _words(facts)
    fields = {**_required_fields(facts), **facts.rule.fields}
    missing = missing_parts(facts)
    return Package(
        severity=str(graded.severity) if graded.by else "",
        severity_by=graded.by,
        severity_words=graded.reason if graded.by else "",
        value=(*_named(origin, facts.rule.value), *_value_by_table(facts)),
        summary=words.summary,
        tried=words.tried,
        reproduced=words.reproduced,
        reproduction=words.reproduction,
        environment=(*_named(origin, fields), *_tags(origin, facts.rule)),
        notes=tuple(_notes(facts)),
        elsewhere=tuple(
            Named(ticket.key, ticket.url)
            for link in view.links
            if (ticket := view.tickets.get(link.linked)) is not None
        ),
        missing=missing,
        missing_fields=_missing_fields(facts),
    )


def for_description(public: Package) -> Package:
    """The public part above the conversation: it names the last answer, whose words follow there and are not said twice."""
    last = public.answers[-1:]
    return replace(public, answers=tuple(replace(each, body=_NO_WORDS) for each in last))


def whole(facts: Facts) -> Package:
    """Both parts, for an internal note in the customer's own ticket. The notes are there already."""
    private, public = private_part(facts), public_part(facts)
    return replace(
        public,
        severity_by=private.severity_by,
        severity_words=private.severity_words,
        value=private.value,
        summary=private.summary,
        tried=private.tried,
        reproduced=private.reproduced,
        reproduction=private.reproduction,
        environment=private.environment,
        elsewhere=private.elsewhere,
        missing=private.missing,
        missing_fields=private.missing_fields,
    )


def without_link(package: Package, linked: Ticket | None) -> Package:
    """The package without the ticket in which it is read."""
    key = linked.key if linked is not None else ""
    return replace(package, elsewhere=tuple(each for each in package.elsewhere if each.name != key))


def is_worth_a_note(private: Package) -> bool:
    """Whether the private part says anything."""
    return replace(private, elsewhere=()) != Package()


# --- what a team requires -----------------------------------------------------------------------------------------------


def missing_parts(facts: Facts) -> tuple[str, ...]:
    """What the team requires and nobody has told: `summary`, `tried`, `reproduced`, and the labels of empty fields."""
    if facts.team is None:
        return ()
    words = _words(facts)
    known = {
        "summary": bool(words.summary),
        "tried": bool(words.tried),
        "reproduced": bool(words.reproduced),
    }
    parts = tuple(part for part in facts.team.requires if not known[part])
    return (*parts, *(each.value for each in _missing_fields(facts)))


def _required_fields(facts: Facts) -> Mapping[str, str]:
    team = facts.team
    return team.required_fields.get(facts.origin.ref.connection, {}) if team is not None else {}


def _missing_fields(facts: Facts) -> tuple[Named, ...]:
    return tuple(
        Named(name, label)
        for name, label in _required_fields(facts).items()
        if not field_text(facts.origin, name)
    )


def _words(facts: Facts) -> SummaryWords:
    """An agent's words; whether it was reproduced may stand elsewhere."""
    words = parse_summary(facts.summary)
    if words.reproduced:
        return words
    answer = reproducible(facts.view, facts.origin, facts.rules.directory)
    return replace(words, reproduced="" if answer is None else "yes" if answer else "no")


# --- what is known ------------------------------------------------------------------------------------------------------


def field_text(ticket: Ticket, name: str) -> str:
    """The value of a custom field for people; empty: it has none."""
    return _text_of(ticket.custom_fields.get(name))


def _text_of(value: object) -> str:
    match value:
        case None | "":
            return ""
        case bool():
            return "yes" if value else "no"
        case list() | tuple():
            return ", ".join(filter(None, map(_text_of, value)))
        case Mapping():
            shown = (value.get(key) for key in ("value", "name", "displayName", "label"))
            child = _text_of(value.get("child"))
            return " / ".join(filter(None, (next((_text_of(each) for each in shown if each), ""), child)))
        case _:
            return str(value).strip()


def _named(ticket: Ticket, fields: Mapping[str, str]) -> Iterator[Named]:
    for name, label in fields.items():
        text = field_text(ticket, name)
        if text:
            yield Named(label, text)


def _tags(ticket: Ticket, rule: PackageRule) -> Iterator[Named]:
    if rule.tags and ticket.tags:
        yield Named("tags", ", ".join(ticket.tags))


def _value_by_table(facts: Facts) -> Iterator[Named]:
    """What the configuration knows of the customer: by the organisation, else by the address."""
    organisation, person = facts.origin.organisation, facts.origin.requester
    names = [organisation.name, organisation.id] if organisation is not None else []
    names += [person.email] if person is not None and person.email else []
    for name in names:
        known = facts.rules.customer_value.get(name.casefold())
        if known is not None:
            yield from (Named(label, text) for label, text in known.items())
            return


def _clock_reports(facts: Facts) -> Iterator[ClockReport]:
    for clock in facts.clocks:
        if not clock.state.is_open:
            continue
        left = clock.left_seconds
        calendar = facts.rules.calendar_called(clock.calendar)
        if clock.state is ClockState.PAUSED or clock.due is None:
            yield ClockReport(str(clock.metric), "paused", None, max(left, 0))
        elif clock.due <= facts.now:
            yield ClockReport(str(clock.metric), "missed", clock.due, 0)
        else:
            # A clock as it was recorded has not counted since.
            left = calendar.elapsed(facts.now, clock.due) if calendar is not None else left
            yield ClockReport(str(clock.metric), "left", clock.due, left)


def _next_answer(clocks: Iterable[Clock]) -> datetime | None:
    """The due of the next answer to the customer that is awaited."""
    dues = (clock.due for clock in clocks if clock.metric in _ANSWERS and clock.state is ClockState.RUNNING)
    return min((due for due in dues if due is not None), default=None)


def _answers(facts: Facts) -> Iterator[Quote]:
    """What the customer was told: public comments of the company's own people, and of the bridge."""
    view, origin = facts.view, facts.origin
    routine = _routine_comments(view)
    for comment in _kept(view, origin):
        own = (comment.ticket, comment.id) in view.own_comments
        if (
            comment.id not in routine
            and comment.visibility is Visibility.PUBLIC
            and (own or comment.author.role in (Role.AGENT, Role.BRIDGE))
        ):
            yield _quoted(comment)


def _routine_comments(view: CaseView) -> frozenset[str]:
    """The bridge's own comments that answer nothing: a link in them is for the customer alone."""
    return frozenset(
        record.receipt.comment_id
        for record in view.intents.values()
        if record.receipt is not None and record.receipt.comment_id is not None
        if record.intent.says is not None and record.intent.says.template in _ROUTINE
    )


def _notes(facts: Facts) -> list[Quote]:
    """The last internal notes of people."""
    view = facts.view
    notes = [
        _quoted(comment)
        for comment in _kept(view, facts.origin)
        if comment.visibility is Visibility.PRIVATE
        and comment.author.role in (Role.AGENT, Role.UNKNOWN)
        and (comment.ticket, comment.id) not in view.own_comments
        and not is_command(comment)
    ]
    return notes[-facts.rule.internal_notes :] if facts.rule.internal_notes else []


def _kept(view: CaseView, origin: Ticket) -> Iterator[Comment]:
    for comment in view.comments_of(origin.ref):
        if (comment.ticket, comment.id) not in view.taken_back:
            yield comment


def _quoted(comment: Comment) -> Quote:
    return Quote(comment.author.name, comment.created_at, comment.body, Trim.HISTORY, comment=comment.id)


def _files(facts: Facts) -> Iterator[Attachment]:
    """The files that customers may see."""
    if facts.origin.description_visibility is Visibility.PUBLIC:
        yield from facts.origin.attachments
    for comment in _kept(facts.view, facts.origin):
        if comment.visibility is Visibility.PUBLIC:
            yield from comment.attachments


def _opened_by_agent(origin: Ticket) -> bool:
    return origin.created_by.role is Role.AGENT
