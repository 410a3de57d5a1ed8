"""Inline pictures that are files of the ticket, usually pasted screenshots.

Their addresses do not work for readers of the other helpdesk. The file is copied like any attachment, and the text names it.
"""

import html
from collections.abc import Callable

from escalation_bridge.text.markup import tokens


def named_images(markup: str, name_of: Callable[[str], str | None]) -> str:
    """Replace pictures that are files with the files' names in brackets.

    A name rather than an `img` without an address, which helpdesks and mail programs drop or show as a broken picture.

    Args:
        markup: HTML from a vendor, before it is sanitised.
        name_of: The name of the file at an address; None: it is no file of the ticket.
    """
    if "<img" not in markup.lower():
        return markup
    written: list[str] = []
    end = 0
    for token in tokens(markup):
        if token.name == "img" and not token.is_end:
            name = name_of(html.unescape(token.attributes.get("src", "")))
            if name is not None:
                written += markup[end : token.start], html.escape(f"[{name}]", quote=False)
                end = token.end
    return "".join((*written, markup[end:]))


def unique_name(name: str, identifier: str) -> str:
    """A file's name with its id: mail programs call every pasted picture `image001.png`, and a text has only the
    name.
    """
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{identifier}.{ending}" if dot and stem else f"{name}-{identifier}"
