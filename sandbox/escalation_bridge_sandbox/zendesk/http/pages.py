"""Lists in pages: by cursor (`page[size]`, `page[after]`) or by offset (`page`, `per_page`)."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import flask

from escalation_bridge_sandbox.zendesk.state.errors import ApiError
from escalation_bridge_sandbox.zendesk.state.records import Json

T = TypeVar("T")
Key = Callable[[T], tuple[Any, ...]]

DEFAULT_SIZE = 100
LARGEST_SIZE = 100
DEEPEST_OFFSET = 10_000


def wants_cursor() -> bool:
    return any(name in flask.request.args for name in ("page[size]", "page[after]", "page[before]"))


def paged(
    name: str,
    items: Sequence[T],
    key: Key[T],
    show: Callable[[T], Json],
    *,
    descending: bool = False,
    largest: int = LARGEST_SIZE,
    always_cursor: bool = False,
) -> Json:
    """One page of `items` as the request wants it.

    Args:
        name: The key of the list in the answer.
        items: In any order.
        key: What is sorted by; unique, so that a cursor stands between two items even when others come.
        show: From an item to its JSON.
        descending: Greatest key first.
        largest: The greatest size of a page.
        always_cursor: Whether offsets are not offered at all.
    """
    in_order = sorted(items, key=key, reverse=descending)
    if always_cursor or wants_cursor():
        return _cursor_page(name, in_order, key, show, descending=descending, largest=largest)
    return _offset_page(name, in_order, show, largest)


def _cursor_page(
    name: str, items: list[T], key: Key[T], show: Callable[[T], Json], *, descending: bool, largest: int
) -> Json:
    size = _size(largest)
    after, before = flask.request.args.get("page[after]"), flask.request.args.get("page[before]")
    if after:
        start = sum(not _is_behind(key(item), decode(after), descending=descending) for item in items)
        chosen = items[start : start + size]
        has_more = start + size < len(items)
    elif before:
        mark = decode(before)
        end = sum(_is_behind(mark, key(item), descending=descending) for item in items)
        chosen = items[max(0, end - size) : end]
        has_more = end > size
    else:
        chosen, has_more = items[:size], size < len(items)
    first = encode(key(chosen[0])) if chosen else None
    last = encode(key(chosen[-1])) if chosen else None
    return {
        name: [show(item) for item in chosen],
        "meta": {"has_more": has_more, "after_cursor": last, "before_cursor": first},
        # Recorded answers link on even where there is nothing more; `has_more` is what counts.
        "links": {
            "prev": first and _link({"page[before]": first, "page[size]": size}),
            "next": last and _link({"page[after]": last, "page[size]": size}),
        },
    }


def _is_behind(key: tuple[Any, ...], mark: tuple[Any, ...], *, descending: bool) -> bool:
    return key < mark if descending else key > mark


def _offset_page(name: str, items: list[T], show: Callable[[T], Json], largest: int) -> Json:
    page, size = _positive("page", 1), min(_positive("per_page", DEFAULT_SIZE), largest)
    start = (page - 1) * size
    if start >= DEEPEST_OFFSET:
        raise _bad_page("InvalidPaginationDepth", "Limit of 10000 records reached. Use cursor pagination.")
    return {
        name: [show(item) for item in items[start : start + size]],
        "next_page": _link({"page": page + 1, "per_page": size}) if start + size < len(items) else None,
        "previous_page": _link({"page": page - 1, "per_page": size}) if page > 1 else None,
        "count": len(items),
    }


def _size(largest: int) -> int:
    text = flask.request.args.get("page[size]", str(min(DEFAULT_SIZE, largest)))
    if not text.isdigit() or not 1 <= int(text) <= largest:
        raise _bad_page(
            "InvalidPaginationParameter", f"page[size] must be an integer between 1 and {largest}"
        )
    return int(text)


def _positive(name: str, default: int) -> int:
    text = flask.request.args.get(name, str(default))
    if not text.isdigit() or int(text) < 1:
        raise _bad_page("InvalidPaginationParameter", f"{name} must be a positive integer")
    return int(text)


def _bad_page(code: str, detail: str) -> ApiError:
    return ApiError(400, {"errors": [{"code": code, "title": code, "detail": detail}]})


def _link(changed: dict[str, str | int]) -> str:
    kept = {
        name: value
        for name, value in flask.request.args.items(multi=True)
        if name not in ("page", "per_page", "page[size]", "page[after]", "page[before]")
    }
    return f"{flask.request.base_url}?{urlencode(kept | changed)}"


def encode(key: tuple[Any, ...]) -> str:
    return base64.b64encode(json.dumps({"v": key}).encode()).decode()


def decode(cursor: str) -> tuple[Any, ...]:
    """The key in a cursor.

    Raises:
        ApiError: 400, when it is not one of ours.
    """
    try:
        return tuple(json.loads(base64.b64decode(cursor, validate=True))["v"])
    except (binascii.Error, ValueError, KeyError, TypeError) as problem:
        raise _bad_page("InvalidPaginationParameter", "page[after] is not valid") from problem
