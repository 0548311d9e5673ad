"""kill -9 of server, PostgreSQL, both, a worker, over and over under load: every acknowledged write is there, once.

    python -m tests.faults.kills --kills 200 --seed 1

Writers never stop: a write that was cut is repeated with its Idempotency-Key until it is acknowledged, as a client
would. In the end the patients found are exactly the writes acknowledged.
"""

import argparse
import os
import random
import signal
import statistics
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import httpx

from tests.command.conftest import Instance, poll, processes_of

WRITERS = 4
PAUSE_SECONDS = 0.05
BETWEEN_KILLS_SECONDS = (0.2, 1.5)
BACK_SECONDS = 60
VICTIMS = ("server", "postgres", "both", "worker")
BROUGHT_BACK = ("postgres", "worker")
SURNAME = "Unbroken"


@dataclass
class Load:
    """What the writers were told. acknowledged: surname -> client_id. answers: how often which status came."""

    instance: Instance
    acknowledged: dict[str, int] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    cut: int = 0
    succeeded_at: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write_until_ended(self, writer: int) -> None:
        number = 0
        while not self.ended.is_set():
            self._write(f"{SURNAME} {writer} {number}")
            number += 1
            self.ended.wait(PAUSE_SECONDS)

    def _write(self, surname: str) -> None:
        """One patient, asked for again and again with one key until somebody says it is there."""
        key = {"idempotency-key": str(uuid4())}
        body = {"first_name": "Robin", "surname": surname}
        while True:
            with suppress(httpx.TransportError), self._api() as api:
                while True:
                    answer = api.post("/patient", json=body, headers=key)
                    with self.lock:
                        self.answers[answer.status_code] += 1
                    if answer.status_code == 201:
                        with self.lock:
                            self.acknowledged[surname] = answer.json()["client_id"]
                            self.succeeded_at = time.monotonic()
                        return
                    self.ended.wait(PAUSE_SECONDS)
            with self.lock:
                self.cut += 1
            time.sleep(PAUSE_SECONDS)

    def _api(self) -> httpx.Client:
        return httpx.Client(base_url=self.instance.ready["base_url"], headers=self.instance.keys(), timeout=10)

    def found(self) -> Counter[str]:
        """The surnames of the patients there are, each as often as there is one."""
        names: Counter[str] = Counter()
        with self._api() as api:
            page = 1
            while rows := api.get(
                "/patient",
                params={"q[]": f"surname:~{SURNAME}", "page": page, "page_size": 200, "sort_by": "client_id"},
            ).json()["clients"]:
                names.update(row["surname"] for row in rows)
                page += 1
        return names


@dataclass(frozen=True)
class Outcome:
    """back_seconds: to the next acknowledged write, from the kill of what is brought back, or the new start."""

    kills: Counter[str]
    acknowledged: int
    cut: int
    answers: Counter[int]
    lost: list[str]
    doubled: list[str]
    unasked: list[str]
    back_seconds: dict[str, list[float]]


def kill(instance: Instance, victim: str) -> None:
    """End it as a power cut would; what ends with it is gone on return. What is BROUGHT_BACK needs no new start."""
    assert instance.process
    if victim in BROUGHT_BACK:
        os.kill(_postgres(instance) if victim == "postgres" else instance.workers()[0], signal.SIGKILL)
        return
    victims = processes_of(instance.data_dir) if victim == "both" else [instance.process.pid]
    for pid in victims:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    instance.process.wait(10)
    poll(lambda: not processes_of(instance.data_dir), BACK_SECONDS)


def _postgres(instance: Instance) -> int:
    def running() -> int:
        with suppress(OSError, ValueError, IndexError):
            pid = int((instance.data_dir / "postgres" / "postmaster.pid").read_text().split()[0])
            if Path(f"/proc/{pid}").exists():
                return pid
        return 0

    return int(poll(running, BACK_SECONDS))


def run(instance: Instance, kills: int, seed: int) -> Outcome:
    """The instance runs, and runs again in the end."""
    chance = random.Random(seed)
    load = Load(instance)
    writers = [
        threading.Thread(target=load.write_until_ended, args=(number,), daemon=True) for number in range(WRITERS)
    ]
    counts: Counter[str] = Counter()
    back: dict[str, list[float]] = {victim: [] for victim in VICTIMS}
    for writer in writers:
        writer.start()
    try:
        poll(lambda: load.succeeded_at > 0, BACK_SECONDS)
        for number in range(kills):
            time.sleep(chance.uniform(*BETWEEN_KILLS_SECONDS))
            victim = VICTIMS[number % len(VICTIMS)]
            kill(instance, victim)
            counts[victim] += 1
            since = time.monotonic()
            if victim not in BROUGHT_BACK:
                instance.start()
            poll(lambda since=since: load.succeeded_at > since, BACK_SECONDS)
            back[victim].append(load.succeeded_at - since)
    finally:
        load.ended.set()
        for writer in writers:
            writer.join(BACK_SECONDS)
    found = load.found()
    return Outcome(
        kills=counts,
        acknowledged=len(load.acknowledged),
        cut=load.cut,
        answers=load.answers,
        lost=sorted(set(load.acknowledged) - set(found)),
        doubled=sorted(name for name, times in found.items() if times > 1),
        unasked=sorted(set(found) - set(load.acknowledged)),
        back_seconds=back,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills") as directory:
        instance = Instance(Path(directory) / "data", "--workers", "2")
        try:
            outcome = run(instance.start(), options.kills, options.seed)
        finally:
            instance.stop(signal.SIGKILL)
            poll(lambda: not processes_of(instance.data_dir), BACK_SECONDS)
    print(
        f"{sum(outcome.kills.values())} kills {dict(outcome.kills)}: {outcome.acknowledged} writes acknowledged, "
        f"{len(outcome.lost)} lost, {len(outcome.doubled)} twice, {len(outcome.unasked)} nobody asked for; "
        f"{outcome.cut} cut and repeated; answers {dict(outcome.answers)}"
    )
    for victim, seconds in outcome.back_seconds.items():
        if len(seconds) > 1:
            print(
                f"{victim}: first write after it {statistics.median(seconds):.2f} s in the median, "
                f"{statistics.quantiles(seconds, n=20)[-1]:.2f} s at p95"
            )


if __name__ == "__main__":
    main()
