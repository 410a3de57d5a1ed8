"""Settings that are valid but probably mistakes: reported next to the errors, without stopping anything."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from escalation_bridge.config.fields.custom import CUSTOM, CustomFieldSync
from escalation_bridge.config.routes import ASK, KEEP, CommentSync, RouteSettings
from escalation_bridge.configfile import Document, Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.routes import Take, shows
from escalation_bridge.domain.sla.calendar_spec import overlaps
from escalation_bridge.domain.tickets.tickets import Status, StatusKind, Visibility

KINDS = tuple(kind.value for kind in StatusKind if kind is not StatusKind.UNKNOWN)
_NEAR = 0.8
_NUMBERED = re.compile(r"(?:customfield_)?\d+")
"""Ids of Zendesk and Jira, which mean nothing to people."""

Statuses = Mapping[str, tuple[Status, ...]]
"""The statuses of accounts, by connection, as far as they are known."""


def hint(document: Document, routes: Mapping[str, RouteSettings], statuses: Statuses) -> Review:
    """Warn about calendars, status maps, and texts that customers can read; the findings are in the review.

    Args:
        document: A valid file.
        routes: Its routes.
        statuses: Statuses of the accounts; without them fewer hints are possible.
    """
    review = Review(document)
    _overlaps(review, document)
    for route_name, route in routes.items():
        at: Path = ("routes", route_name, "status")
        ends = {"to_linked": (route.origin, route.linked), "to_origin": (route.linked, route.origin)}
        for direction, (source, target) in ends.items():
            words: Mapping[str, str] = getattr(route.status, direction)
            for key, wish in words.items():
                here = (*at, direction, key)
                _near_kind(review, here, key, statuses.get(source, ()), of_key=True)
                _near_kind(review, here, wish, statuses.get(target, ()))
            _publicity(review, ("routes", route_name, "comments", direction), route, source, target)
        customs = route.fields.of(CUSTOM)
        for position, custom in enumerate(customs):
            _label(review, ("routes", route_name, "fields", "custom", position), custom)
    return review


def _overlaps(review: Review, document: Document) -> None:
    """Warn of overlapping intervals of one date, usually a typo."""
    for calendar in document.keys(("calendars",)):
        data = document.value(("calendars", calendar))
        for place, other in overlaps(data) if isinstance(data, Mapping) else ():
            review.report(("calendars", calendar), f"{place} overlaps {other}; the overlap is counted once")


def _label(review: Review, at: Path, custom: CustomFieldSync) -> None:
    """Warn of a field that agents would know only by numbers."""
    if custom.label is None and any(_NUMBERED.fullmatch(field) for field in (custom.origin, custom.linked)):
        review.report(
            at,
            f"agents will read {name(f'{custom.origin} / {custom.linked}')} in notes about this field; a `label` gives it a name",
        )


def _publicity(review: Review, at: Path, route: RouteSettings, source: str, target: str) -> None:
    """Warn of a direction that publishes comments to customers without review."""
    rule: CommentSync = getattr(route.comments, str(at[-1]))
    if rule.write is not Visibility.PUBLIC or rule.take is Take.NONE:
        return
    files = "" if route.attachments is False else ", and its files"
    review.report(
        (*at, "write"),
        f"customers will read at {name(target)} what everybody can read at {name(source)}{files}, as soon as it is written there; "
        "what is private there stays private. `private` makes it internal notes",
    )


def _near_kind(
    review: Review, at: Path, word: str, statuses: tuple[Status, ...], *, of_key: bool = False
) -> None:
    """Warn of a word that resembles a kind, unless the account has a status of that name."""
    written_alike = word.casefold().replace("-", "_").replace(" ", "_")
    if word in (KEEP, ASK, *KINDS) or word != word.casefold() or any(shows(one, word) for one in statuses):
        return
    near = get_close_matches(written_alike, KINDS, n=1, cutoff=_NEAR)
    if near and word.casefold() not in KINDS:
        review.report(
            at,
            f"{name(word)} is taken for the name of a status; did you mean the kind {name(near[0])}?",
            of_key=of_key,
        )
