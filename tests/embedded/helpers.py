"""Processes of the tests: a parent to kill, and what is left of its children."""

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

# The server is started from a thread that ends at once, as a program's start-up does.
PARENT = """
import sys, threading, time
from pathlib import Path
from openprac.embedded.{module} import {name}
server = {name}(Path(sys.argv[1]))
thread = threading.Thread(target=server.start)
thread.start()
thread.join()
print(server.pid, flush=True)
time.sleep(120)
"""

linux = sys.platform == "linux"


def start_parent(
    module: str, name: str, data_dir: Path, user: int | None = None, python: str = sys.executable
) -> tuple[subprocess.Popen[str], int]:
    """A process that starts a server and then waits; the process and its server's id."""
    parent = subprocess.Popen(
        [python, "-c", PARENT.format(module=module, name=name), str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPOSITORY,
        env={
            "PATH": os.environ["PATH"],
            # The packages too: another interpreter does not know this environment.
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), sysconfig.get_path("platlib")]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        user=user,
        group=user,
        extra_groups=None if user is None else [],
    )
    assert parent.stdout is not None
    line = parent.stdout.readline().strip()
    assert line.isdigit(), f"the parent did not start its server: {line!r}"
    return parent, int(line)


def is_alive(pid: int) -> bool:
    if linux:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task").glob("*/children") if linux else []
    return [pid, *(int(child) for path in children for child in path.read_text().split())]


def wait_for(condition: Callable[[], bool], seconds: float = 15.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def listening_addresses(pid: int) -> set[str]:
    """The local addresses a process listens on, as the kernel's tables write them."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = os.readlink(descriptor)
        except OSError:
            continue
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            listens = table.startswith("udp") or fields[3] == "0A"
            if fields[9] in inodes and listens:
                found.add(fields[1].split(":")[0])
    return found
