"""Prometheus metrics, right with several workers.

With PROMETHEUS_MULTIPROC_DIR set, every worker counts in files of its own in that directory and `render` adds them
up, so any worker answers for all; a dead worker's counts stay, its gauges do not. Without it (a test, an application
run by other means) the process counts for itself. prometheus_client reads that variable when it is imported, so
nothing here imports it before the first use.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DIRECTORY_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _Metrics(NamedTuple):
    registry: "CollectorRegistry"
    requests: "Counter"
    seconds: "Histogram"
    pool_size: "Gauge"
    pool_in_use: "Gauge"


_metrics: _Metrics | None = None
_children: dict[tuple[str, int], tuple[Callable[[], None], Callable[[float], None]]] = {}


def observe(operation_id: str, status: int, seconds: float) -> None:
    """Count one answered request. `operation_id` must come from the declarations, never from the request."""
    child = _children.get((operation_id, status))
    if child is None:
        child = _children[operation_id, status] = _child(operation_id, status)
    child[0]()
    child[1](seconds)


def observe_pool(size: int, in_use: int) -> None:
    """Note this worker's database connections: how many there are, how many are at work."""
    metrics = _load()
    metrics.pool_size.set(size)
    metrics.pool_in_use.set(in_use)


def render() -> tuple[bytes, str]:
    """The metrics of all workers and their content type. Reads files: call it in a thread."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = _load().registry
    if os.environ.get(DIRECTORY_VARIABLE):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4


def prepare(directory: Path) -> None:
    """Make the workers' directory, private to us and empty. The supervisor does this before it starts one."""
    directory.mkdir(mode=0o700, exist_ok=True)
    for file in directory.glob("*.db"):
        file.unlink(missing_ok=True)


def forget(directory: Path, pid: int) -> None:
    """A worker is dead: its gauges stop counting, its counters and histograms stay in the sums."""
    for file in directory.glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)


def _child(operation_id: str, status: int) -> tuple[Callable[[], None], Callable[[float], None]]:
    metrics = _load()
    return metrics.requests.labels(operation_id, str(status)).inc, metrics.seconds.labels(operation_id).observe


def _load() -> _Metrics:
    global _metrics
    if _metrics is None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

        disable_created_metrics()  # type: ignore[no-untyped-call]
        registry = CollectorRegistry()
        _metrics = _Metrics(
            registry,
            Counter("openprac_requests", "Requests answered.", ("operation", "status"), registry=registry),
            Histogram(
                "openprac_request_seconds",
                "From the request's head to the answer's last byte, in seconds.",
                ("operation",),
                buckets=SECONDS_BUCKETS,
                registry=registry,
            ),
            Gauge(
                "openprac_database_pool_connections",
                "Connections to the database.",
                registry=registry,
                multiprocess_mode="livesum",
            ),
            Gauge(
                "openprac_database_pool_in_use",
                "Connections to the database at work.",
                registry=registry,
                multiprocess_mode="livesum",
            ),
        )
    return _metrics
