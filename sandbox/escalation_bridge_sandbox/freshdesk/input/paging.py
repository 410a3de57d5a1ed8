"""Pages of a list, and the `Link` header to the next one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import flask

from escalation_bridge_sandbox.freshdesk.input.problems import (
    FieldProblem,
    Invalid,
    invalid_value,
    it_should_be,
)

PER_PAGE = 30
MOST_PER_PAGE = 100
PAGE_PARAMS = ("page", "per_page")

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page:
    number: int
    size: int

    def slice(self, items: Sequence[Item]) -> Sequence[Item]:
        start = (self.number - 1) * self.size
        return items[start : start + self.size]

    def is_last(self, count: int) -> bool:
        return self.number * self.size >= count


def read_page(params: Mapping[str, str], *, size: int | None = None, last_page: int | None = None) -> Page:
    """The page that is asked for.

    Raises:
        Invalid: Naming `page` or `per_page`.
    """
    problems: list[FieldProblem] = []
    number = _positive(params.get("page", "1"))
    if number is None:
        problems.append(FieldProblem("page", it_should_be("Positive Integer"), "datatype_mismatch"))
    elif last_page is not None and number > last_page:
        problems.append(_beyond(last_page))
    per_page = _positive(params.get("per_page", str(size or PER_PAGE)))
    if per_page is None or per_page > MOST_PER_PAGE:
        problems.append(
            invalid_value(
                "per_page", f"It should be a Positive Integer less than or equal to {MOST_PER_PAGE}"
            )
        )
    if problems or number is None or per_page is None:
        raise Invalid(problems)
    return Page(number, per_page)


def paged_response(
    items: Sequence[Item],
    page: Page,
    shape: Callable[[Item], Mapping[str, Any]],
    base_url: str,
    last_page: int | None = None,
) -> flask.Response:
    """The items of a page in their JSON form, with a link if there is a next page."""
    response = flask.jsonify([shape(item) for item in page.slice(items)])
    if not page.is_last(len(items)) and page.number != last_page:
        query = urlencode({**flask.request.args.to_dict(), "page": page.number + 1})
        response.headers["Link"] = f'<{base_url}{flask.request.path}?{query}>; rel="next"'
    return response


def _positive(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else None


def _beyond(last_page: int) -> FieldProblem:
    # Wording not verified.
    return invalid_value(
        "page",
        f"You cannot access records beyond page {last_page}. Please provide a smaller page number.",
    )
