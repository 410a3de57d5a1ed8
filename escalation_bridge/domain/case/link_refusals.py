"""Why two tickets cannot be linked."""

from enum import StrEnum


class LinkRefusal(StrEnum):
    """Why two tickets are not linked; each is also a word of the message catalogue."""

    UNKNOWN_ROUTE = "link_unknown_route"
    OTHER_CONNECTION = "link_other_connection"
    NOT_FOUND = "link_not_found"
    GONE = "link_gone"
    SAME_TICKET = "link_same_ticket"
    ALREADY_LINKED = "link_already_there"
    CIRCLE = "link_circle"
    SECOND_WAY = "link_second_way"
    NOT_LINKED = "link_not_there"
