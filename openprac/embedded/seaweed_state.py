"""What the bundled S3 store keeps between runs: its keys, and ports that stay the same while they are free."""

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

from openprac.embedded import EmbeddedError

STATE = "seaweed.json"
ADDRESS = "127.0.0.1"
SERVICES = ("s3", "master", "volume", "filer", "admin", "webdav")
# gRPC listens 10,000 above each of these. Both ranges stay below the ports the kernel gives to outgoing connections.
FIRST_PORT = 20_000
LAST_PORT = 22_700
GRPC_OFFSET = 10_000
PORT_ATTEMPTS = 1000
SIGNING_VARIABLES = (
    "WEED_JWT_SIGNING_KEY",
    "WEED_JWT_SIGNING_READ_KEY",
    "WEED_JWT_FILER_SIGNING_KEY",
    "WEED_JWT_FILER_SIGNING_READ_KEY",
)


def _signing_keys() -> dict[str, str]:
    return {name: secrets.token_urlsafe(32) for name in SIGNING_VARIABLES}


@dataclass(frozen=True)
class SeaweedState:
    """The content of `seaweed.json`."""

    access_key_id: str = field(default_factory=lambda: "openprac" + secrets.token_hex(8))
    secret_access_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    signing: dict[str, str] = field(default_factory=_signing_keys)
    ports: dict[str, int] = field(default_factory=dict)


def read_state(data_dir: Path) -> SeaweedState:
    """Keys and ports of the last run, or of the one that goes on; keys made up and no ports where there was none.

    EmbeddedError if the file is damaged.
    """
    path = data_dir / STATE
    try:
        return SeaweedState(**json.loads(path.read_text()))
    except FileNotFoundError:
        return SeaweedState()
    except (ValueError, TypeError) as error:
        raise EmbeddedError(f"{path} is damaged; restore it from a back-up, or remove it to get new keys.") from error


def load_state(data_dir: Path) -> SeaweedState:
    """The same for a new run: free ports instead of taken ones. EmbeddedError also if no port is free."""
    last = read_state(data_dir)
    ports = _free_ports(last.ports)
    if ports == last.ports:
        return last
    state = SeaweedState(last.access_key_id, last.secret_access_key, last.signing, ports)
    write_private(data_dir / STATE, json.dumps(asdict(state), indent=1))
    return state


def _free_ports(wanted: dict[str, int]) -> dict[str, int]:
    """A port per service: the one of the last run where it is still free, as clients may know it."""
    chosen: dict[str, int] = {}
    for service in SERVICES:
        candidates = [secrets.randbelow(LAST_PORT - FIRST_PORT) + FIRST_PORT for _ in range(PORT_ATTEMPTS)]
        if service in wanted:
            candidates.insert(0, wanted[service])
        for port in candidates:
            if port not in chosen.values() and _is_free(port) and _is_free(port + GRPC_OFFSET):
                chosen[service] = port
                break
        else:
            raise EmbeddedError(f"No free port on {ADDRESS} between {FIRST_PORT} and {LAST_PORT}; stop what uses them.")
    return chosen


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections of the last run that linger do not make a port taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def write_private(path: Path, text: str) -> None:
    """Replace a file, readable by us alone, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
