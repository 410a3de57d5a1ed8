"""What all pages have in common: the signed link, the language, and how a page looks.

Mail scanners open every link in a message, some in a browser with scripts. So GET never changes anything, and what is to be done
takes a button.
"""

from collections.abc import Callable
from importlib import resources
from typing import Any

import structlog
from flask import Blueprint, Response, abort, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from escalation_bridge.bridge import Bridge
from escalation_bridge.messages.catalogue import LANGUAGES, phrase
from escalation_bridge.messages.signed_links import LinkExpired, LinkInvalid

_log = structlog.get_logger(__name__)

_HEADERS = {
    # Nothing is loaded from elsewhere, and nothing runs.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
LARGEST_FORM = 64 * 1024
"""Bytes of a form: more is no person's answer."""


def pages_of(bridge: Bridge, *kinds: Callable[[Blueprint, Bridge], None]) -> Blueprint:
    """The pages of a bridge.

    Args:
        bridge: The bridge.
        kinds: Each adds one kind of page.
    """
    pages = Blueprint("pages", __name__, template_folder="templates")
    style = resources.files(__package__).joinpath("pages.css").read_text(encoding="utf-8")

    @pages.before_request
    def limit() -> None:
        request.max_content_length = LARGEST_FORM

    @pages.get("/pages.css")
    def sheet() -> Response:
        return Response(style, content_type="text/css; charset=utf-8")

    @pages.after_request
    def guarded(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @pages.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Response:
        language = _of_browser(bridge.language)
        code = {404: "invalid", 410: "expired", 413: "too_large"}.get(error.code or 500, "invalid")
        return show("message", language, error.code or 500, title=code, text=f"{code}_text")

    @pages.errorhandler(Exception)
    def broken(_error: Exception) -> Response:
        _log.exception("page.failed")
        return show("message", _of_browser(bridge.language), 503, title="broken", text="broken_text")

    for add in kinds:
        add(pages, bridge)
    return pages


def facts_of(bridge: Bridge, page: str, token: str) -> dict[str, str]:
    """The facts of a signed link; otherwise the request ends with a page that says why."""
    try:
        return bridge.links.read(page, token, bridge.now())
    except LinkExpired:
        abort(410)
    except LinkInvalid:
        abort(404)


def language_of(bridge: Bridge, facts: dict[str, str]) -> str:
    """The language of a page: that of the message with the link, else the browser's."""
    known = facts.get("language", "")
    return known if known in LANGUAGES else _of_browser(bridge.language)


def _of_browser(otherwise: str) -> str:
    """The first language of the browser that there are texts in. Its regions are ignored: id-ID is id."""
    wanted = (each.partition("-")[0] for each in request.accept_languages.values())
    return next((each for each in wanted if each in LANGUAGES), otherwise)


def show(template: str, language: str, status: int = 200, **values: Any) -> Response:
    """A page.

    Args:
        template: The name of the file in `templates`.
        language: The language of its texts, which are in the section `page` of the message catalogues.
        status: The HTTP status.
        values: What the template needs.
    """

    def text(name: str, **facts: object) -> str:
        return phrase("page", name, language, **facts)

    return make_response(render_template(f"{template}.html", language=language, say=text, **values), status)
