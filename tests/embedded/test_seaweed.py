"""The bundled S3 store, as the program that starts it sees it."""

import os
import signal
import socket
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from openprac.embedded import EmbeddedError
from openprac.embedded.s3_probe import signed_request
from openprac.embedded.seaweed import EmbeddedSeaweed

from .helpers import is_alive, linux, listening_addresses, start_parent, wait_for


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedSeaweed]:
    running = EmbeddedSeaweed(tmp_path_factory.mktemp("store"))
    running.start()
    yield running
    running.stop()


def signed(server: EmbeddedSeaweed, method: str, key: str, body: bytes = b"") -> tuple[int, bytes]:
    return signed_request(
        method,
        server.endpoint,
        f"/{server.bucket}/{key}",
        region=server.region,
        access_key_id=server.access_key_id,
        secret_access_key=server.secret_access_key,
        body=body,
    )


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def unsigned(port: int, path: str, method: str = "GET", body: bytes | None = None) -> int:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, data=body)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_objects_are_written_read_and_removed(server: EmbeddedSeaweed) -> None:
    body = os.urandom(5_000_000)
    assert signed(server, "PUT", "big", body)[0] == 200
    server.flush()
    assert signed(server, "GET", "big") == (200, body)
    assert signed(server, "DELETE", "big")[0] == 204
    assert signed(server, "GET", "big")[0] == 404


@pytest.mark.parametrize(
    ("service", "method", "path"),
    [
        ("s3", "GET", "/"),
        ("s3", "GET", "/openprac"),
        ("s3", "GET", "/openprac/openprac-canary"),
        ("s3", "PUT", "/openprac/intruder"),
        ("s3", "DELETE", "/openprac/openprac-canary"),
        ("s3", "PUT", "/intruder"),
        ("master", "GET", "/dir/assign"),
        ("master", "GET", "/dir/status"),
        ("master", "GET", "/dir/lookup?volumeId=1"),
        ("master", "GET", "/col/delete?collection=openprac"),
        ("master", "GET", "/vol/grow?count=1"),
        ("master", "GET", "/vol/vacuum"),
        ("volume", "GET", "/"),
        ("volume", "GET", "/ui/index.html"),
        ("volume", "GET", "/1,0196e2b8b1"),
        ("volume", "DELETE", "/1,0196e2b8b1"),
        ("filer", "GET", "/"),
        ("filer", "GET", "/buckets/openprac/openprac-canary"),
        ("filer", "PUT", "/buckets/openprac/intruder"),
        ("filer", "DELETE", "/buckets/openprac/openprac-canary"),
        ("admin", "GET", "/"),
        ("admin", "POST", "/api/users"),
    ],
)
def test_unsigned_requests_are_refused(server: EmbeddedSeaweed, service: str, method: str, path: str) -> None:
    body = b"{}" if method in ("PUT", "POST") else None
    assert wait_for(lambda: accepts(server.ports[service])), "the last parts come up after the store is ready"
    assert unsigned(server.ports[service], path, method, body) in (401, 403, 404, 405)
    assert signed(server, "GET", "openprac-canary")[0] == 200


def test_a_wrong_secret_is_refused(server: EmbeddedSeaweed) -> None:
    status, _ = signed_request(
        "GET",
        server.endpoint,
        "/openprac/openprac-canary",
        region=server.region,
        access_key_id=server.access_key_id,
        secret_access_key="wrong",
    )
    assert status == 403


@pytest.mark.skipif(not linux, reason="reads /proc")
def test_it_listens_on_the_loopback_address_alone(server: EmbeddedSeaweed) -> None:
    assert server.pid is not None
    assert listening_addresses(server.pid) == {"0100007F"}


@pytest.mark.skipif(not linux, reason="reads /proc")
def test_telemetry_is_off_and_no_secret_is_in_the_arguments(server: EmbeddedSeaweed) -> None:
    arguments = Path(f"/proc/{server.pid}/cmdline").read_bytes().decode()
    assert "-master.telemetry=false" in arguments
    assert server.secret_access_key not in arguments


def test_a_second_server_on_the_same_directory_is_refused(server: EmbeddedSeaweed) -> None:
    with pytest.raises(EmbeddedError, match=rf"in use: process {os.getpid()} "):
        EmbeddedSeaweed(server._data_dir).start()


def check_acknowledged_objects_survive_kills(data_dir: Path, rounds: int) -> None:
    server = EmbeddedSeaweed(data_dir)
    server.start()
    first = (server.endpoint, server.access_key_id, server.secret_access_key)
    try:
        for attempt in range(rounds):
            assert signed(server, "PUT", f"kept-{attempt}", b"%d" % attempt * 1000)[0] == 200
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            assert wait_for(lambda: server.pid is None)
            server.start()
            assert first == (server.endpoint, server.access_key_id, server.secret_access_key)
            for earlier in range(attempt + 1):
                assert signed(server, "GET", f"kept-{earlier}") == (200, b"%d" % earlier * 1000)
    finally:
        server.stop()
    for name in ("seaweed.json", "seaweed-identities.json"):
        assert stat.S_IMODE((data_dir / name).stat().st_mode) == 0o600


def test_an_acknowledged_object_is_there_after_a_kill(tmp_path: Path) -> None:
    check_acknowledged_objects_survive_kills(tmp_path, 2)


@pytest.mark.prove
def test_an_acknowledged_object_is_there_after_every_kill(tmp_path: Path) -> None:
    check_acknowledged_objects_survive_kills(tmp_path, 20)


def test_objects_stay_when_the_parent_is_killed_and_a_port_is_taken(tmp_path: Path) -> None:
    parent, pid = start_parent("seaweed", "EmbeddedSeaweed", tmp_path)
    parent.kill()
    parent.wait()
    server = EmbeddedSeaweed(tmp_path)
    # At once: the start waits for the dying predecessor.
    server.start()
    assert not is_alive(pid)
    taken = dict(server.ports)
    assert signed(server, "PUT", "kept", b"here")[0] == 200
    server.stop()
    blocked = {taken[name] for name in ("s3", "master", "volume", "filer")}
    blockers = [socket.create_server(("127.0.0.1", port)) for port in blocked]
    try:
        server.start()
        # The other old ports are free again and may be drawn for anything.
        assert not blocked & set(server.ports.values())
        assert signed(server, "GET", "kept") == (200, b"here")
        assert signed(server, "PUT", "more", b"there")[0] == 200
        assert signed(server, "GET", "more") == (200, b"there")
    finally:
        server.stop()
        for blocker in blockers:
            blocker.close()
