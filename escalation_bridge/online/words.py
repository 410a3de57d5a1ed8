"""Check every status, group, project and field that a configuration names against the accounts."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from escalation_bridge.config.closing import CLOSED
from escalation_bridge.config.hints import KINDS
from escalation_bridge.config.routes import ASK, KEEP, RouteSettings, StatusSync
from escalation_bridge.configfile import Document, Path, Review
from escalation_bridge.configfile.findings import list_names, name, suggest
from escalation_bridge.domain.routes.routes import StatusMap, shows
from escalation_bridge.domain.routes.sides import Side, Unmapped
from escalation_bridge.domain.tickets.conditions import CUSTOM
from escalation_bridge.online.accounts import Accounts
from escalation_bridge.online.fields import check_fields
from escalation_bridge.plugin.accounts import AccountDescription, DraftDescription

_WHOLE = ("is", "is_not")
_GROUPS = ("all", "any", "none")


def check_words(
    document: Document,
    routes: Mapping[str, RouteSettings],
    accounts: Accounts,
    problems: Review,
    warnings: Review,
) -> None:
    """Check the names in routes and conditions. A certain error is a problem, a possible one a warning."""
    for route_name, route in routes.items():
        at: Path = ("routes", route_name)
        origin, linked = (accounts.described.get(one) for one in (route.origin, route.linked))
        if origin is not None:
            if route.handed_on_status is not None:
                _wish(problems, (*at, "handed_on_status"), route.handed_on_status, route.origin, origin)
            _unmapped(warnings, (*at, "status", "to_linked"), route.status.to_linked, route.origin, origin)
        draft = accounts.drafts.get(route_name)
        if linked is not None:
            _create(problems, (*at, "create"), route.create, route.linked, linked)
            if draft is None or not draft.statuses:  # else `check_drafts` knows better which of them matter
                _unmapped(
                    warnings, (*at, "status", "to_origin"), route.status.to_origin, route.linked, linked
                )
        check_fields(
            at, route, {Side.ORIGIN: origin, Side.LINKED: _of_drafts(linked, draft)}, problems, warnings
        )
        for direction, source, target in (("to_linked", origin, linked), ("to_origin", linked, origin)):
            ends = (route.origin, route.linked) if direction == "to_linked" else (route.linked, route.origin)
            for key, wish in getattr(route.status, direction).items():
                here = (*at, "status", direction, key)
                if source is not None and key.casefold() not in KINDS:
                    _status(problems, here, key, ends[0], source, of_key=True)
                if target is not None and wish not in (KEEP, ASK):
                    _wish(problems, here, wish, ends[1], target)
            if source is not None:
                _named_twice(problems, (*at, "status", direction), route.status, ends[0], source)
        reopen = route.status.reopen
        for key, word, connection, account in (
            ("linked_status", reopen.linked_status, route.linked, linked),
            ("origin_status", reopen.origin_status, route.origin, origin),
        ):
            if word is not None and account is not None:
                _wish(problems, (*at, "status", "reopen", key), word, connection, account)
    _check_closing(document, accounts, problems)
    origins = {route.origin for route in routes.values()}
    # A name may be that of an account that did not answer.
    if origins and origins <= set(accounts.described):
        _conditions(document, [accounts.described[each] for each in sorted(origins)], problems)


def _check_closing(document: Document, accounts: Accounts, problems: Review) -> None:
    """Check the statuses that solved tickets are to get."""
    for connection in document.keys(("close_solved",)):
        account = accounts.described.get(connection)
        at: Path = ("close_solved", connection)
        written = document.value((*at, "status"))
        if account is not None:
            where = (*at, "status") if written is not None else at
            _status(problems, where, str(written or CLOSED), connection, account)


def _of_drafts(
    account: AccountDescription | None, draft: DraftDescription | None
) -> AccountDescription | None:
    """The account, with the fields of the tickets that the route creates there, if it lists them."""
    return replace(account, fields=draft.fields) if account and draft and draft.fields else account


def _status(
    review: Review, at: Path, word: str, connection: str, account: AccountDescription, *, of_key: bool = False
) -> None:
    if any(shows(status, word) for status in account.statuses):
        return
    names = [status.name for status in account.statuses]
    if word.casefold() in KINDS:
        review.report(
            at,
            f"{connection} has no status of the kind {name(word)}; write the name of one that it has: {list_names(names)}",
            of_key=of_key,
        )
    else:
        review.report_unknown(at, f"status of {connection}", names, of_key=of_key)


def _wish(review: Review, at: Path, word: str, connection: str, account: AccountDescription) -> None:
    """Check a status that tickets are to get."""
    _status(review, at, word, connection, account)
    fitting = [status for status in account.statuses if shows(status, word)]
    if fitting and all(status.id in account.never_set for status in fitting):
        review.report(
            at,
            f"no ticket of {connection} can be set to {name(word)}: tickets only get there by themselves. "
            "Write another status, or `keep` to change nothing",
        )


def _named_twice(
    review: Review, at: Path, status: StatusSync, connection: str, account: AccountDescription
) -> None:
    """Report a status that is named by id and by name with different meanings, which is ambiguous."""
    words: Mapping[str, str] = getattr(status, str(at[-1]))
    for one in account.statuses:
        keys = [key for key in words if key.casefold() in (one.id.casefold(), one.name.casefold())]
        if len(keys) > 1 and len({words[key].casefold() for key in keys}) > 1:
            review.report(
                (*at, keys[-1]),
                f"{list_names(keys)} are the same status of {connection}, and are to become different ones; leave one out",
                of_key=True,
            )


def _unmapped(
    review: Review, at: Path, words: Mapping[str, str], connection: str, account: AccountDescription
) -> None:
    known = StatusMap(dict(words))
    left_out = [status.name for status in account.statuses if known.wish(status) is Unmapped.UNMAPPED]
    if words and left_out:
        review.report(
            at,
            f"{connection} has statuses that are not listed: {list_names(left_out)}. A ticket that gets there is held; "
            "list them, with `keep` where they change nothing",
            of_key=True,
        )


def _create(
    review: Review, at: Path, wanted: Mapping[str, object], connection: str, account: AccountDescription
) -> None:
    """Check the fields that a route gives to every linked ticket, as far as the account lists them."""
    known: dict[str, Collection[str]] = {
        "project": account.projects,
        "group": [word for group in account.groups for word in (group.name, group.id)],
        "status": [
            word for status in account.statuses for word in (status.name, status.id, status.kind.value)
        ],
    }
    fields = {word: one for one in account.fields for word in (one.id, one.name) if one.allowed_values}
    for key, value in wanted.items():
        allowed = known.get(key) or (fields[key].allowed_values if key in fields else ())
        if not allowed or not isinstance(value, str):
            continue
        if value.casefold() not in {one.casefold() for one in allowed}:
            review.report_unknown((*at, key), f"{key} of {connection}", allowed)


def _conditions(document: Document, accounts: list[AccountDescription], review: Review) -> None:
    """Check statuses, groups and fields in conditions: at least one account where cases begin has to have them."""
    known = {
        "status": [word for one in accounts for status in one.statuses for word in (status.name, status.id)],
        "group": [word for one in accounts for group in one.groups for word in (group.name, group.id)],
    }
    fields = {one.id: one.name for account in accounts for one in account.fields}
    for field, at, values in _tests(document):
        if field.startswith(CUSTOM):
            key = field.removeprefix(CUSTOM)
            if fields and key not in fields:
                ids = [f"{CUSTOM}{one}" for one in fields]
                named = [one for one in ids if fields[one.removeprefix(CUSTOM)].casefold() == key.casefold()]
                near = (
                    f"; it is tested by its id, {list_names(named)};" if named else suggest(field, ids) or ";"
                )
                review.report(
                    at,
                    f"no account where cases begin has a field {name(key)}{near} known: {list_names(ids)}",
                    of_key=True,
                )
        elif known.get(field):
            for value in values:
                if value.casefold() not in {one.casefold() for one in known[field]}:
                    review.report(
                        at,
                        f"no account where cases begin has the {field} {name(value)}"
                        f"{suggest(value, known[field]) or ';'} known: {list_names(known[field])}",
                    )


def _tests(document: Document) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    """Every tested field, with its place and the whole values that it is compared with."""
    for policy in (*document.below(("policies",)), *document.below(("contracts",))):
        places = [(*policy, "when"), *((*step, "if") for step in document.below((*policy, "ladder")))]
        for when in places:
            yield from _tests_in(document, when)


def _tests_in(document: Document, when: Path) -> Iterator[tuple[str, Path, tuple[str, ...]]]:
    keys = document.keys(when)
    if not set(keys) & set(_GROUPS):
        for key in keys:
            yield key, (*when, key), _texts(document.value((*when, key)))
        return
    for group in _GROUPS:
        for test in document.below((*when, group)):
            field = str(document.value((*test, "field")))
            values = [value for each in _WHOLE for value in _texts(document.value((*test, each)))]
            yield field, (*test, "field"), tuple(values)


def _texts(value: object) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else () if value is None else (value,)
    return tuple(str(one) for one in values)
