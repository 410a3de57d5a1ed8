"""The README's first command, as a user types it."""

import subprocess
import sys

from escalation_bridge_sandbox.demo.play import what_next


def test_the_demo_plays_to_its_end():
    played = subprocess.run(
        [sys.executable, "-m", "escalation_bridge", "demo"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert played.returncode == 0, played.stdout + played.stderr
    assert "✗" not in played.stdout
    assert "SIGKILL" in played.stdout
    assert "Timeline" in played.stdout
    assert "the customer is told, publicly, in Indonesian" in played.stdout
    assert "escalation-bridge demo --keep" in played.stdout
    assert "make " not in played.stdout.partition("What to type next")[2]
    assert played.stderr == ""


def test_a_demo_that_is_kept_does_not_advise_itself():
    assert "demo --keep" in what_next(keep=False)
    assert "demo" not in what_next(keep=True)
