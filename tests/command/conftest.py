"""One demo instance for all tests of the command, started once and started again by whoever stopped or killed it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

START_SECONDS = 60.0
STOP_SECONDS = 40.0
REPOSITORY = Path(__file__).parents[2]
OPENPRAC = [sys.executable, "-m", "openprac"]
# What a developer has set for a server of theirs must not reach the tests.
FOREIGN = ("OPENPRAC_", "S3_", "DATABASE_URL", "OWNER_DATABASE_URL")


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    return {**kept, "PYTHONPATH": str(REPOSITORY), **more}


def poll(true, seconds=20.0):
    """Wait for `true()` to give something, and give it; the test fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, "not within the time"
        time.sleep(0.02)
    return value


def processes_of(data_dir):
    """Every process that works in a data directory: by its command line, working directory or environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            about = [
                (entry / "cmdline").read_bytes(),
                (entry / "environ").read_bytes(),
                os.readlink(entry / "cwd").encode(),
            ]
            if (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z":
                continue
        except OSError:
            continue
        if any(str(data_dir).encode() in text for text in about):
            found.append(int(entry.name))
    return found


class Instance:
    """`openprac demo` on a data directory of its own."""

    def __init__(self, data_dir, *options):
        self.data_dir = data_dir
        self.ready_file = data_dir.with_name(data_dir.name + "-ready.json")
        self.output = data_dir.with_name(data_dir.name + "-output.txt")
        self.errors = data_dir.with_name(data_dir.name + "-errors.txt")
        self.options = options
        self.process = None
        self.ready = {}

    def spawn(self, *options):
        """Start it without waiting."""
        command = [*OPENPRAC, "demo", "--data-dir", self.data_dir, "--port", "0", "--ready-file", self.ready_file]
        with self.output.open("w") as output, self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*command, *self.options, *options], stdout=output, stderr=errors, env=environment()
            )

    def start(self, *options):
        """Start it unless it runs, and wait until it accepts requests."""
        if self.process is None or self.process.poll() is not None:
            self.spawn(*options)
            self.wait_ready()
        return self

    def wait_ready(self):
        def ready():
            assert self.process.poll() is None, self.errors.read_text()
            with suppress(FileNotFoundError):  # not there yet, or the one of a killed run is just being taken away
                return json.loads(self.ready_file.read_text())["pid"] == self.process.pid
            return False

        poll(ready, START_SECONDS)
        self.ready = json.loads(self.ready_file.read_text())

    def stop(self, number=signal.SIGINT):
        """Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)

    def get(self, path, headers=None):
        """(status, body) of a GET, 0 when nobody answers."""
        base = self.ready["base_url"].removesuffix("/v1")
        request = urllib.request.Request(base + path, headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def keys(self):
        return {"x-api-key": self.ready["x_api_key"], "a-api-key": self.ready["clinics"][0]["a_api_key"]}

    def command(self, *arguments, **more):
        """Run another command on the same data directory."""
        return run_openprac(*arguments, "--data-dir", self.data_dir, **more)

    def workers(self):
        """The process ids of the workers."""
        found = []
        for pid in processes_of(self.data_dir):
            try:
                if b"openprac.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(pid)
            except OSError:
                continue
        return sorted(found)


def run_openprac(*arguments, **more):
    """One run of the command to its end, with its output."""
    return subprocess.run(
        [*OPENPRAC, *arguments], capture_output=True, text=True, timeout=90, env=environment(**more), check=False
    )


@pytest.fixture(scope="session")
def _instance(tmp_path_factory):
    instance = Instance(tmp_path_factory.mktemp("command") / "data", "--workers", "2")
    yield instance
    if instance.process is not None:
        instance.stop()


@pytest.fixture
def instance(_instance):
    """The shared instance, running."""
    return _instance.start()


@pytest.fixture
def new_instance(tmp_path):
    """Makes an instance of the test's own, stopped with the test."""
    made = []

    def make(*options):
        made.append(Instance(tmp_path / f"data{len(made)}", *options))
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            one.stop(signal.SIGKILL)
            # They end by themselves; a store that was just started takes its time about it.
            for pid in processes_of(one.data_dir):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@pytest.fixture
def clean_environment():
    return environment


@pytest.fixture
def openprac():
    return run_openprac


@pytest.fixture
def waiting():
    return poll


@pytest.fixture
def processes():
    return processes_of
