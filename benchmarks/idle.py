"""What a bridge costs that has nothing to do: its share of a core and its memory. Linux.

    python benchmarks/idle.py
    python benchmarks/idle.py --seconds 60 --after 5000     # idle after a rush of webhooks

`escalation-bridge serve` runs as an admin runs it, with an account of each vendor, a policy and a route, on SQLite in a
temporary folder. The CPU time and the memory are the kernel's own figures for its three processes; what they share counts once (PSS).
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from receiver import SECRET, drive, make_requests

CONFIGURATION = """
connections:
  support:
    plugin: zendesk
    url: https://acme.zendesk.com
    sign_in: {access_token: "${IDLE_SECRET}"}
    webhook_secrets: ["${IDLE_SECRET}"]
  shop:
    plugin: freshdesk
    url: https://acme.freshdesk.com
    api_key: ${IDLE_SECRET}
    webhook_secrets: ["${IDLE_SECRET}"]
  engineering:
    plugin: jira
    deployment: cloud
    url: https://acme.atlassian.net
    email: bridge@acme.example
    api_token: ${IDLE_SECRET}
    webhook_secrets: ["${IDLE_SECRET}"]
    project: ENG
policies:
  - name: all
    targets:
      default: {first_response: 4h, resolution: 24h}
    ladder:
      - id: hand-on
        metric: first_response
        at: due
        do:
          - escalate: shop-to-engineering
routes:
  shop-to-engineering:
    from: shop
    to: engineering
    status:
      owner: origin
      to_linked: {solved: Closed}
      to_origin: {Done: Open}
"""


@contextmanager
def serving() -> Iterator[tuple[int, int]]:
    """A running bridge: its process id and its port."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w") as log:
        (Path(folder) / "bridge.yaml").write_text(CONFIGURATION)
        bridge = subprocess.Popen(
            [sys.executable, "-m", "escalation_bridge", "serve", "--listen", "127.0.0.1:0"],
            cwd=folder,
            env={**os.environ, "IDLE_SECRET": SECRET},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert bridge.stdout is not None
            line = bridge.stdout.readline()
            if not line:
                bridge.wait()
                raise SystemExit((Path(folder) / "log").read_text())
            yield bridge.pid, int(line.partition("127.0.0.1:")[2].partition("/")[0])
        finally:
            bridge.terminate()
            bridge.wait()


def programs(pid: int) -> list[int]:
    """The process and those under it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_seconds(pid: int) -> float:
    fields = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in programs(pid)]
    return sum(int(one[11]) + int(one[12]) for one in fields) / os.sysconf("SC_CLK_TCK")


def figure(pid: int, file: str, name: str) -> int:
    """The sum of a figure over all programs; memory in kB."""
    lines = [line for one in programs(pid) for line in Path(f"/proc/{one}/{file}").read_text().splitlines()]
    return sum(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--seconds", type=float, default=30.0, help="for how long it is watched")
    options.add_argument("--after", type=int, default=0, help="webhooks that it takes and routes before")
    asked = options.parse_args()
    begun = time.perf_counter()
    with serving() as (pid, port):
        print(f"listening after {time.perf_counter() - begun:.1f} s, {cpu_seconds(pid):.1f} s of CPU")
        if asked.after:
            drive(port, 32, make_requests(asked.after))
        time.sleep(3.0 + asked.after / 200)  # until what was begun is finished
        before, watched = cpu_seconds(pid), time.perf_counter()
        time.sleep(asked.seconds)
        share = (cpu_seconds(pid) - before) / (time.perf_counter() - watched)
        print(
            f"idle for {asked.seconds:.0f} s: {share:.2%} of a core, {figure(pid, 'smaps_rollup', 'Pss') / 1024:.0f} MB "
            f"({figure(pid, 'status', 'RssAnon') / 1024:.0f} MB if nothing were shared), {figure(pid, 'status', 'Threads')} threads"
        )


if __name__ == "__main__":
    main()
