"""From the characters of a query to its tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

OPERATORS = frozenset({"=", "!=", "~", "!~", "<", "<=", ">", ">="})
RESERVED_CHARACTERS = frozenset("+;?*/%^$#@{}[]\\")
# Words that a value may not be, unless it is quoted (Atlassian's list of reserved words).
RESERVED_WORDS = frozenset(
    """
    abort access add after alias all alter and any are as asc at audit avg be before begin between boolean break
    but by byte catch cf char character check checkpoint collate collation column commit connect continue count
    create current date decimal declare decrement default defaults define delete delimiter desc difference distinct
    divide do double drop else empty encoding end equals escape exclusive exec execute exists explain false fetch
    file field first float for from function go goto grant greater group having identified if immediate in increment
    index initial inner inout input insert int integer intersect intersection into is isempty isnull it join last
    left less like limit lock long max min minus mode modify modulo more multiply next no noaudit not notin nowait
    null number object of on option or order outer output power previous prior privileges public raise raw remainder
    rename resource return returns revoke right row rowid rownum rows select session set share size sqrt start strict
    string subtract such sum synonym table that the their then there these they this to trans transaction trigger
    true uid union unique update user validate values view was when whenever where while will with
    """.split()
)
FIELD_WITH_BRACKETS = re.compile(r"""(?:cf\[\d+\]|issue\.property\[[^\]\s]+\](?:\.[\w.]+)?)""", re.IGNORECASE)
WORD = re.compile(r"""[^\s=!<>~(),&|"']+""")
OPERATOR = re.compile(r"!=|!~|<=|>=|=|~|<|>")
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class JqlError(Exception):
    """A query that Jira refuses, with all of its complaints."""

    def __init__(self, *messages: str) -> None:
        super().__init__(*messages)
        self.messages = list(messages)


class Kind(Enum):
    WORD = auto()
    STRING = auto()
    OPERATOR = auto()
    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    END = auto()


@dataclass(frozen=True)
class Token:
    """A token and where it stands, counted from 1."""

    kind: Kind
    text: str
    line: int
    character: int

    @property
    def place(self) -> str:
        return f"(line {self.line}, character {self.character})"

    def is_word(self, *words: str) -> bool:
        return self.kind is Kind.WORD and self.text.lower() in words


def tokens_of(query: str) -> list[Token]:
    """All tokens, with one of kind END behind them.

    Raises:
        JqlError: A quotation is not closed, or a character must be quoted.
    """
    return list(_tokens(query))


def _tokens(query: str) -> Iterator[Token]:
    at = 0
    while at < len(query):
        character = query[at]
        line = query.count("\n", 0, at) + 1
        column = at - query.rfind("\n", 0, at)
        if character.isspace():
            at += 1
        elif character in "\"'":
            text, at = _string(query, at, line, column)
            yield Token(Kind.STRING, text, line, column)
        elif found := OPERATOR.match(query, at):
            yield Token(Kind.OPERATOR, found[0], line, column)
            at = found.end()
        elif character in "(),":
            kind = {"(": Kind.OPEN, ")": Kind.CLOSE, ",": Kind.COMMA}[character]
            yield Token(kind, character, line, column)
            at += 1
        elif character in "&|!":
            word = {"&": "AND", "|": "OR", "!": "NOT"}[character]
            yield Token(Kind.WORD, word, line, column)
            at += 2 if query[at : at + 2] in ("&&", "||") else 1
        else:
            text = _word(query, at, line, column)
            yield Token(Kind.WORD, text, line, column)
            at += len(text)
    yield Token(Kind.END, "", query.count("\n") + 1, len(query) - query.rfind("\n"))


def _string(query: str, start: int, line: int, column: int) -> tuple[str, int]:
    quote = query[start]
    text = ""
    at = start + 1
    while at < len(query):
        if query[at] == quote:
            return text, at + 1
        if query[at] == "\\" and at + 1 < len(query):
            at += 1
            text += ESCAPES.get(query[at], query[at])
        else:
            text += query[at]
        at += 1
    raise JqlError(
        f"Error in the JQL Query: The quoted string '{text}' has not been completed. "
        f"(line {line}, character {column})"
    )


def _word(query: str, at: int, line: int, column: int) -> str:
    if bracketed := FIELD_WITH_BRACKETS.match(query, at):
        return bracketed[0]
    found = WORD.match(query, at)
    text = found[0] if found else query[at]
    for offset, character in enumerate(text):
        if character in RESERVED_CHARACTERS:
            raise JqlError(
                f"Error in the JQL Query: The character '{character}' is a reserved JQL character. You must enclose "
                f"it in a string or use the escape '\\u{ord(character):04x}' instead. "
                f"(line {line}, character {column + offset})"
            )
    return text
