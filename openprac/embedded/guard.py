"""Run a program that dies with its parent: `python -I -S guard.py PARENT_PID SIGNAL IDENTITY CWD PROGRAM [ARG ...]`.

A program of its own instead of a `preexec_fn`, because Python code between fork and exec can deadlock in a process
with threads. It imports next to nothing: it stands in the way of every start.

IDENTITY is `plain`, `userns:UID:GID` (a user namespace in which we appear as that account, root outside) or
`user:UID:GID` (give root up). Without PROGRAM it ends with 0 once the identity is taken: a probe.
Exit codes of its own: 97 the identity is refused, 98 the parent is gone, 99 the program cannot be executed.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress

EXIT_IDENTITY_REFUSED = 97
EXIT_PARENT_GONE = 98
EXIT_NOT_EXECUTABLE = 99

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
SUPERVISE_POLL_SECONDS = 0.2

# Loaded at once: after a change of identity Python's own library may be out of reach.
LIBC = ctypes.CDLL(None, use_errno=True)


def _fail(code: int, message: str) -> None:
    sys.stderr.write(f"guard: {message}\n")
    sys.stderr.flush()
    os._exit(code)


def _libc_call(name: str, *arguments: int) -> None:
    if getattr(LIBC, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def take_identity(identity: str) -> None:
    """Become who IDENTITY names; OSError where the kernel or a container's policy refuses."""
    kind, _, account = identity.partition(":")
    if kind == "plain":
        return
    uid, gid = (int(number) for number in account.split(":"))
    if kind == "userns":
        outer_uid, outer_gid = os.geteuid(), os.getegid()
        _libc_call("unshare", CLONE_NEWUSER)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/gid_map", f"{gid} {outer_gid} 1")
        _write("/proc/self/uid_map", f"{uid} {outer_uid} 1")
    else:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _supervise(parent_pid: int, death_signal: int, program: list[str]) -> None:
    """Where the kernel has no parent-death signal: stay, pass signals on, look after the parent (best effort)."""
    child = os.posix_spawn(program[0], program, os.environ)

    def pass_on(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):
            os.kill(child, number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, pass_on)
    orphaned = False
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            os._exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
        if not orphaned and os.getppid() != parent_pid:
            orphaned = True
            os.kill(child, death_signal)
        time.sleep(SUPERVISE_POLL_SECONDS)


def main(arguments: list[str]) -> None:
    parent_pid, death_signal, identity, cwd, *program = arguments
    # Entered before the identity changes: the program may be unable to walk there by itself, and a working
    # directory once entered stays usable whatever the directories above it allow.
    os.chdir(cwd)
    try:
        take_identity(identity)
    except OSError as error:
        _fail(EXIT_IDENTITY_REFUSED, f"{identity} refused: {error}")
    if not program:
        os._exit(0)
    try:
        if sys.platform != "linux" or os.environ.pop("OPENPRAC_GUARD_SUPERVISE", ""):
            _supervise(int(parent_pid), int(death_signal), program)
        # After the identity, which clears it.
        _libc_call("prctl", PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent_pid):
            _fail(EXIT_PARENT_GONE, "the parent ended before the start")
        os.execv(program[0], program)  # noqa: S606
    except OSError as error:
        _fail(EXIT_NOT_EXECUTABLE, f"cannot run {program[0]}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
