"""From tokens to the tree of a query."""

from dataclasses import dataclass

from escalation_bridge_sandbox.jira.jql.tokens import RESERVED_WORDS, JqlError, Kind, Token, tokens_of

VALID_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"


@dataclass(frozen=True)
class Value:
    """One value; quoted or not makes no difference to what it means."""

    text: str


@dataclass(frozen=True)
class Call:
    """A function with its arguments."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Empty:
    """EMPTY or NULL."""


Single = Value | Call | Empty
Operand = Single | tuple[Single, ...]


@dataclass(frozen=True)
class Clause:
    """`operator` is in lower case: `=`, `not in`, `is`, ..."""

    field: str
    operator: str
    operand: Operand


@dataclass(frozen=True)
class Not:
    part: "Condition"


@dataclass(frozen=True)
class AllOf:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class AnyOf:
    parts: tuple["Condition", ...]


Condition = Clause | Not | AllOf | AnyOf


@dataclass(frozen=True)
class Sorting:
    field: str
    descending: bool | None


@dataclass(frozen=True)
class Query:
    """`where` is None for a query without a restriction."""

    where: Condition | None
    order: tuple[Sorting, ...]


def parse(query: str) -> Query:
    """Read a query.

    Raises:
        JqlError: With what Jira says about it.
    """
    return _Parser(tokens_of(query)).query()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        if token.kind is not Kind.END:
            self._at += 1
        return token

    def _take_word(self, *words: str) -> bool:
        if self._next.is_word(*words):
            self._at += 1
            return True
        return False

    def _take_kind(self, kind: Kind) -> bool:
        if self._next.kind is kind:
            self._at += 1
            return True
        return False

    def query(self) -> Query:
        where = None
        if self._next.kind is not Kind.END and not self._next.is_word("order"):
            where = self._either()
        order = self._order() if self._take_word("order") else ()
        if self._next.kind is not Kind.END:
            token = self._next
            raise JqlError(
                f"Error in the JQL Query: Expecting either 'OR' or 'AND' but got '{token.text}'. {token.place}"
            )
        return Query(where, order)

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take_word("or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._negatable()]
        while self._take_word("and"):
            parts.append(self._negatable())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _negatable(self) -> Condition:
        if self._take_word("not"):
            return Not(self._negatable())
        if self._next.kind is Kind.OPEN:
            self._take()
            inner = self._either()
            if self._take().kind is not Kind.CLOSE:
                raise JqlError("Error in the JQL Query: Expecting ')' before the end of the query.")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        field = self._take()
        if field.kind is Kind.END:
            raise JqlError("Error in the JQL Query: Expecting a field name at the end of the query.")
        if field.kind not in (Kind.WORD, Kind.STRING) or (
            field.kind is Kind.WORD and field.text.lower() in RESERVED_WORDS
        ):
            raise JqlError(
                f"Error in the JQL Query: Expecting a field name but got '{field.text}'. You must surround "
                f"'{field.text}' in quotation marks to use it as a field name. {field.place}"
            )
        operator = self._operator()
        return Clause(field.text, operator, self._operand(operator))

    def _operator(self) -> str:
        token = self._take()
        if token.kind is Kind.OPERATOR:
            return token.text
        if token.is_word("in"):
            return "in"
        if token.is_word("is"):
            return "is not" if self._take_word("not") else "is"
        if token.is_word("not"):
            if self._take_word("in"):
                return "not in"
            token = self._next
        if token.is_word("was", "changed"):
            raise JqlError(f"The sandbox does not search the history: operator '{token.text}'. {token.place}")
        if token.kind is Kind.END:
            raise JqlError(
                "Error in the JQL Query: Expecting operator before the end of the query. "
                f"The valid operators are {VALID_OPERATORS}."
            )
        raise JqlError(
            f"Error in the JQL Query: Expecting operator but got '{token.text}'. "
            f"The valid operators are {VALID_OPERATORS}. {token.place}"
        )

    def _operand(self, operator: str) -> Operand:
        if self._next.kind is not Kind.OPEN:
            operand = self._single()
            if operator in ("in", "not in") and not isinstance(operand, Call):
                raise JqlError(
                    f"Error in the JQL Query: Expecting '(' before the values of operator '{operator.upper()}'."
                )
            return operand
        self._take()
        items = [self._single()]
        while self._take_kind(Kind.COMMA):
            items.append(self._single())
        closing = self._take()
        if closing.kind is not Kind.CLOSE:
            raise JqlError(f"Error in the JQL Query: Expecting ')' but got '{closing.text}'. {closing.place}")
        return tuple(items)

    def _single(self) -> Single:
        token = self._take()
        if token.kind is Kind.END:
            raise JqlError(
                "Error in the JQL Query: Expecting either a value, list or function before the end of the query."
            )
        if token.is_word("empty", "null"):
            return Empty()
        if token.kind is Kind.WORD and token.text.lower() in RESERVED_WORDS:
            raise JqlError(
                f"Error in JQL Query: Expecting either a value, list or function but got '{token.text}'. You must "
                f"surround '{token.text}' in quotation marks to use it as a value. {token.place}"
            )
        if token.kind not in (Kind.WORD, Kind.STRING):
            raise JqlError(
                f"Error in JQL Query: Expecting either a value, list or function but got '{token.text}'. {token.place}"
            )
        if token.kind is Kind.WORD and self._next.kind is Kind.OPEN:
            return self._call(token.text)
        return Value(token.text)

    def _call(self, name: str) -> Call:
        self._take()
        arguments: list[str] = []
        while self._next.kind is not Kind.CLOSE:
            token = self._take()
            if token.kind is Kind.END:
                raise JqlError(f"Error in the JQL Query: Expecting ')' after the arguments of '{name}'.")
            if token.kind is not Kind.COMMA:
                arguments.append(token.text)
        self._take()
        return Call(name, tuple(arguments))

    def _order(self) -> tuple[Sorting, ...]:
        if not self._take_word("by"):
            raise JqlError(
                f"Error in the JQL Query: Expecting 'by' but got '{self._next.text}'. {self._next.place}"
            )
        sortings = [self._sorting()]
        while self._take_kind(Kind.COMMA):
            sortings.append(self._sorting())
        return tuple(sortings)

    def _sorting(self) -> Sorting:
        field = self._take()
        if field.kind not in (Kind.WORD, Kind.STRING):
            raise JqlError(
                "Error in the JQL Query: Expecting a field name to sort by before the end of the query."
            )
        if self._take_word("desc"):
            return Sorting(field.text, descending=True)
        return Sorting(field.text, descending=False if self._take_word("asc") else None)
