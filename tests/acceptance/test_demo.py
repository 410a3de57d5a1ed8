"""The README's first command, as a user types it."""

import subprocess
import sys


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
    assert played.stderr == ""
