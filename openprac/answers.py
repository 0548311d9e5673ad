"""What goes back over the wire: the one place that writes the body of an error, and the headers of every answer."""

from collections.abc import Iterable

from openprac.errors import ApiError
from openprac.kernel.call import Answer
from openprac.kernel.shape import ENCODER

ALWAYS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


def error_answer(error: ApiError, request_id: str) -> Answer:
    content = ENCODER.encode({"error": error.members(), "request_id": request_id})
    return Answer(error.status, content, list(error.headers))


def headers_of(answer: Answer, request_id: str) -> list[tuple[bytes, bytes]]:
    headers = [(b"x-request-id", request_id.encode())]
    if answer.body:
        headers.append((b"content-type", b"application/json"))
    if answer.status != 304:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    headers += ALWAYS
    headers += [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers if name != "cache-control"
    ]
    return headers


def last_words(error: ApiError, request_id: str, status_line: bytes, more: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A whole answer as it goes over a connection that ends with it, for what is refused before it is a request."""
    answer = error_answer(error, request_id)
    headers = [*more, *headers_of(answer, request_id), (b"connection", b"close")]
    return status_line + b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + answer.body
