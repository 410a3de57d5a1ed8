"""The bridge at work with a stranger's vendor and a stranger's rules, over real HTTP on loopback."""

import hashlib
import hmac
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask, Response, abort, jsonify, request
from werkzeug.serving import make_server

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party_plugin"
SECRETS = {
    "SUPPORT_TOKEN": "the-support-token",
    "SUPPORT_WEBHOOK_SECRET": "the-support-secret",
    "WORKSHOP_TOKEN": "the-workshop-token",
    "WORKSHOP_WEBHOOK_SECRET": "the-workshop-secret",
}
STATES = {"todo": "To do", "doing": "Doing", "asked": "Asked", "parked": "Parked", "done": "Done"}
PATIENCE = 30.0


@dataclass
class Account:
    """One Plainlist account: the made-up vendor, as the example's README describes it."""

    token: str
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    links: dict[tuple[int, str], dict[str, Any]] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    url: str = ""
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(7))

    def opens(
        self, title: str, author: str = "Sari", *, staff: bool = False, **fields: Any
    ) -> dict[str, Any]:
        number = next(self.ids)
        self.tickets[number] = {
            "id": number,
            "url": f"{self.url}/t/{number}",
            "title": title,
            "text": "It does not work.",
            "state": _state(fields.pop("state", "todo")),
            "priority": None,
            "tags": [],
            "author": {"id": author.lower(), "name": author, "staff": staff},
            "created": _now(),
            "changed": _now(),
            "revision": 1,
            "key": None,
            **fields,
        }
        return self.tickets[number]

    def changes(self, number: int, **fields: Any) -> dict[str, Any]:
        ticket = self.tickets[number]
        if "state" in fields:
            fields["state"] = _state(fields["state"])
        ticket.update(fields, changed=_now(), revision=ticket["revision"] + 1)
        return ticket

    def says(self, number: int, text: str, author: str, *, staff: bool, **fields: Any) -> dict[str, Any]:
        said = {
            "id": next(self.ids),
            "text": text,
            "created": _now(),
            "internal": False,
            "key": None,
            **fields,
        }
        said["author"] = {"id": author.lower(), "name": author, "staff": staff}
        self.comments.setdefault(number, []).append(said)
        self.changes(number)
        return said

    def texts(self, number: int) -> list[tuple[bool, str]]:
        return [(said["internal"], said["text"]) for said in self.comments.get(number, [])]


def _state(word: str) -> dict[str, str]:
    return {"id": word, "name": STATES[word]}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def make_api(account: Account) -> Flask:
    app = Flask("plainlist")

    @app.before_request
    def sign_in() -> Response | None:
        if request.headers.get("Authorization") != f"Bearer {account.token}":
            return _refuse(401, "token: unknown")
        if request.method != "GET":
            account.writes.append(f"{request.method} {request.path}")
        return None

    def known(number: int) -> dict[str, Any]:
        return account.tickets.get(number) or abort(_refuse(404, "ticket: there is none"))

    @app.get("/api/states")
    def states() -> Response:
        return jsonify(states=[_state(word) for word in STATES])

    @app.get("/api/tickets")
    def find() -> Response:
        return jsonify(tickets=[t for t in account.tickets.values() if t["key"] == request.args["key"]])

    @app.post("/api/tickets")
    def create() -> tuple[Response, int]:
        fields = request.get_json()
        return jsonify(account.opens(fields.pop("title"), "Bridge", staff=True, **fields)), 201

    @app.get("/api/tickets/<int:number>")
    def read(number: int) -> Response:
        return jsonify(known(number))

    @app.patch("/api/tickets/<int:number>")
    def change(number: int) -> Response:
        if request.headers.get("If-Match") != str(known(number)["revision"]):
            return _refuse(412, "revision: somebody was faster")
        return jsonify(account.changes(number, **request.get_json()))

    @app.get("/api/tickets/<int:number>/comments")
    def list_comments(number: int) -> Response:
        known(number)
        return jsonify(comments=account.comments.get(number, []))

    @app.post("/api/tickets/<int:number>/comments")
    def comment(number: int) -> tuple[Response, int]:
        return jsonify(account.says(number, author="Bridge", staff=True, **request.get_json())), 201

    @app.put("/api/tickets/<int:number>/links/<name>")
    def link(number: int, name: str) -> tuple[str, int]:
        account.links[number, name] = request.get_json()
        return "", 204

    return app


def _refuse(status: int, reason: str) -> Response:
    response = jsonify(error=reason)
    response.status_code = status
    return response


