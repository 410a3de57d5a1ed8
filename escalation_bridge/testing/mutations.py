"""Small faults put into a copy of a package: a test suite that does not notice them promises nothing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault.

    Attributes:
        right: What stands in the package exactly once, in whatever file.
        wrong: What is put in its place.
        finder: Which tests have to notice it: `module:words` of the tests' names, as `pytest -k` takes them. Without a module
            it is the suite's kit.
    """

    right: str
    wrong: str
    finder: str


@dataclass(frozen=True, slots=True)
class MutationSuite:
    """The faults of one package, and the tests that have to notice them.

    Attributes:
        package: The folder of the package.
        tests: The folder of its tests.
        prefix: What the names of the modules of tests begin with: "test_acme_".
        mutations: By name.
        kit: The module in which tests are looked for that are named without one.
    """

    package: Path
    tests: Path
    prefix: str
    mutations: Mapping[str, Mutation]
    kit: str = "conformance"

    def check(self) -> None:
        """See that each fault can still be made.

        Raises:
            AssertionError: What a mutation replaces does not stand in the package exactly once, or its module of tests is not there.
        """
        for name, mutation in self.mutations.items():
            _place(self.package, name, mutation.right)
            module, _ = self._finder(name)
            if not module.is_file():
                raise AssertionError(f"{name}: there is no {module.name}")

    def noticed(self, name: str, folder: Path) -> None:
        """See that a fault is noticed: made in a copy of the package, it makes a test fail.

        Raises:
            AssertionError: It is not.
        """
        copy = copy_of(self.package, folder)
        mutation = self.mutations[name]
        file = _place(copy, name, mutation.right)
        file.write_text(
            file.read_text(encoding="utf-8").replace(mutation.right, mutation.wrong), encoding="utf-8"
        )
        self._expect(pytest.ExitCode.TESTS_FAILED, folder, *self._finder(name))

    def passes(self, names: Iterable[str], folder: Path) -> None:
        """See that without a fault the tests that have to notice these ones pass.

        Raises:
            AssertionError: They do not.
        """
        copy_of(self.package, folder)
        words: dict[Path, dict[str, None]] = {}
        for name in names:
            module, tests = self._finder(name)
            words.setdefault(module, {})[f"({tests})"] = None
        for module, tests_of in words.items():
            self._expect(pytest.ExitCode.OK, folder, module, " or ".join(tests_of))

    def _finder(self, name: str) -> tuple[Path, str]:
        module, _, words = self.mutations[name].finder.rpartition(":")
        return self.tests / f"{self.prefix}{module or self.kit}.py", words

    def _expect(self, code: pytest.ExitCode, folder: Path, module: Path, words: str) -> None:
        package = self.package.name
        # Fails if it is another copy that is tested.
        program = (
            f"import sys, pytest, {package} as it;"
            "assert it.__file__.startswith(sys.argv[1]), it.__file__; sys.exit(pytest.main(sys.argv[2:]))"
        )
        how = ["-q", "-x", "-m", "not nightly", "-p", "no:cacheprovider", "--tb=line"]
        run = subprocess.run(  # noqa: S603 - the tests of this project
            [sys.executable, "-P", "-c", program, str(folder), *how, str(module), "-k", words],
            cwd=next(each for each in self.tests.parents if (each / "pyproject.toml").is_file()),
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
                "PYTHONPATH": str(folder),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        told = run.stdout[-3000:] + run.stderr[-1000:]
        # A failing import ends with the same code as a failing test.
        outcome = "failed" if code is pytest.ExitCode.TESTS_FAILED else "passed"
        if run.returncode != code or f" {outcome}" not in run.stdout or " error" in run.stdout[-100:]:
            raise AssertionError(told)


def copy_of(package: Path, folder: Path) -> Path:
    """Copy a package into a folder, from which it is imported in place of the real one."""
    return Path(shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__")))


def _place(package: Path, name: str, right: str) -> Path:
    """The file in which it stands."""
    found = {file: file.read_text(encoding="utf-8").count(right) for file in sorted(package.rglob("*.py"))}
    places = [file for file, count in found.items() for _ in range(count)]
    if len(places) != 1:
        shown = ", ".join(place.name for place in places) or "nowhere"
        raise AssertionError(
            f"{name} is out of date: {right!r} has to stand at one place, and stands at: {shown}"
        )
    return places[0]
