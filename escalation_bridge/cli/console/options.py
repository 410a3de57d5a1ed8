"""Options that several commands have."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", envvar="ESCALATION_BRIDGE_CONFIG", help="The configuration file.")
]
