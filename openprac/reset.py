"""`openprac demo --reset`: the demo's data is thrown away, its keys stay. Careful about what it removes.

Only in a directory with the mark that `demo` leaves where it made the database itself, only the folders named here,
and never while anything of ours still runs there.
"""

import shutil
from pathlib import Path

from openprac.embedded.process import ServerLocks
from openprac.instance import InstanceError

MARK = "openprac-demo"
MARK_TEXT = "openprac demo made this directory: all data in it is invented, and `openprac demo --reset` removes it.\n"
# The database first: without it the rest is rebuilt, so a reset that is killed half-way is as good as a whole one.
FOLDERS = ("postgres", "postgres.new", "seaweed", "metrics", "run", "logs")
SERVERS = ("postgres", "seaweed")
BIN = "removing"


def leave_mark(path: Path) -> None:
    """Note that the demo made this directory, if it has no database yet. Call it with the directory claimed."""
    if not (path / FOLDERS[0]).exists():
        (path / MARK).write_text(MARK_TEXT)


def check_resettable(path: Path) -> None:
    """InstanceError unless the directory is the demo's, or there is nothing in it. Touches nothing."""
    if path.exists() and not path.is_dir():
        raise InstanceError(f"{path} is not a directory: nothing was removed.")
    if path.exists() and any(path.iterdir()) and not (path / MARK).is_file():
        raise InstanceError(f"{path} was not made by `openprac demo`: nothing was removed.")
    for name in (*FOLDERS, BIN):
        if (path / name).is_symlink():
            raise InstanceError(f"{path / name} is a link: nothing was removed; remove by hand what it leads to.")


def reset(path: Path) -> None:
    """Remove the demo's data. Call it with the directory claimed. InstanceError leaves everything in place."""
    check_resettable(path)
    for name in SERVERS:
        # A server whose supervisor was killed may still be shutting down.
        locks = ServerLocks(path, name)
        locks.acquire()
        locks.release()
    remains = path / BIN
    if remains.exists():
        shutil.rmtree(remains)
    remains.mkdir(mode=0o700)
    for name in FOLDERS:
        if (path / name).exists():
            (path / name).rename(remains / name)
    shutil.rmtree(remains)
