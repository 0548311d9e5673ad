"""An attacker, as a process of its own that goes on until it is killed: `python -m tests.limits.attack KIND URL`.

Keys come in the environment, as the headers in JSON.
"""

import asyncio
import json
import os
import sys
from contextlib import suppress
from urllib.parse import urlsplit

SLOW_SENDERS = 100
BUSY_SENDERS = 4
PAUSE_SECONDS = 0.5
HEAD_BYTES = 1_000_000
BODY_BYTES = 8_000_000


async def attack(kind: str, host: str, port: int, keys: bytes) -> None:
    """One attacker's connection, from its beginning to its end."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        if kind == "slow heads":
            writer.write(b"GET /v1/sex HTTP/1.1\r\n")
            while not reader.at_eof() and not writer.is_closing():
                await asyncio.sleep(PAUSE_SECONDS)
                writer.write(b"X-A: b\r\n")
                await writer.drain()
        elif kind == "slow bodies":
            writer.write(b"POST /v1/patient HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n" + keys + b"\r\n")
            while not reader.at_eof() and not writer.is_closing():
                await asyncio.sleep(PAUSE_SECONDS)
                writer.write(b" ")
                await writer.drain()
        elif kind == "long heads":
            writer.write(b"GET /v1/sex HTTP/1.1\r\nX-Long: " + b"x" * HEAD_BYTES + b"\r\n\r\n")
            await writer.drain()
            await reader.read()
        elif kind == "long bodies":
            head = f"POST /v1/patient HTTP/1.1\r\nHost: x\r\nContent-Length: {BODY_BYTES}\r\n".encode() + keys + b"\r\n"
            writer.write(head + b"x" * BODY_BYTES)
            await writer.drain()
            await reader.readline()
    finally:
        writer.close()


async def main(kind: str, url: str) -> None:
    address = urlsplit(url)
    assert address.hostname
    assert address.port
    given = json.loads(os.environ["KEYS"])
    keys = "".join(f"{name}: {value}\r\n" for name, value in given.items()).encode()

    async def again_and_again() -> None:
        while True:
            with suppress(OSError):
                await attack(kind, str(address.hostname), int(address.port or 0), keys)
            await asyncio.sleep(0.01)

    senders = SLOW_SENDERS if kind.startswith("slow") else BUSY_SENDERS
    await asyncio.gather(*(again_and_again() for _ in range(senders)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
