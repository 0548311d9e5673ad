"""Hostile texts lose what is hostile; ordinary ones come out as fixed; both come out the same the second time."""

import pytest

from openprac.notes.elements import ELEMENTS
from openprac.notes.sanitize import sanitize
from tests.notes import corpora
from tests.notes.readers import PUBLISHED_ELEMENTS, read

HOSTILE = corpora.hostile()
ORDINARY = corpora.ordinary()
# Around a hostile text: what is safe alone must be safe inside what changes how a parser reads.
SURROUNDINGS = (
    "{}",
    "<p>a</p>{}<p>b</p>",
    "<table><tr><td>{}</td></tr></table>",
    "<table>{}",
    "<svg>{}</svg>",
    "<math><mtext>{}",
    "<select>{}",
    "<ul><li><i>{}",
)


def test_the_elements_are_the_published_ones() -> None:
    assert set(ELEMENTS) == PUBLISHED_ELEMENTS


def test_the_corpora_are_as_big_as_they_are_said_to_be() -> None:
    assert len(set(HOSTILE)) >= 300
    assert len(set(corpora.hand_made())) >= 250
    assert len(ORDINARY) >= 60


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
def test_nothing_outside_the_tables_is_left_of_a_hostile_text(surrounding: str) -> None:
    for html in HOSTILE:
        clean = sanitize(surrounding.replace("{}", html))
        reader = read(clean)
        assert not reader.faults, (html, clean)
        assert reader.depth == 0, (html, clean)
        assert sanitize(clean) == clean, html


def test_the_words_around_a_hostile_text_stay() -> None:
    for html in HOSTILE:
        text = read(sanitize(f"<p>before</p>{html}")).text
        assert text.startswith("before"), (html, text)


@pytest.mark.parametrize(("written", "kept"), ORDINARY)
def test_ordinary_text_comes_out_as_expected(written: str, kept: str) -> None:
    assert sanitize(written) == kept
    assert sanitize(kept) == kept
    assert not read(kept).faults
