"""What in a configuration is allowed, and probably not meant: told beside what is wrong, and stopping nothing."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from escalation_bridge.config_models import ASK, KEEP, RouteSettings
from escalation_bridge.configfile import Document, Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes import shows
from escalation_bridge.domain.tickets import Status, StatusKind

KINDS = tuple(kind.value for kind in StatusKind if kind is not StatusKind.UNKNOWN)
_NEAR = 0.8

Statuses = Mapping[str, tuple[Status, ...]]
"""The statuses of accounts, by connection, as far as they are known."""


def hint(document: Document, routes: Mapping[str, RouteSettings], statuses: Statuses) -> Review:
    """Look through the routes' status maps; what is found is in the review.

    Args:
        document: The file, without mistakes.
        routes: The routes that it has.
        statuses: What is known of the accounts; without it less can be told.
    """
    review = Review(document)
    for route_name, route in routes.items():
        at: Path = ("routes", route_name, "status")
        ends = {"to_linked": (route.origin, route.linked), "to_origin": (route.linked, route.origin)}
        for direction, (source, target) in ends.items():
            words: Mapping[str, str] = getattr(route.status, direction)
            for key, wish in words.items():
                here = (*at, direction, key)
                _near_kind(review, here, key, statuses.get(source, ()), of_key=True)
                _near_kind(review, here, wish, statuses.get(target, ()))
        _two_ways(review, at, route, statuses)
    return review


def _near_kind(
    review: Review, at: Path, word: str, statuses: tuple[Status, ...], *, of_key: bool = False
) -> None:
    """A word that is written like a kind and is none; unless the account has a status of that name."""
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


def _two_ways(review: Review, at: Path, route: RouteSettings, statuses: Statuses) -> None:
    """A status that is carried over and comes back as another one."""
    ways = (
        ("to_linked", route.status.to_linked, route.status.to_origin, route.origin, route.linked),
        ("to_origin", route.status.to_origin, route.status.to_linked, route.linked, route.origin),
    )
    meant = {word.casefold() for word in route.status.one_way}
    for direction, words, back_words, source, target in ways:
        for key, wish in words.items():
            if wish in (KEEP, ASK) or {key.casefold(), wish.casefold()} & meant:
                continue
            for back in _answers(wish, back_words, statuses.get(target, ())):
                if back not in (KEEP, ASK) and not _may_be_the_same(key, back, statuses.get(source, ())):
                    review.report(
                        (*at, direction, key),
                        f"{name(key)} becomes {name(wish)}, and {name(wish)} comes back as {name(back)}. If that is meant, "
                        f"add {name(key)} to `one_way` under `status`; `keep` on the way back changes nothing",
                        of_key=True,
                    )


def _answers(wish: str, back_words: Mapping[str, str], statuses: tuple[Status, ...]) -> Iterator[str]:
    """What the other map says to the status that `wish` leads to, as far as can be told."""
    folded = {word.casefold(): back for word, back in back_words.items()}
    reached = next((one for one in statuses if shows(one, wish)), None)
    words = (reached.id, reached.name, reached.kind.value) if reached else (wish,)
    yield from [folded[word.casefold()] for word in words if word.casefold() in folded][:1]


def _may_be_the_same(key: str, back: str, statuses: tuple[Status, ...]) -> bool:
    """Whether what comes back may be where it began; False only if it surely is not."""
    if key.casefold() == back.casefold():
        return True
    begun = [one for one in statuses if shows(one, key)]
    come = [one for one in statuses if shows(one, back)]
    if begun and come:
        return any(one in come for one in begun)
    # Without the account a name may be of any kind.
    return (key.casefold() in KINDS) != (back.casefold() in KINDS)
