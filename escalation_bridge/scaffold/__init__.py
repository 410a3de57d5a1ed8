"""A new plugin to begin with: a whole distribution that works against a vendor who was made up, and passes the kit.

The templates are the files of examples/third_party_plugin, whose vendor is called Plainlist; the new name takes its place.
"""

import re
from importlib import resources
from pathlib import Path

from escalation_bridge.errors import ConfigurationError

NAME = re.compile(r"[a-z][a-z0-9]{1,30}")
_MODULE = "src/escalation_bridge_plainlist"
FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    f"{_MODULE}/__init__.py": "init.py.txt",
    **{
        f"{_MODULE}/{module}.py": f"{module}.py.txt"
        for module in ("client", "mapping", "plugin", "settings", "shapes", "webhook")
    },
    "tests/test_plainlist_conformance.py": "test_conformance.py.txt",
}
"""Where each template goes, by the path in the new distribution; all under the name that is replaced."""


def write_plugin(name: str, folder: Path) -> tuple[Path, ...]:
    """Write a new distribution.

    Args:
        name: The vendor's name, as an admin will write it after `plugin:`.
        folder: Where it goes; made if it is not there.

    Returns:
        The files that were written.

    Raises:
        ConfigurationError: The name cannot be one, or something is in the folder already.
    """
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be a plugin's name; allowed: lower case letters and digits, starting with a letter"
        )
    templates = resources.files(__name__) / "template"
    contents = {
        folder / _renamed(path, name): _renamed((templates / template).read_text(encoding="utf-8"), name)
        for path, template in FILES.items()
    }
    contents[folder / _renamed(_MODULE, name) / "py.typed"] = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ConfigurationError(f"{folder} is not empty; nothing was written")
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written: {error.strerror}") from error
    return tuple(contents)


def _renamed(text: str, name: str) -> str:
    return text.replace("plainlist", name).replace("Plainlist", name.capitalize())
