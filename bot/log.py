"""Structured logs on stderr: event words, place and turn ids; never what people said, never a secret."""

import logging
import sys
from collections.abc import Callable, Sequence
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from traceback import TracebackException
from typing import Any

import structlog
from pydantic_core import ValidationError
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

HIDDEN = "[hidden]"
MOST_UNWRITTEN = 10_000
"""Lines that may wait to be written; further ones are dropped while nobody reads what we write."""


class WrittenLater(QueueHandler):
    """Hands lines to a thread that writes them: a slow terminal or a full pipe never holds up the event loop.

    `close` writes what is left; at exit it is called by `logging` itself.
    """

    def __init__(self, writer: logging.Handler) -> None:
        self._unwritten: SimpleQueue[logging.LogRecord] = SimpleQueue()
        super().__init__(self._unwritten)
        self._thread: QueueListener | None = QueueListener(self._unwritten, writer)
        self._thread.start()

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """As it is: the writer is in this process, and formats it."""
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        """Never waits."""
        if self._unwritten.qsize() < MOST_UNWRITTEN:
            super().enqueue(record)

    def close(self) -> None:
        """Write what is left."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.stop()
        super().close()


def start_logging(level: str, form: str | None, secrets: Sequence[str]) -> logging.Handler:
    """Send all logs, the libraries' too, to stderr: text for a terminal, JSON lines otherwise.

    The handler they go through; once it is closed, all of them are written.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_traceback),
        hide(secrets),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging._srcfile = None  # no line says which file wrote it, and finding out costs a fifth of writing it
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form)],
        )
    )
    root, later = logging.getLogger(), WrittenLater(handler)
    root.handlers = [later]
    root.setLevel(logging.WARNING)
    for name in ("bot", "adapters"):
        logging.getLogger(name).setLevel(level.upper())
    return later


def _traceback(exc_info: ExcInfo) -> str:
    """The traceback; of what failed a validation the place and kind alone, for it may be somebody's words."""
    report = TracebackException(*exc_info)
    _leave_out_values(report, exc_info[1])
    return "".join(report.format()).rstrip("\n")


def _leave_out_values(report: TracebackException, error: BaseException) -> None:
    if isinstance(error, ValidationError):
        vars(report)["_str"] = _faults(error)  # no public name sets the message
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    linked = [(report.__cause__, error.__cause__), (report.__context__, error.__context__)]
    for inner_report, inner in [*linked, *zip(report.exceptions or (), parts, strict=False)]:
        if inner_report is not None and inner is not None:
            _leave_out_values(inner_report, inner)


def _faults(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return f"{error.title}: " + ", ".join(
        f"{'.'.join(map(str, fault['loc'])) or 'all of it'} ({fault['type']})" for fault in faults
    )


def hide(secrets: Sequence[str]) -> Processor:
    """A step that takes secrets out of everything that is logged."""
    known = tuple(secret for secret in secrets if secret)

    def step(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        for key, value in event.items():
            if isinstance(value, str) and any(secret in value for secret in known):
                for secret in known:
                    value = value.replace(secret, HIDDEN)
                event[key] = value
        return event

    return step


def _renderer(form: str | None) -> Any:
    if form == "json" or (form is None and not sys.stderr.isatty()):
        return structlog.processors.JSONRenderer(serializer=_serializer())
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


def _serializer() -> Callable[..., str]:
    import orjson

    def dumps(value: Any, **_options: Any) -> str:
        return orjson.dumps(value, default=repr).decode()

    return dumps
