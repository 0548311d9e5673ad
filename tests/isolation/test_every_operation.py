"""The other clinic's ids are ids of nothing, in every operation that is served."""

import pytest

from tests.isolation.ground import Seed, ground_from
from tests.isolation.prober import METHODS, Prober


def test_every_operation_answers_a_foreign_id_as_one_that_never_existed(
    seed: Seed, capsys: pytest.CaptureFixture[str]
) -> None:
    with ground_from(seed, "isolation_both_locks") as ground:
        prober = Prober(ground)
        report = prober.run()
    paths = prober.document["paths"].values()
    served = {item[method]["operationId"] for item in paths for method in METHODS if method in item}
    assert report.operations == served
    assert report.leaks == []
    assert report.faults == []
    assert {200, 201, 307, 404, 422} <= set(report.statuses)
    with capsys.disabled():
        print(
            f"\nprober: {len(report.operations)} operations, {report.requests} requests, "
            f"{report.comparisons} comparisons, statuses {dict(sorted(report.statuses.items()))}"
        )
