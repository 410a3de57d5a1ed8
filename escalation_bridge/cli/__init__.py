"""The command line: `escalation-bridge`."""

from escalation_bridge.cli.main import main

__all__ = ["main"]
