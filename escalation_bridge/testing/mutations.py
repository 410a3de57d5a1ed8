"""Mutation tests: faults planted in a copy of a package, which its tests must detect."""

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
    """A planted fault.

    Attributes:
        right: Code that occurs exactly once in the package.
        wrong: Its replacement.
        finder: The tests that must detect it: `module:words` of the tests' names, as for `pytest -k`. Without a
            module, the suite's kit.
    """

    right: str
    wrong: str
    finder: str


@dataclass(frozen=True, slots=True)
class MutationSuite:
    """The faults of one package, and the tests that must detect them.

    Attributes:
        package: The folder of the package.
        tests: The folder of its tests.
        prefix: The prefix of test modules: "test_acme_".
        mutations: By name.
        kit: The module for tests that are named without one.
    """

    package: Path
    tests: Path
    prefix: str
    mutations: Mapping[str, Mutation]
    kit: str = "conformance"

    def check(self) -> None:
        """Check that each fault can still be planted.

        Raises:
            AssertionError: The code of a mutation does not occur exactly once, or its test module is missing.
        """
        for name, mutation in self.mutations.items():
            _place(self.package, name, mutation.right)
            module, _ = self._finder(name)
            if not module.is_file():
                raise AssertionError(f"{name}: there is no {module.name}")

    def noticed(self, name: str, folder: Path) -> None:
        """Check that a test fails with the fault in a copy of the package.

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
        """Check that the same tests pass without a fault.

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
        # Fails if another copy is tested.
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
        output = run.stdout[-3000:] + run.stderr[-1000:]
        # A failing import has the same exit code as a failing test.
        outcome = "failed" if code is pytest.ExitCode.TESTS_FAILED else "passed"
        if run.returncode != code or f" {outcome}" not in run.stdout or " error" in run.stdout[-100:]:
            raise AssertionError(output)


def copy_of(package: Path, folder: Path) -> Path:
    """Copy a package into a folder, from which it is imported instead of the real one."""
    return Path(shutil.copytree(package, folder / package.name, ignore=shutil.ignore_patterns("__pycache__")))


def _place(package: Path, name: str, right: str) -> Path:
    """The file that contains it."""
    found = {file: file.read_text(encoding="utf-8").count(right) for file in sorted(package.rglob("*.py"))}
    places = [file for file, count in found.items() for _ in range(count)]
    if len(places) != 1:
        shown = ", ".join(place.name for place in places) or "nowhere"
        raise AssertionError(
            f"{name} is out of date: {right!r} has to stand at one place, and stands at: {shown}"
        )
    return places[0]
