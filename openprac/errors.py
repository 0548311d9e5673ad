"""Every answer that is not a success.

ApiError
├── InvalidParams           400  INVALID_PARAMS                 path, query or header faults
├── NotHttp                 400  INVALID_PARAMS                 what was sent is not HTTP
├── Unauthorised            401  UNAUTHORIZED                   a-api-key missing, unknown, expired or revoked
├── UnknownEndpoint         403  MISSING_AUTHENTICATION_TOKEN   no such path or method; x-api-key missing or unknown
├── AccessDenied            403  ACCESS_DENIED                  the account key lacks a permission
├── NotFound                404  NOT_FOUND                      no such row in this clinic
├── RequestTimeout          408  REQUEST_TIMEOUT                the request was sent too slowly
├── Conflict                409  the code given                 somebody else was first
├── PreconditionFailed      412  PRECONDITION_FAILED            If-Match names an older version
├── BodyTooLarge            413  BODY_TOO_LARGE
├── UnsupportedMediaType    415  UNSUPPORTED_MEDIA_TYPE         the body is not application/json
├── InvalidBody             422  INVALID_BODY                   with error.validation: [{field, message}]
├── Throttled               429  THROTTLED                      over the vendor's rate; with Retry-After
├── TooManyFailures         429  THROTTLED                      bad keys from one address; with Retry-After
├── QuotaExceeded           429  QUOTA_EXCEEDED                 the vendor's day is used up; with Retry-After
├── HeadTooLarge            431  HEADERS_TOO_LARGE              address and headers over the limit
├── ServerFault             500  SERVER_ERROR                   our fault; the text names the request id
├── TooManyConnections      503  SERVICE_UNAVAILABLE            no room for another; with Retry-After
└── Unavailable             503  SERVICE_UNAVAILABLE            database or file store away; with Retry-After

The published shape of the body: {"error": {"status", "code", "detail"[, "validation"]}, "request_id"}.
openprac/answers.py is the one place that writes it. docs/errors.md lists the codes (a test compares).
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One member of a body and what is wrong with it."""

    field: str
    message: str


class ApiError(Exception):
    """An answer other than success; `detail` is for the integrator and holds nothing personal."""

    status: ClassVar[int]
    code: ClassVar[str]

    def __init__(self, detail: str, *, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = tuple(headers)

    def members(self) -> dict[str, Any]:
        """The members of `error`, in the published order."""
        return {"status": self.status, "code": self.code, "detail": self.detail}


class InvalidParams(ApiError):
    status = 400
    code = "INVALID_PARAMS"


class NotHttp(ApiError):
    status = 400
    code = "INVALID_PARAMS"

    def __init__(self) -> None:
        super().__init__("What was sent is not an HTTP/1.1 request.")


class Unauthorised(ApiError):
    status = 401
    code = "UNAUTHORIZED"

    def __init__(self) -> None:
        super().__init__("Access could not be verified for this request.")


class UnknownEndpoint(ApiError):
    status = 403
    code = "MISSING_AUTHENTICATION_TOKEN"

    def __init__(self, hint: str = "") -> None:
        text = "Authentication token is missing or the requested endpoint does not exist"
        super().__init__(f"{text}. {hint}" if hint else text)


class AccessDenied(ApiError):
    status = 403
    code = "ACCESS_DENIED"

    def __init__(self, permission: str) -> None:
        super().__init__(f"This account key lacks the permission {permission}.")


class NotFound(ApiError):
    status = 404
    code = "NOT_FOUND"

    def __init__(self, field: str, value: int) -> None:
        super().__init__(f"Could not find {field}: {value}")


class RequestTimeout(ApiError):
    status = 408
    code = "REQUEST_TIMEOUT"

    def __init__(self, part: str, seconds: float) -> None:
        super().__init__(f"The {part} of the request did not arrive within {seconds:.0f} seconds.")


class Conflict(ApiError):
    status = 409

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        blocked_by: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail, headers=headers)
        self.conflict_code = code
        self.blocked_by = blocked_by

    def members(self) -> dict[str, Any]:
        found = {"status": self.status, "code": self.conflict_code, "detail": self.detail}
        return {**found, "blocked_by": self.blocked_by} if self.blocked_by else found


class PreconditionFailed(ApiError):
    status = 412
    code = "PRECONDITION_FAILED"

    def __init__(self, current: str) -> None:
        super().__init__(
            f"The object has changed since: its ETag is now {current}. Read it again, then send the change."
        )


class BodyTooLarge(ApiError):
    status = 413
    code = "BODY_TOO_LARGE"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"The request body is over the limit of {limit_bytes} bytes.")


class UnsupportedMediaType(ApiError):
    status = 415
    code = "UNSUPPORTED_MEDIA_TYPE"

    def __init__(self, hint: str = "") -> None:
        text = "The request body must be JSON: send Content-Type: application/json."
        super().__init__(f"{text} {hint}" if hint else text)


class InvalidBody(ApiError):
    status = 422
    code = "INVALID_BODY"

    def __init__(
        self, problems: Sequence[Problem], detail: str = "There are some issues with the request body."
    ) -> None:
        super().__init__(detail)
        self.problems = tuple(problems)

    def members(self) -> dict[str, Any]:
        return {**super().members(), "validation": self.problems}


class Throttled(ApiError):
    status = 429
    code = "THROTTLED"

    def __init__(self, retry_after_seconds: int, *, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__("Too Many Requests", headers=[("retry-after", str(retry_after_seconds)), *headers])


class QuotaExceeded(ApiError):
    status = 429
    code = "QUOTA_EXCEEDED"

    def __init__(self, retry_after_seconds: int, *, headers: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(
            "Too Many Requests: the daily quota of this vendor is used up. It begins anew at 00:00 UTC.",
            headers=[("retry-after", str(retry_after_seconds)), *headers],
        )


class TooManyFailures(ApiError):
    status = 429
    code = "THROTTLED"

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(
            "Too Many Requests: keys that open nothing came too often from this address. "
            "A key that was used in the last hour is not held up by this.",
            headers=[("retry-after", str(retry_after_seconds))],
        )


class HeadTooLarge(ApiError):
    status = 431
    code = "HEADERS_TOO_LARGE"

    def __init__(self, limit_bytes: int, limit_headers: int) -> None:
        super().__init__(
            f"The address and headers of a request may have {limit_bytes} bytes and {limit_headers} headers."
        )


class ServerFault(ApiError):
    status = 500
    code = "SERVER_ERROR"

    def __init__(self, request_id: str) -> None:
        super().__init__(
            "An unexpected error occurred while processing your request. Please try again in a few minutes. "
            f"If it keeps happening, contact support with Request ID: {request_id}."
        )


class TooManyConnections(ApiError):
    status = 503
    code = "SERVICE_UNAVAILABLE"

    def __init__(self, retry_after_seconds: int = 1) -> None:
        super().__init__(
            "There are too many connections at the moment. Please try again.",
            headers=[("retry-after", str(retry_after_seconds))],
        )


class Unavailable(ApiError):
    status = 503
    code = "SERVICE_UNAVAILABLE"

    def __init__(self, what: str, retry_after_seconds: int = 2) -> None:
        super().__init__(
            f"{what} cannot be reached right now. Please try again; with its Idempotency-Key a POST is safe to repeat.",
            headers=[("retry-after", str(retry_after_seconds))],
        )
