"""`python -m escalation_bridge` is `escalation-bridge`."""

from escalation_bridge.cli import main

main()
