"""OpenPrac-Fault, in the sandbox only: a header that makes an error come true, for clients that test their handling."""

import asyncio
import re

from openprac.errors import Conflict, InvalidParams, ServerFault, Throttled, Unavailable

SLOW_MAX_SECONDS = 60.0


async def play_fault(asked: str, request_id: str) -> None:
    """`429`, `409`, `500`, `503` or `slow=SECONDS` (at most 60, then the request goes on). Nothing is written."""
    match asked.strip():
        case "":
            return
        case "429":
            raise Throttled(1)
        case "409":
            raise Conflict("RESERVE_APPOINTMENT_CONFLICT", "This appointment slot is taken.")
        case "500":
            raise ServerFault(request_id)
        case "503":
            raise Unavailable("The database")
        case slow if found := re.fullmatch(r"slow=([0-9]{1,2}(?:\.[0-9]{1,3})?)", slow):
            await asyncio.sleep(min(float(found[1]), SLOW_MAX_SECONDS))
        case _:
            raise InvalidParams("OpenPrac-Fault must be one of: 429, 409, 500, 503, slow=SECONDS.")
