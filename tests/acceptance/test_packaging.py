"""What is built is what is needed: the wheel and the source distribution, installed where nothing else is.

The wheel goes into an empty environment that finds the dependencies in the present one, so that no network is needed. With
ESCALATION_BRIDGE_TEST_NETWORK=1 pip fetches them as it would for anybody.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from collections.abc import Callable
from email.parser import Parser
from importlib import metadata
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder

from escalation_bridge.scaffold import FILES as TEMPLATES

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "escalation_bridge": ROOT,
    "escalation_bridge_zendesk": ROOT / "plugins" / "zendesk",
    "escalation_bridge_jira": ROOT / "plugins" / "jira",
    "escalation_bridge_freshdesk": ROOT / "plugins" / "freshdesk",
    "escalation_bridge_webhooks": ROOT / "webhooks",
    "escalation_bridge_sandbox": ROOT / "sandbox",
}
PAGES = ROOT / "webhooks" / "escalation_bridge_webhooks" / "pages"
DATA = {
    *(f"{package}/py.typed" for package in PACKAGES),
    "escalation_bridge/messages/en.toml",
    "escalation_bridge/messages/id.toml",
    "escalation_bridge/rulesets/en.toml",
    "escalation_bridge/rulesets/id.toml",
    "escalation_bridge/rulesets/rules.toml",
    "escalation_bridge/store/migrations/script.py.mako",
    "escalation_bridge_sandbox/demo/bridge.yaml.template",
    *(f"escalation_bridge/scaffold/template/{template}" for template in TEMPLATES.values()),
    *(
        f"escalation_bridge_webhooks/{file.relative_to(PAGES.parent)}"
        for file in PAGES.rglob("*")
        if file.suffix in (".css", ".html")
    ),
}
# Imported, and part of what the declared ones stand on.
COME_WITH = {"markupsafe": "jinja2", "pydantic-core": "pydantic", "urllib3": "requests", "werkzeug": "flask"}
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and with the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


TESTING = PACKAGES["escalation_bridge"] / "escalation_bridge" / "testing"
"""What needs the extra `testing`, and nothing else does."""


@pytest.fixture(scope="module")
def content(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_has_all_packages_and_their_data(content):
    written = {
        f"{package}/{file.relative_to(place / package)}"
        for package, place in PACKAGES.items()
        for file in (place / package).rglob("*.py")
    }
    assert written <= content
    assert content >= DATA


def test_the_wheel_has_nothing_else(content):
    info = {name for name in content if re.match(r"escalation_bridge-[^/]+\.dist-info/", name)}
    assert {name.split("/", 1)[1] for name in info} == {
        *("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    }
    rest = content - info
    assert {name.split("/")[0] for name in rest} == set(PACKAGES)
    odd = {name for name in rest - DATA if not name.endswith((".py", "/README.md"))}
    assert odd == set()
    assert not {name for name in rest if re.search(r"(^|/)(tests?|conftest|test_\w+)(/|\.py$)", name)}


def test_the_source_distribution_can_be_tested(built):
    (found,) = built.glob("*.tar.gz")
    with tarfile.open(found) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert names >= {
        *("pyproject.toml", "README.md", "LICENSE", "Makefile", "conftest.py", "requirements/dev.lock"),
        *("plugins/jira/README.md", "examples/bridge.yaml", "examples/third_party_plugin/pyproject.toml"),
        *("tests/acceptance/test_packaging.py", "docs/hooks.md"),
    }
    assert not [name for name in names if re.search(r"__pycache__|\.venv|\.pyc$|\.db$|_cache/", name)]


@pytest.mark.parametrize("stray", [".grimp_cache", ".import_linter_cache", "plugins/jira/.some_cache"])
def test_caches_that_tools_leave_behind_are_not_packed(tmp_path, stray):
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    cached, packed = tmp_path / stray / "entry.json", tmp_path / "plugins/jira/kept.json"
    for file in (cached, packed):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("{}")
    files = {Path(one.path) for one in SdistBuilder(str(tmp_path)).recurse_included_files()}
    assert packed in files
    assert cached not in files


def test_everything_that_is_imported_is_declared(wheel):
    described = Parser().parsestr(
        zipfile.ZipFile(wheel)
        .read(next(n for n in zipfile.ZipFile(wheel).namelist() if n.endswith("METADATA")))
        .decode()
    )
    required = described.get_all("Requires-Dist") or []
    declared = {
        _normal(re.split(r"[^\w.-]", one, maxsplit=1)[0]) for one in required if "extra ==" not in one
    }
    assert [one for one in required if one.startswith("pytest") and re.search(r"extra == .testing.", one)]
    provided = metadata.packages_distributions()
    imported = {
        _normal(distribution)
        for package, place in PACKAGES.items()
        for file in (place / package).rglob("*.py")
        for module in _imports(file) - ({"pytest"} if TESTING in file.parents else set())
        if module not in PACKAGES and module not in sys.stdlib_module_names
        for distribution in provided.get(module, [f"nobody-provides-{module}"])
    }
    assert {COME_WITH.get(name, name) for name in imported} == declared - {"tzdata"}
    assert described["Requires-Python"] == ">=3.11"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imports(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    plain = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    of = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    return {name.split(".")[0] for name in plain | of}


# --- installed ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs' folder of an empty environment in which nothing but the wheel is installed."""
    place = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(place), "install", "--quiet", "--no-input"]
    if os.environ.get("ESCALATION_BRIDGE_TEST_NETWORK"):
        subprocess.run([*pip, str(wheel)], check=True)
    else:
        subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True)
        (site,) = place.glob("lib/python*/site-packages")
        (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return place / "bin"


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Run a program of the environment in an empty folder."""

    def run(program: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not re.match("PYTHON|ESCALATION_", name)}
        done = subprocess.run(
            [str(installed / program), *arguments],
            cwd=tmp_path,
            env={**kept, "COLUMNS": "160"},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


def test_the_program_helps(run):
    told = run("escalation-bridge", "--help").stdout
    for command in (
        "serve",
        "receive",
        "work",
        "cases",
        "explain",
        "retry",
        "plugins",
        "config",
        "sandbox",
        "demo",
    ):
        assert f" {command} " in told


def test_the_plugins_are_found(run):
    plugins = json.loads(run("escalation-bridge", "plugins", "--json").stdout)
    shipped = {p["name"]: p["state"] for p in plugins if p["distribution"] == "escalation-bridge"}
    assert shipped == dict.fromkeys(("freshdesk", "jira", "zendesk"), "ready")


def test_a_due_is_computed(run):
    question = {
        "calendar": {"timezone": "Asia/Jakarta", "hours": {"mon-fri": [["09:00", "17:00"]]}},
        "start": "2026-03-02T09:00:00Z",
        "target_seconds": 7200,
    }
    answered = run("escalation-bridge", "sla", "due", "--batch", stdin=json.dumps(question) + "\n")
    assert json.loads(answered.stdout) == {"due": "2026-03-03T03:00:00Z"}


MAKE = "from escalation_bridge.store.database.database import Database; Database('sqlite:///bridge.db').upgrade()"


def test_a_database_is_made(run, tmp_path):
    """The migrations travel in the wheel."""
    (tmp_path / "bridge.yaml").write_text("connections: {}\n")
    run("python", "-c", MAKE)
    assert "Cases" in run("escalation-bridge", "cases").stdout


CHECK = """
import importlib, sys
from importlib import metadata, resources
for group in ("escalation_bridge", "escalation_bridge.commands", "console_scripts"):
    for entry in metadata.distribution("escalation-bridge").entry_points.select(group=group):
        entry.load()
for package in sys.argv[1:]:
    print(importlib.import_module(package).__file__)
print(resources.files("escalation_bridge_sandbox.demo").joinpath("bridge.yaml.template").is_file())
from escalation_bridge.messages.catalogue import LANGUAGES, texts
print(*(len(texts(language)) for language in LANGUAGES))
"""


def test_entry_points_load_and_everything_comes_from_the_wheel(run, installed):
    *files, template, sections = run("python", "-c", CHECK, *PACKAGES).stdout.splitlines()
    assert len(files) == len(PACKAGES)
    assert all(Path(file).is_relative_to(installed.parent) for file in files)
    assert template == "True"
    assert len(set(sections.split())) == 1