@pytest.fixture
def account() -> Iterator[Callable[[str], Account]]:
    """Start an account at a port of its own."""
    servers = []

    def start(token: str) -> Account:
        made = Account(token)
        server = make_server("127.0.0.1", 0, make_api(made), threaded=True)
        made.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return made

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def place(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A folder to run in, and an environment in which pip has put the example."""
    site = tmp_path / "site"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run([*pip, "--disable-pip-version-check", "--target", str(site), str(EXAMPLE)], check=True)
    inherited = {name: value for name, value in os.environ.items() if "ESCALATION_BRIDGE" not in name}
    places = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH"))))
    return tmp_path, {**inherited, **SECRETS, "PYTHONPATH": places, "COLUMNS": "200"}


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not seen in time: {what}"
        time.sleep(0.05)


def test_the_main_job(account: Callable[[str], Account], place: tuple[Path, dict[str, str]]) -> None:
    folder, environment = place
    support, workshop = account(SECRETS["SUPPORT_TOKEN"]), account(SECRETS["WORKSHOP_TOKEN"])
    _configure(folder, support, workshop)
    command = [sys.executable, "-m", "escalation_bridge"]

    def explain(case: str) -> str:
        done = subprocess.run(
            [*command, "explain", case], cwd=folder, env=environment, capture_output=True, check=True
        )
        return done.stdout.decode()

    with (folder / "bridge.log").open("w") as log:
        serve = [*command, "serve", "--listen", "127.0.0.1:0"]
        bridge = subprocess.Popen(
            serve, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert bridge.stdout is not None
            listening = re.search(r"http://[\d.:]+", bridge.stdout.readline())
            assert listening is not None, (folder / "bridge.log").read_text()
            _play(listening[0], support, workshop)
            objection = "vetoed by house_rules: the ticket is tagged internal-test"
            until(lambda: objection in explain("support:9"), "the veto")
        finally:
            bridge.terminate()
            bridge.communicate(timeout=PATIENCE)
    assert bridge.returncode == 0
    assert "severity emergency" in explain("support:8")
    assert len((folder / "noticeboard.txt").read_text().splitlines()) == 3  # every case told once


def _configure(folder: Path, support: Account, workshop: Account) -> None:
    """The configuration of the example's README, with other addresses and seconds for hours."""
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert shown is not None
    written = shown[1].replace("https://support.plainlist.example", support.url)
    written = written.replace("https://workshop.plainlist.example", workshop.url)
    (folder / "bridge.yaml").write_text(written.replace("first_response: 4h", "first_response: 2s"))


def _play(bridge: str, support: Account, workshop: Account) -> None:
    plain = support.opens("Printer is jammed")
    outage = support.opens("Everything is down", tags=["outage"])
    test = support.opens("Only trying", tags=["internal-test"])
    for ticket in (plain, outage, test):
        _webhook(bridge, "support", "ticket.created", ticket["id"])

    until(
        lambda: all(support.tickets[t["id"]]["state"]["id"] == "parked" for t in (plain, outage)), "handed on"
    )
    until(lambda: len(workshop.links) == 2 and len(support.links) == 2, "both sides show the other")
    issues = {issue["title"]: issue for issue in workshop.tickets.values()}
    assert sorted(issues) == ["[#7] Printer is jammed", "[#8] Everything is down"]
    issue = issues["[#7] Printer is jammed"]
    assert issue["tags"] == ["from-support"]
    assert "Severity: standard" in issue["text"]
    assert "Severity: emergency (the ticket is tagged outage)" in issues["[#8] Everything is down"]["text"]
    until(lambda: support.comments.get(plain["id"]), "the customer is told")
    assert [internal for internal, _ in support.texts(plain["id"])] == [False]

    workshop.says(issue["id"], "The cable was loose.", "Rina", staff=True, internal=True)
    workshop.changes(issue["id"], state="done")
    _webhook(bridge, "workshop", "comment.created", issue["id"])
    _webhook(bridge, "workshop", "ticket.changed", issue["id"])
    until(lambda: support.tickets[plain["id"]]["state"]["id"] == "doing", "the status comes back")
    until(lambda: len(support.comments[plain["id"]]) == 2, "the comment comes back")
    internal, text = support.texts(plain["id"])[-1]
    assert internal
    assert "The cable was loose." in text

    writes = (list(support.writes), list(workshop.writes))
    assert (
        len(writes[1]) == len(set(writes[1])) + 1
    )  # each ticket is created and linked once, two creates look alike
    assert not [write for write in writes[0] if f"/{test['id']}" in write]


def _webhook(bridge: str, connection: str, event: str, ticket: int) -> None:
    """What Plainlist would send, signed as its documents say."""
    body = json.dumps({"event": event, "ticket": ticket}).encode()
    timestamp = str(int(time.time()))
    secret = SECRETS[f"{connection.upper()}_WEBHOOK_SECRET"].encode()
    signed = hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "Plainlist-Delivery": f"{event}-{ticket}-{timestamp}",
        "Plainlist-Signature": f"t={timestamp},v1={signed}",
    }
    forged = {**headers, "Plainlist-Signature": f"t={timestamp},v1={'0' * 64}"}
    assert (
        requests.post(f"{bridge}/webhooks/{connection}", body, headers=forged, timeout=10).status_code == 401
    )
    assert (
        requests.post(f"{bridge}/webhooks/{connection}", body, headers=headers, timeout=10).status_code == 202
    )
