"""Recall and latency of GET /v1/x/patient_match over HTTP on a crowd; in `make prove` it is 100,000 strong."""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import asyncpg
import httpx
import pytest

from openprac.app import create_app
from tests.cast import Cast, serving
from tests.own_database import SmallClinic, small_clinic
from tests.patient_match.crowd import Patient, crowd, fill
from tests.patient_match.mangled import WAYS, questions

# Part of the questions whose patient must be among the matches (at most 20), by way. A name alone is not always
# enough: after two slips it may be another's name.
RECALL_MIN = 0.95
RECALL_MIN_OF = {"two slips in the surname": 0.75, "one slip in each": 0.8, "phone without area": 0.9}
PROVEN_P95_MS = 30.0

# Texts few, some and many names hold; the ones without a name's index are shown and held to nothing.
LOOKED_FOR = {
    "surname": ("xqz", "smith", "featherst", "son", "ley"),
    "first_name": ("zoe", "mar", "ann"),
    "preferred_name": ("mar",),
}
SCANNED = {"email": ("zzz", "smith.1", "example"), "mobile": ("5550 12", "+61"), "phone": ("55501234", "555")}


@dataclass(frozen=True)
class Ground:
    client: httpx.Client
    patients: list[Patient]
    ids: list[int]


@contextmanager
def ground(cast: Cast, name: str, count: int) -> Iterator[Ground]:
    clinic = small_clinic(cast.settings, name, rate_per_second=100_000)
    patients = list(crowd(count))
    ids = asyncio.run(_filled(clinic, patients))
    with (
        serving(create_app(clinic.settings)) as base_url,
        httpx.Client(base_url=f"{base_url}/v1", headers=clinic.headers) as client,
    ):
        yield Ground(client, patients, ids)


async def _filled(clinic: SmallClinic, patients: list[Patient]) -> list[int]:
    owner = await asyncpg.connect(clinic.settings.owner_database_url)
    try:
        return await fill(owner, clinic.tenant_id, patients)
    finally:
        await owner.close()


def measured(there: Ground, way: str, count: int) -> tuple[float, float, list[float]]:
    """Recall among the matches, recall as the first, milliseconds of each request."""
    among, first, times = 0, 0, []
    for place, asked in questions(way, there.patients, random.Random(way), count):
        start = time.perf_counter()
        answer = there.client.get("/x/patient_match", params=asked)
        times.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, answer.text
        found = [match["patient"]["client_id"] for match in answer.json()["matches"]]
        among += there.ids[place] in found
        first += found[:1] == [there.ids[place]]
    return among / count, first / count, times


def report(there: Ground, count: int, capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, float], list[float]]:
    recalls, everything = {}, []
    with capsys.disabled():
        print(f"\n{len(there.patients)} patients, {count} questions a way: among 20, first, median ms, p95 ms")
        for way in WAYS:
            recalls[way], first, times = measured(there, way, count)
            everything += times
            p95 = statistics.quantiles(times, n=20)[-1]
            print(f"{way:46} {recalls[way]:6.3f} {first:6.3f} {statistics.median(times):7.1f} {p95:7.1f}")
        p95 = statistics.quantiles(everything, n=20)[-1]
        print(f"{'all':46} {'':13} {statistics.median(everything):7.1f} {p95:7.1f}")
    return recalls, everything


def too_low(recalls: dict[str, float]) -> dict[str, float]:
    return {way: recall for way, recall in recalls.items() if recall < RECALL_MIN_OF.get(way, RECALL_MIN)}


def test_mangled_particulars_find_their_patient(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    with ground(cast, "match_small", 2_000) as there:
        recalls, _ = report(there, 40, capsys)
    assert too_low(recalls) == {}


@pytest.mark.prove
def test_recall_and_latency_in_a_clinic_of_100_000_patients(cast: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    with ground(cast, "match_large", 100_000) as there:
        recalls, times = report(there, 200, capsys)
    assert too_low(recalls) == {}
    assert statistics.quantiles(times, n=20)[-1] < PROVEN_P95_MS


@pytest.mark.prove
def test_lists_filtered_by_a_part_of_a_name_in_a_clinic_of_100_000_patients(
    cast: Cast, capsys: pytest.CaptureFixture[str]
) -> None:
    everything: list[float] = []
    with ground(cast, "filters_large", 100_000) as there, capsys.disabled():
        print("\npage and count of 50 patients: found, median ms, p95 ms")
        for field, texts in (LOOKED_FOR | SCANNED).items():
            for text in texts:
                times = []
                for _ in range(40):
                    start = time.perf_counter()
                    answer = there.client.get("/patient", params={"q[]": f"{field}:~{text}"})
                    times.append((time.perf_counter() - start) * 1000)
                p95 = statistics.quantiles(times, n=20)[-1]
                found = answer.json()["total_entries"]
                print(f"{field + ':~' + text:24} {found:7} {statistics.median(times):7.1f} {p95:7.1f}")
                everything += times if field in LOOKED_FOR else []
    assert statistics.quantiles(everything, n=20)[-1] < PROVEN_P95_MS
