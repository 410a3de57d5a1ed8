"""A parsed configuration file: its data, with the place of each value."""

import os
from collections.abc import Mapping as EnvironmentMapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from escalation_bridge.configfile.findings import Finding, InvalidConfiguration, Path, Place, write_path
from escalation_bridge.configfile.references import References
from escalation_bridge.configfile.yamlproblems import place_of_offset
from escalation_bridge.configfile.yamlreader import read_yaml
from escalation_bridge.configfile.yamltree import Mapping, Node, Scalar, Sequence, child, plain_data

_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Document:
    """A configuration file.

    Attributes:
        file: The file name as given by the user.
        root: The tree, with all references resolved.
        findings: Errors so far: duplicate keys, unresolved references.
    """

    file: str
    root: Mapping
    findings: tuple[Finding, ...] = ()

    def node(self, path: Path) -> Node | None:
        """Return the node at a path, or None."""
        node: Node | None = self.root
        for part in path:
            node = child(node, part)
        return node

    def value(self, path: Path) -> object:
        """Return the plain data at a path; None if there is none. References give `Resolved` texts."""
        node = self.node(path)
        return None if node is None else plain_data(node)

    def keys(self, path: Path = ()) -> tuple[str, ...]:
        """Return the keys at a path, in the file's order; none when there is no mapping."""
        node = self.node(path)
        return tuple(node.entries) if isinstance(node, Mapping) else ()

    def below(self, path: Path) -> tuple[Path, ...]:
        """Return the paths of the children: a list's items, a mapping's values; else none."""
        match self.node(path):
            case Sequence(items=items):
                return tuple((*path, at) for at in range(len(items)))
            case Mapping(entries=entries):
                return tuple((*path, key) for key in entries)
            case _:
                return ()

    def without(self, path: Path) -> "Document":
        """Return the document without a key, if it is there, and without the findings about it."""
        written = write_path(path)
        kept = tuple(each for each in self.findings if not each.path.startswith(written))
        return replace(self, root=_without(self.root, path), findings=kept)

    def nearest(self, path: Path) -> Node:
        """Return the node at a path, or its nearest ancestor."""
        while (node := self.node(path)) is None:
            path = path[:-1]
        return node

    def place(self, path: Path) -> Place:
        """Return the place of the value at a path, or of its nearest ancestor."""
        return self.nearest(path).place

    def key_place(self, path: Path) -> Place:
        """Return the place of the key that a path ends with, or of the nearest ancestor."""
        holder = self.node(path[:-1])
        if path and isinstance(holder, Mapping) and isinstance(path[-1], str) and path[-1] in holder.entries:
            return holder.entries[path[-1]].key_place
        return self.place(path)


def _without(node: Mapping, path: Path) -> Mapping:
    first, *rest = path
    entry = node.entries.get(first) if isinstance(first, str) else None
    if entry is None:
        return node
    entries = dict(node.entries)
    if not rest:
        del entries[str(first)]
    elif isinstance(entry.node, Mapping):
        entries[str(first)] = replace(entry, node=_without(entry.node, tuple(rest)))
    return replace(node, entries=entries)


def load_document(path: FilePath | str, environ: EnvironmentMapping[str, str] | None = None) -> Document:
    """Read a configuration file and resolve its references.

    Args:
        path: The file; findings name it like this, and relative `file:` references are relative to its folder.
        environ: The environment for `${NAME}`; by default that of the process.

    Raises:
        InvalidConfiguration: The file cannot be read, is no YAML, or is no mapping. Other errors are in the document's
            `findings`, to be shown together with those of the validation.
    """
    file = str(path)
    text = _load_text(file)
    root, problems = read_yaml(text)
    findings = [Finding(file, place, write_path(at), message) for place, message, at in problems]
    if not isinstance(root, Mapping):
        raise InvalidConfiguration(findings or [_not_a_mapping(file, root)])
    environ = os.environ if environ is None else environ
    resolved, broken = References(environ, FilePath(file).parent).resolve(root)
    findings += (Finding(file, each.place, write_path(each.path), each.message) for each in broken)
    return Document(file, resolved, tuple(findings))


def _load_text(file: str) -> str:
    try:
        with FilePath(file).open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except OSError as error:
        raise InvalidConfiguration([Finding(file, None, "", f"cannot be read: {error.strerror}")]) from None
    if len(content) > _LARGEST:
        raise InvalidConfiguration([Finding(file, None, "", "too large; allowed: 1 MiB")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8-sig", errors="replace")
        message = "from here on this is not UTF-8; allowed: a text file saved as UTF-8"
        raise InvalidConfiguration(
            [Finding(file, place_of_offset(before, len(before)), "", message)]
        ) from None


def _not_a_mapping(file: str, root: Node | None) -> Finding:
    match root:
        case Sequence():
            found = "a list"
        case Scalar(value=value) if value is not None:
            found = "a single value"
        case _:
            return Finding(file, None, "", "the file is empty; allowed: `key: value` lines")
    return Finding(
        file, root.place, "", f"found {found}; allowed: a mapping, that is `key: value` lines", found
    )
