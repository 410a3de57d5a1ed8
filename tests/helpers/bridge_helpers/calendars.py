"""iCalendar texts, and a server that has one."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def calendar_of(*events):
    """A calendar; each event is its lines after UID and DTSTAMP."""
    made = "".join(
        f"BEGIN:VEVENT\r\nUID:{number}\r\nDTSTAMP:20260101T000000Z\r\n{event}\r\nEND:VEVENT\r\n"
        for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n{made}END:VCALENDAR\r\n"


def turn(start, end, *lines):
    """An event from an instant to another one."""
    times = (f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}")
    return "\r\n".join((*times, *lines))


class CalendarServer:
    """What a calendar's server answers: a status, headers and a text; and what it was asked."""

    def __init__(self, url):
        self.url = url
        self.status, self.headers, self.text = 200, {"Content-Type": "text/calendar"}, ""
        self.asked = []


@contextmanager
def calendar_server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            served.asked.append((self.path, dict(self.headers)))
            content = served.text.encode()
            self.send_response(served.status)
            for name, value in served.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            try:
                self.wfile.write(content)
            except OSError:
                return  # the reader had enough

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = CalendarServer(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
