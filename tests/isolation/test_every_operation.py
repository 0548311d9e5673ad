"""The other clinic's ids are ids of nothing, in every operation that is served."""

import pytest

from tests.isolation.ground import Seed, ground_from
from tests.isolation.prober import Prober


def test_every_operation_answers_a_foreign_id_as_one_that_never_existed(
    seed: Seed, capsys: pytest.CaptureFixture[str]
) -> None:
    with ground_from(seed, "isolation_both_locks") as ground:
        prober = Prober(ground)
        report = prober.run()
    paths = prober.document.json["paths"].values()
    served = {operation["operationId"] for item in paths for operation in item.values()}
    assert report.operations == served
    assert report.leaks == []
    assert report.faults == []
    assert {200, 201, 307, 404, 422} <= set(report.statuses)
    with capsys.disabled():
        print(
            f"\nprober: {len(report.operations)} operations, {report.requests} requests, "
            f"{report.comparisons} comparisons, statuses {dict(sorted(report.statuses.items()))}"
        )
