"""Small faults put into a copy of a package: a test suite that does not notice them promises nothing."""

import shutil
from pathlib import Path


def copy_of(package: Path, folder: Path) -> Path:
    """Copy a package into a folder, from which it is imported in place of the real one."""
    return Path(shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__")))


def mutate(copy: Path, file: str, right: str, wrong: str) -> None:
    """Put `wrong` where `right` stands in the one file of a copied package with this name, in whatever folder.

    Raises:
        AssertionError: There is no such file, or more than one, or `right` does not stand in it exactly once: the mutation is out of date.
    """
    found = sorted(copy.rglob(file))
    if len(found) != 1:
        raise AssertionError(f"{file}: {len(found)} files of {copy.name} have this name")
    source = found[0].read_text(encoding="utf-8")
    if source.count(right) != 1:
        raise AssertionError(f"{file} has changed: {right!r} stands there {source.count(right)} times")
    found[0].write_text(source.replace(right, wrong), encoding="utf-8")
