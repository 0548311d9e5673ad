"""Logs: one JSON object a line on standard error. Nothing personal, ever.

What a line may hold is decided here, not where it is written: a request line takes identifiers and figures only (no
path, query, header or body), an exception shows its class and where it was raised but never its text, because
PostgreSQL and others quote the offending values there; a foreign library's message is cut where it begins to quote.
"""

import logging
import re
import sys
from contextlib import suppress
from types import ModuleType, TracebackType
from typing import Any, BinaryIO, cast

import msgspec


def _structlog() -> ModuleType:
    """structlog without rich, which it would import for its coloured console: 5 MB and 0.1 s in every worker."""
    hidden = "rich" not in sys.modules and "structlog" not in sys.modules
    if hidden:
        sys.modules["rich"] = None  # type: ignore[assignment]
    try:
        import structlog
    finally:
        if hidden:
            del sys.modules["rich"]
    return structlog


structlog = _structlog()

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
MESSAGE_MAX_CHARS = 300
TRACE_MAX_FRAMES = 20
OUR_SPEAKERS = ("uvicorn", "openprac")
QUOTED = re.compile(r"""\s*[<('":=]""")

_encode = msgspec.json.Encoder().encode
_logger: Any = None
_info: Any = None


class _Sink:
    """Where lines go. One that cannot be written (a full disk, a reader that is gone) must not cost a request.

    Past the stream's buffer: what cannot be written would stay in it, and make even the end of the process a failure.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream: BinaryIO = getattr(stream, "raw", stream)

    def write(self, line: bytes) -> int:
        with suppress(OSError, ValueError):
            return self._stream.write(line)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()


def configure(level: str) -> None:
    """Send everything this process logs, uvicorn's and other libraries' included, through here from `level` upward."""
    global _logger, _info
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.JSONRenderer(serializer=_serialize),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.BytesLoggerFactory(cast(BinaryIO, _Sink(sys.stderr.buffer))),
        cache_logger_on_first_use=True,
    )
    _logger = structlog.get_logger().bind()
    _info = _logger.info
    root = logging.getLogger()
    root.handlers = [_Handler()]
    # Libraries tell at INFO what is theirs to know: whole URLs with signatures, for one.
    root.setLevel(max(LEVELS[level], logging.WARNING))
    for name in ("uvicorn", "uvicorn.error", "openprac"):
        chatty = logging.getLogger(name)
        chatty.handlers, chatty.propagate = [], True
        chatty.setLevel(LEVELS[level])
    # Its lines hold whole paths, query included; request_line is what we have instead.
    logging.getLogger("uvicorn.access").disabled = True
    logging.captureWarnings(capture=True)


def request_line(
    request_id: str,
    tenant_id: int | None,
    vendor_id: int | None,
    operation_id: str | None,
    method: str,
    status: int,
    duration_ms: float,
) -> None:
    """The one line of a request. `operation_id` is None when no operation matched; the path is not told then either."""
    if _info is not None:
        _info(
            "request",
            request_id=request_id,
            tenant_id=tenant_id,
            vendor_id=vendor_id,
            operation_id=operation_id,
            method=method,
            status=status,
            duration_ms=round(duration_ms, 3),
        )


def event(level: str, message: str, **fields: str | int | float | bool | None) -> None:
    """A line about the program itself: a fixed message, with identifiers and figures as fields."""
    if _logger is not None:
        getattr(_logger, level)(message, **fields)


def audit_head(tenant_id: int, position: int, sealed: str) -> None:
    """How far a clinic's audit is sealed. A log that is kept elsewhere pins the chain there."""
    event("info", "audit head", tenant_id=tenant_id, position=position, hash=sealed)


def failure(message: str, error: BaseException, **fields: str | int | float | bool | None) -> None:
    """A line about an exception: its class, SQLSTATE and place, without its text."""
    if _logger is not None:
        _logger.error(message, **fields, **error_fields(error))


def error_fields(error: BaseException) -> dict[str, Any]:
    """What may be told of an exception: class, SQLSTATE and constraint if it has them, the innermost 20 frames."""
    kind = type(error)
    fields: dict[str, Any] = {"error": f"{kind.__module__}.{kind.__qualname__}"}
    for name in ("sqlstate", "constraint_name"):
        if isinstance(value := getattr(error, name, None), str):
            fields[name] = value
    fields["trace"] = _frames(error.__traceback__)
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        fields["cause"] = f"{type(cause).__module__}.{type(cause).__qualname__}"
    return fields


def _frames(trace: TracebackType | None) -> list[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return frames[-TRACE_MAX_FRAMES:]


def _serialize(line: Any, **_options: Any) -> bytes:
    return _encode(line)


class _Handler(logging.Handler):
    """The standard library's records, as lines like all others."""

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {"logger": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            fields |= error_fields(record.exc_info[1])
        message = record.getMessage().strip().partition("\n")[0][:MESSAGE_MAX_CHARS]
        if not record.name.startswith(OUR_SPEAKERS):
            # asyncio and others go on with the repr of what they were at: a task, its exception, its data.
            message = QUOTED.split(message, maxsplit=1)[0] or "message withheld"
        name = next((name for name, number in LEVELS.items() if record.levelno <= number), "error")
        getattr(_logger, name)(message, **fields)
