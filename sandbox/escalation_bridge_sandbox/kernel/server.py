"""Serving a stand-in over real HTTP, on a port of its own."""

import contextlib
import socket
import threading
from typing import Any, Self

from waitress.server import create_server
from waitress.wasyncore import close_all

from escalation_bridge_sandbox.kernel.vendor import Vendor

THREADS = 8


class RunningVendor:
    """A stand-in that can be spoken to at `url`, until `stop()`. Also a context manager."""

    def __init__(self, vendor: Vendor, host: str, port: int) -> None:
        self.vendor = vendor
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError:
            listening.close()
            raise
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{listening.getsockname()[1]}"
        vendor.base_url = self.url
        vendor.app.url_map.update()  # before the first request, whose client may not wait long
        self._channels: dict[int, Any] = {}
        self._server: Any = create_server(
            vendor.app,
            map=self._channels,
            sockets=[listening],
            threads=THREADS,
            clear_untrusted_proxy_headers=True,
            ident=None,
        )
        self._thread = threading.Thread(target=self._server.run, name=f"sandbox-{vendor.name}", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the server and the outbox; may be called again."""
        if self.vendor.closing.is_set():
            return
        self.vendor.closing.set()
        # First the workers, since they wake the loop; then the loop, which ends, in its own thread, once there is
        # nothing left to listen to.
        self._server.task_dispatcher.shutdown()
        with contextlib.suppress(
            OSError
        ):  # woken by something else, the loop may have closed before it is woken for it
            self._server.trigger.pull_trigger(self._close_channels)
        self._thread.join()
        self.vendor.outbox.close()

    def _close_channels(self) -> None:
        close_all(self._channels, ignore_all=True)


def start(vendor: Vendor, *, host: str = "127.0.0.1", port: int = 0) -> RunningVendor:
    """Serve a stand-in; it answers when this returns. Port 0 takes a free one.

    Raises:
        OSError: The address is taken.
    """
    return RunningVendor(vendor, host, port)
