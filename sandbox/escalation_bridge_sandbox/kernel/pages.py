"""Plain pages for people where links to tickets point: what the stand-in knows of a ticket, to be read in a browser."""

from collections.abc import Iterable
from dataclasses import dataclass

import flask
from markupsafe import Markup, escape


@dataclass(frozen=True)
class Entry:
    """A description or a comment of a ticket.

    Attributes:
        markup: Safe to be shown as HTML where it is a `Markup`; else it is shown as plain text.
    """

    author: str
    at: str
    public: bool
    markup: str


def ticket_page(title: str, facts: Iterable[tuple[str, object]], entries: Iterable[Entry]) -> flask.Response:
    """A ticket with its fields and comments. No script, and nothing from elsewhere."""
    rows = Markup("").join(
        Markup("<tr><th>{}</th><td>{}</td></tr>").format(name, "" if value is None else value)
        for name, value in facts
    )
    talk = Markup("").join(
        Markup(
            "<section><h2>{} <small>{}, {}</small></h2><div style='white-space:pre-wrap'>{}</div></section>"
        ).format(each.author, each.at, "public" if each.public else "private", escape(each.markup))
        for each in entries
    )
    page = Markup(
        "<!doctype html><html lang='en'><meta charset='utf-8'><title>{title}</title><body><h1>{title}</h1>"
        "<table>{rows}</table>{talk}<p><em>A stand-in, not the vendor.</em></p></body></html>"
    ).format(title=title, rows=rows, talk=talk)
    response = flask.Response(str(page), mimetype="text/html")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def no_such_ticket() -> flask.Response:
    return flask.Response("<!doctype html><p>There is no such ticket.</p>", 404, mimetype="text/html")
