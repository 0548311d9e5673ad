"""What processes have used, read from /proc: processor seconds of a whole tree, resident memory of one process."""

import os
from pathlib import Path

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")
# Positions behind the name in /proc/PID/stat, which ends with the last ")".
PPID, UTIME, STIME, CUTIME, CSTIME = 1, 11, 12, 13, 14


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """`root` and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(_stat(int(entry))[PPID]), []).append(int(entry))
            except (OSError, IndexError):
                continue  # gone while we looked
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_seconds(root: int) -> float:
    """User and system time of a tree, with that of children who have ended and were waited for."""
    ticks = 0
    for pid in tree(root):
        try:
            fields = _stat(pid)
        except OSError:
            continue
        ticks += sum(int(fields[position]) for position in (UTIME, STIME, CUTIME, CSTIME))
    return ticks * TICK_SECONDS


def one_running(root: int, module: str) -> int:
    """The first of a tree that runs `python -m module`."""
    for pid in tree(root):
        if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
            return pid
    raise LookupError(f"nothing below process {root} runs {module}")


def resident_mb(pid: int) -> float:
    """Resident set, in MB of 1,000,000 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0


def machine_seconds() -> tuple[float, float]:
    """Of all cores since the start: busy (whoever it was, a hypervisor's other guests too), and in all."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) * TICK_SECONDS, sum(ticks) * TICK_SECONDS
