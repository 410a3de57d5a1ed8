"""Structured logs: one line an event, readable on a terminal, JSON otherwise."""

import logging
import sys

import structlog

from escalation_bridge.cli.console.terminal import printable


def set_up_logs(level: str) -> None:
    """Send the bridge's logs to standard error."""
    readable = sys.stderr.isatty()
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if readable
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            *((_printable,) if readable else ()),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: _ToStandardError(),
    )


def _printable(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Text from outside must not control the terminal; JSON escapes it anyway."""
    return {key: printable(value) if isinstance(value, str) else value for key, value in event.items()}


class _ToStandardError:
    """Writes to the present standard error, which may be replaced while the process runs."""

    def msg(self, line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    debug = info = warning = error = critical = exception = msg
