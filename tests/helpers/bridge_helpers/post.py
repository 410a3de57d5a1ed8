"""A mail server and a chat on loopback, which may refuse, hang or break off, and a courier for a scene."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from escalation_bridge.engine.notices.courier import Courier
from escalation_bridge.engine.worker import Worker
from escalation_bridge.messages.signed_links import SignedLinks
from escalation_bridge.plugged.channels import Channel

PUBLIC = "https://bridge.example.com"
PASSWORD = "correct-horse-battery"


@dataclass
class MailServer:
    """What arrived, and how it behaves: `take`, `refuse`, `hang`, or `late`: it takes a mail after three seconds."""

    behaviour: str = "take"
    mails: list[EmailMessage] = field(default_factory=list)
    port: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.port}?from=bridge@example.com&to={{to}}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        behaviour = self.behaviour
        if behaviour in ("hang", "late"):
            self.stopped.wait(3)
        if behaviour not in ("take", "late"):
            return "554 5.7.1 refused by the policy of this server"
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if address in mail["To"]]


def subjects(mails: list[EmailMessage]) -> list[str]:
    return [str(mail["Subject"]) for mail in mails]


def html_of(mail: EmailMessage) -> str:
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    with socket.create_server(("127.0.0.1", 0)) as free:
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        server.stopped.set()
        controller.stop()


@dataclass
class Chat:
    """A room that takes messages as JSON, and how it behaves: `take`, `refuse`, or `hang`."""

    behaviour: str = "take"
    posts: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://bridge:{PASSWORD}@127.0.0.1:{self.port}/hooks/T0KEN1234"


@contextmanager
def chat() -> Iterator[Chat]:
    room = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if room.behaviour == "hang":
                room.stopped.wait(20)
                return
            if room.behaviour == "take":
                room.posts.append(body)
            self.send_response(200 if room.behaviour == "take" else 500)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    room.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield room
    finally:
        room.stopped.set()
        server.shutdown()
        server.server_close()


@dataclass
class Delivering:
    """A scene with channels, and its courier."""

    scene: Any
    courier: Courier

    def run(self, **later: float) -> None:
        """Let time pass; then cases and notices are worked on until both are settled."""
        self.scene.run(**later)
        self.courier.send_due()
        self.scene.run()

    def through(self, *, minutes: int, step: int = 1) -> None:
        """Let time pass in small steps."""
        for _ in range(0, minutes, step):
            self.run(minutes=step)


def delivering(scene: Any, urls: dict[str, str], *, deadline: float = 5.0) -> Delivering:
    channels = {name: Channel(name, url, deadline) for name, url in urls.items()}
    scene.bridge = replace(scene.bridge, channels=channels, links=SignedLinks("a-secret", PUBLIC))
    scene.worker = Worker(scene.bridge)
    return Delivering(scene, Courier(scene.bridge, poll=timedelta(seconds=0.05)))


def wait_for(condition: Any, seconds: float = 15.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False
