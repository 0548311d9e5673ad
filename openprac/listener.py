"""The one listening socket of a server, bound by the supervisor and inherited by every worker."""

import asyncio
import errno
import socket

from openprac.instance import InstanceError
from openprac.settings import Settings

BACKLOG = 2048
# A server that was just killed may hold its port for a moment longer.
BIND_WAIT_SECONDS = 1.0
BIND_POLL_SECONDS = 0.05


async def bind(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes any free one. Raises InstanceError with what to do about it."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise InstanceError(f"The host {host!r} (OPENPRAC_HOST) has no address here: {error.strerror}.") from None
    family, kind, protocol, _, address = found[0]
    deadline = loop.time() + BIND_WAIT_SECONDS
    while True:
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            # At once: of two sockets bound and not listening, both processes would believe to have the port.
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE or loop.time() > deadline:
                raise InstanceError(_why(host, port, error)) from None
            await asyncio.sleep(BIND_POLL_SECONDS)
        else:
            return listener


def origin(settings: Settings) -> str:
    """Scheme, host and port under which this machine reaches the server, unless OPENPRAC_BASE_URL says another."""
    if settings.base_url:
        return settings.base_url.rstrip("/").removesuffix("/v1")
    # Listening on every address: this machine's own is one of them.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken: stop what uses it, or choose another with --port (0: any free one)."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} is not open to this user: choose one from 1024 up with --port."
    return f"Cannot listen on {host}, port {port}: {error.strerror}."
