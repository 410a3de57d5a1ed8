"""All errors of a document, collected over several validations and reported at once."""

from collections.abc import Collection
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from escalation_bridge.configfile.document import Document
from escalation_bridge.configfile.findings import (
    Finding,
    InvalidConfiguration,
    Path,
    list_names,
    name,
    nearest,
    one_line,
    suggest,
    write_path,
)
from escalation_bridge.configfile.hiding import hide
from escalation_bridge.configfile.locating import Spot
from escalation_bridge.configfile.shapes import alternatives
from escalation_bridge.configfile.translation import translate
from escalation_bridge.configfile.yamltree import Scalar, plain_data, scalars

T = TypeVar("T")


class Review:
    """Collects findings about a document.

    Several models may validate parts of it, for example each plugin its connections, and cross-checks may add
    what no model can see; `finish` raises if there are findings.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings = list(document.findings)

    def read(self, model: type[T], at: Path = ()) -> T | None:
        """Validate the value at a path.

        Args:
            model: A pydantic model, or any type that pydantic can validate.
            at: Its path in the document; by default the whole.

        Returns:
            None if it is invalid; the findings contain the reason.
        """
        node = self.document.node(at)
        try:
            return TypeAdapter(model).validate_python(None if node is None else plain_data(node))
        except ValidationError as error:
            start = Spot(at, node, alternatives(model), holder=self.document.nearest(at))
            self.findings += translate(error, start, self.document.file)
            return None

    def report(self, path: Path, message: str, *, of_key: bool = False) -> None:
        """Add a finding.

        Nothing is added about a value that could not be parsed: that is a finding already.

        Args:
            path: Its subject; the path need not exist.
            message: The error and the allowed values. Resolved references at and below the path are removed from it;
                it must not contain those of other paths.
            of_key: It concerns the key that the path ends with, not the value.
        """
        self._add(path, hide(message, Spot(path, self.document.node(path), (object,))), of_key=of_key)

    def report_in_text(self, path: Path, message: str) -> None:
        """Add a finding about a text that is no secret, although a file holds it: the message may quote the text."""
        self._add(path, one_line(message))

    def report_unknown(
        self,
        path: Path,
        kind: str,
        known: Collection[str],
        *,
        of_key: bool = False,
        section: str | None = None,
    ) -> None:
        """Report a value, or a key, that names something unknown, with the most similar known name.

        Args:
            path: The path of the name.
            kind: The kind of thing, for example "connection".
            known: The known names.
            of_key: The key at the end of the path is the name, not the value.
            section: The top-level key that declares such names. If that key itself is misspelled, nothing is added,
                because the name may be correct. Otherwise the message names the line of the most similar name.
        """
        if section is not None and self._is_mistyped(section):
            return
        node = self.document.node(path)
        if of_key:
            self._add(path, _unknown(kind, str(path[-1]), known), of_key=True)
        elif isinstance(node, Scalar) and node.source is None:
            self._add(
                path, _unknown(kind, node.text, known, self._line_in(section, nearest(node.text, known)))
            )
        else:
            named = node.source if isinstance(node, Scalar) else "this"
            self._add(path, f"{named} names no {kind}; known: {list_names(known)}")

    def _is_mistyped(self, section: str) -> bool:
        keys = self.document.keys(())
        return section not in keys and nearest(section, keys) is not None

    def _line_in(self, section: str | None, key: str | None) -> int | None:
        if section is None or key is None or key not in self.document.keys((section,)):
            return None
        place = self.document.key_place((section, key))
        return place[0]

    def _add(self, path: Path, message: str, *, of_key: bool = False) -> None:
        if not of_key and any(scalar.broken for scalar in scalars(self.document.node(path))):
            return
        place = self.document.key_place(path) if of_key else self.document.place(path)
        self.findings.append(Finding(self.document.file, place, write_path(path), message))

    def finish(self) -> None:
        """End the review.

        Raises:
            InvalidConfiguration: With all findings, in the file's order.
        """
        if self.findings:
            raise InvalidConfiguration(self.findings)


def _unknown(kind: str, wrong: str, known: Collection[str], line: int | None = None) -> str:
    hint = suggest(wrong, known)
    if hint and line is not None:
        hint = f"{hint.removesuffix('?')}, declared on line {line}?"
    return f"unknown {kind} {name(wrong)}{hint or ';'} known: {list_names(known)}"


def validate(document: Document, model: type[T], at: Path = ()) -> T:
    """Validate the value at a path, if a single validation is enough.

    Raises:
        InvalidConfiguration: It, or the document as a whole, has errors.
    """
    review = Review(document)
    valid = review.read(model, at)
    if valid is None or review.findings:
        raise InvalidConfiguration(review.findings)
    return valid
