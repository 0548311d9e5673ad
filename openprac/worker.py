"""One worker process: `python -m openprac.worker`, started by the supervisor (openprac/serve.py), never by hand.

It inherits four descriptors, told by environment variables: the listening socket, the memory all workers share, a
pipe on which one line of JSON (the settings as variables, with the addresses of the servers that were starting
meanwhile) arrives, and a pipe on which it says `ready`, or `failed: WHY`. While it lives it keeps that last one open,
so its end shows there.
Settings come by the pipe and not in the environment, where any program of the same user could read their secrets.
"""

import json
import os
import resource
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

LISTEN_VARIABLE = "OPENPRAC_LISTEN_FD"
MEMORY_VARIABLE = "OPENPRAC_MEMORY_FD"
SETTINGS_VARIABLE = "OPENPRAC_SETTINGS_FD"
STATUS_VARIABLE = "OPENPRAC_STATUS_FD"

# Longer than the 60 s after which common proxies drop an idle connection, so that it is never we who race them.
KEEP_ALIVE_SECONDS = 75
GRACEFUL_SECONDS = 5
BACKLOG = 2048
STATUS_MAX_BYTES = 2000
FILES_BESIDE = 500
"""Descriptors for the database, the store, metrics and what the interpreter has open."""

Application = Callable[[Any, Any, Any], Awaitable[None]]


def main() -> None:
    """Serve until SIGTERM. Exits with a status after `failed: WHY` on the status pipe when it cannot."""
    status_fd = int(os.environ.pop(STATUS_VARIABLE))
    settings_fd = int(os.environ.pop(SETTINGS_VARIABLE))
    listener = socket.socket(fileno=int(os.environ.pop(LISTEN_VARIABLE)))
    memory = os.fdopen(int(os.environ.pop(MEMORY_VARIABLE)), "r+b", buffering=0)
    # The heavy imports come before the settings: they overlap with the start of the database.
    import uvicorn

    from openprac import logs
    from openprac.app import create_app
    from openprac.protocol import Bounds, bounded
    from openprac.settings import Settings, SettingsError

    with os.fdopen(settings_fd) as pipe:
        line = pipe.readline()
    if not line:  # the supervisor ended before it had anything to serve
        return
    try:
        settings = Settings.from_environment(json.loads(line))
        app = create_app(settings, memory)
    except (SettingsError, ValueError) as error:  # ValueError: an address that is none, say
        _tell_failure(status_fd, str(error))
        sys.exit(1)
    logs.configure(settings.log_level)
    _allow_files(settings.connections)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                os.write(status_fd, b"ready\n")

    config = uvicorn.Config(
        telling(app, lambda why: _tell_failure(status_fd, why)),
        loop="uvloop",
        http=bounded(Bounds(settings.head_seconds, settings.body_seconds, settings.connections)),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
    )
    Server(config).run(sockets=[listener])


def _allow_files(connections: int) -> None:
    """As many descriptors as there may be connections, where the system lets us: the usual bound is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def telling(app: Application, tell: Callable[[str], None]) -> Application:
    """The same application, which also tells why its start-up failed: uvicorn would only log that it did."""

    async def told(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return

        async def watched(message: Any) -> None:
            if message["type"] == "lifespan.startup.failed":
                tell(message.get("message", "").strip().rpartition("\n")[2])
            elif message["type"] == "lifespan.startup.complete":
                started.append(True)
            await send(message)

        started: list[bool] = []
        try:
            await app(scope, receive, watched)
        except BaseException as error:
            if not started:
                tell(f"{type(error).__name__}: {error}")
            raise

    return told


def _tell_failure(status_fd: int, why: str) -> None:
    text = " ".join(why.split()) or "it gave no reason"
    os.write(status_fd, f"failed: {text}"[:STATUS_MAX_BYTES].encode("utf-8", "replace") + b"\n")


if __name__ == "__main__":
    main()
