"""`python -m bench.null PORT BYTES`: a server of one fixed answer, to see what the load generator can do."""

import asyncio
import sys
from typing import cast

import uvloop


class Answer(asyncio.Protocol):
    """One answer for every piece received: the generator's requests come whole."""

    whole = b""
    transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of no class of asyncio's.
        self.transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, _data: bytes) -> None:
        self.transport.write(self.whole)


async def main(port: int, size: int) -> None:
    Answer.whole = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size + b"x" * size
    server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
