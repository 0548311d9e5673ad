"""A change of the API is a change of golden/, to be read in the diff."""

import pytest

from tests import golden


@pytest.mark.parametrize("name", golden.files())
def test_the_contract_is_the_one_that_was_reviewed(name: str) -> None:
    kept = (golden.FOLDER / name).read_text()
    assert kept == golden.files()[name], f"golden/{name} is not what is served now: run make golden"


def test_golden_holds_nothing_else() -> None:
    assert {path.name for path in golden.FOLDER.iterdir()} == set(golden.files())
