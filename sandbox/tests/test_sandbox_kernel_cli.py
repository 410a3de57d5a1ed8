"""`escalation-bridge sandbox`, as somebody starts it."""

import re
import signal
import subprocess
import sys
import threading

import pytest
import requests
import typer

from escalation_bridge_sandbox.guide import freshdesk_guide, jira_guide, zendesk_guide
from escalation_bridge_sandbox.serving import VENDORS, chosen

# Whoever is started in the background by a shell, and whatever that starts, ignores the interrupt until told otherwise.
PROGRAM = """
import signal, typer
from escalation_bridge_sandbox.cli import sandbox
signal.signal(signal.SIGINT, signal.default_int_handler)
typer.run(sandbox)
"""


def test_which_ones_are_started() -> None:
    assert list(chosen("")) == list(VENDORS)
    assert list(chosen("jira, Zendesk")) == ["zendesk", "jira"]
    with pytest.raises(typer.BadParameter, match="there are zendesk, jira, freshdesk"):
        chosen("jira,servicenow")


@pytest.mark.parametrize(
    "guide", [zendesk_guide(), jira_guide("cloud"), jira_guide("datacenter"), freshdesk_guide()]
)
def test_guides_are_complete(guide) -> None:
    assert guide.logins
    assert guide.customers
    assert all("{url}" in command for command in guide.tries)


def test_it_runs_until_it_is_interrupted() -> None:
    command = [sys.executable, "-c", PROGRAM, "--only", "zendesk"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        rescue = threading.Timer(120, process.kill)
        rescue.start()
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        url = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert url is not None
        assert requests.get(f"{url.group()}/_sandbox/health", timeout=5).json()["vendor"] == "zendesk"
        assert "bridge@desk.example/token" in said
        assert "Freshdesk" not in said
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        rescue.cancel()
        rescue.join()
