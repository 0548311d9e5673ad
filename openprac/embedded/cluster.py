"""What surrounds a running server on disk: the cluster's owner and version, leftovers of a kill, the socket's place."""

import hashlib
import os
import re
import socket
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from openprac.embedded import EmbeddedError, process, programs
from openprac.embedded.programs import Identity, Programs

SOCKET_PORT = 5432
# The kernel's limit is 107 bytes for the whole name, `/.s.PGSQL.5432` included; the lock beside it is longer still.
SOCKET_DIR_MAX_BYTES = 107 - len("/.s.PGSQL.5432.lock")


def check_version(cluster: Path, binaries: Programs) -> None:
    """EmbeddedError if the cluster was made by another major version than the programs."""
    major = (cluster / "PG_VERSION").read_text().strip()
    if major != str(binaries.major):
        raise EmbeddedError(
            f"{cluster} was made by PostgreSQL {major} and the one found is {binaries.major}; start once with"
            f" version {major} and back up, then restore into an empty data directory."
        )


def remove_stale_pid_file(cluster: Path) -> None:
    """Take away what a killed server left; the caller holds the lock every server of ours inherits.

    So none of ours runs, but PostgreSQL would only look whether *any* process has that id now, which after a restart
    of a container some other one usually has. EmbeddedError if a server started by other means is at work.
    """
    pid_file = cluster / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError):
        pid = int(pid_file.read_text().split("\n")[0])
        if process.process_name(pid) == "postgres" and _works_in(pid, cluster):
            raise EmbeddedError(f"A PostgreSQL started by other means (process {pid}) uses {cluster}; stop it first.")
    pid_file.unlink(missing_ok=True)


def _works_in(pid: int, directory: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(directory)
    except OSError:
        # Not ours to look at, or a system without /proc: assume the worst.
        return True


def seen_from_inside(cluster: Path, identity: Identity) -> str:
    """The cluster's path for the server.

    The guard has entered the directory already, so a server whose account cannot walk there by name (a closed
    directory above it) reaches it as its own working directory.
    """
    if identity.guard == "plain" or programs.may_enter(cluster.parent, identity):
        return str(cluster)
    return "/proc/self/cwd"


def own_tree(cluster: Path, identity: Identity) -> None:
    """Hand an existing cluster to the account that runs it now (root moved between the two ways)."""
    if os.geteuid() != 0 or cluster.stat().st_uid == identity.uid:
        return
    for directory, names, files in os.walk(cluster, topdown=False):
        for name in (*names, *files):
            os.chown(os.path.join(directory, name), identity.uid, identity.gid, follow_symlinks=False)
    # The top last: it is what the check above reads, so an interrupted change is taken up again.
    os.chown(cluster, identity.uid, identity.gid)


def choose_socket_dir(data_dir: Path, identity: Identity) -> Path:
    """A short directory for the socket that only the server's account (and root) can enter, cleared of leftovers."""
    chosen = _find_socket_dir(data_dir, identity)
    for name in (f".s.PGSQL.{SOCKET_PORT}", f".s.PGSQL.{SOCKET_PORT}.lock"):
        (chosen / name).unlink(missing_ok=True)
    return chosen


def _find_socket_dir(data_dir: Path, identity: Identity) -> Path:
    beside = data_dir / "run"
    # PostgreSQL splits the setting, and the URL its hosts, at commas.
    simple = re.fullmatch(r"[A-Za-z0-9._/-]+", str(beside)) and len(os.fsencode(beside)) <= SOCKET_DIR_MAX_BYTES
    if simple and (identity.guard == "plain" or programs.may_enter(data_dir, identity)):
        with suppress(OSError):
            return _private_socket_dir(beside, identity)
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    with suppress(OSError):
        return _private_socket_dir(Path(tempfile.gettempdir()) / f"openprac-{os.geteuid()}-{digest}", identity)
    made = Path(tempfile.mkdtemp(prefix="openprac-"))
    os.chown(made, identity.uid, identity.gid)
    return made


def _private_socket_dir(path: Path, identity: Identity) -> Path:
    """Make or take over the directory; OSError if it is not ours alone or the file system has no sockets."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    status = path.lstat()
    if not stat.S_ISDIR(status.st_mode) or stat.S_IMODE(status.st_mode) & 0o077:
        raise PermissionError(f"{path} is not private")
    if status.st_uid not in (os.geteuid(), identity.uid):
        raise PermissionError(f"{path} belongs to someone else")
    if status.st_uid != identity.uid:
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    trial = path / ".trial"
    trial.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as probe:
        probe.bind(str(trial))
    trial.unlink()
    return path
