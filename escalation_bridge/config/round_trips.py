"""Statuses that would come back as another one.

Both tickets would change each other in a loop: A becomes B, B comes back as C, C becomes D.
"""

from collections.abc import Iterator, Mapping

from escalation_bridge.config.hints import KINDS, Statuses
from escalation_bridge.config.routes import ASK, KEEP, RouteSettings, StatusSync
from escalation_bridge.configfile import Path, Review
from escalation_bridge.configfile.findings import name
from escalation_bridge.domain.routes.routes import shows
from escalation_bridge.domain.tickets.tickets import Status


def check_round_trips(review: Review, at: Path, route: RouteSettings, statuses: Statuses) -> None:
    """Refuse a status that is copied and comes back as another one, unless `one_way` declares it.

    Args:
        review: Where findings go.
        at: The route's `status`.
        route: The route.
        statuses: Statuses of the accounts; without them, only what the words alone show is refused.
    """
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


def check_keys(review: Review, at: Path, status: StatusSync) -> None:
    """Refuse a status that a map has twice, and a `one_way` status that no map has."""
    for direction, words in (("to_linked", status.to_linked), ("to_origin", status.to_origin)):
        seen: dict[str, str] = {}
        for key in words:
            other = seen.setdefault(key.casefold(), key)
            if other != key:
                message = f"{name(other)} is there already; upper and lower case make no difference"
                review.report((*at, direction, key), message, of_key=True)
    known = (*status.to_linked, *status.to_origin)
    for position, word in enumerate(status.one_way):
        if word.casefold() not in {key.casefold() for key in known}:
            review.report_unknown((*at, "one_way", position), "status of the two maps", known)


def _answers(wish: str, back_words: Mapping[str, str], statuses: tuple[Status, ...]) -> Iterator[str]:
    """What the other map does with the status that `wish` leads to, as far as it is known."""
    folded = {word.casefold(): back for word, back in back_words.items()}
    reached = next((one for one in statuses if shows(one, wish)), None)
    words = (reached.id, reached.name, reached.kind.value) if reached else (wish,)
    yield from [folded[word.casefold()] for word in words if word.casefold() in folded][:1]


def _may_be_the_same(key: str, back: str, statuses: tuple[Status, ...]) -> bool:
    """Whether the status that comes back may be the original one; False only if it certainly is not."""
    if key.casefold() == back.casefold():
        return True
    begun = [one for one in statuses if shows(one, key)]
    come = [one for one in statuses if shows(one, back)]
    if begun and come:
        return any(one in come for one in begun)
    # Without the account, a name may have any kind, and a number may be the id of any name.
    return _form(key) != _form(back)


def _form(word: str) -> str:
    if word.casefold() in KINDS:
        return "kind"
    return "id" if word.isdecimal() else "name"
