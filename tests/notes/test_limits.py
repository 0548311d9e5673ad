"""Bounds: of the result, of what is worked on at all, and of the time both take."""

import base64
import contextlib
import time

import pytest

from openprac.notes.limits import DEPTH_MAX, INPUT_MAX_CHARACTERS, MEMO_MAX_CHARACTERS, TAGS_MAX, TooLong
from openprac.notes.sanitize import sanitize, sanitize_fragment, sanitize_memo
from tests.notes.hostile_sizes import SIZES
from tests.notes.readers import read

# Of one processor. Measured on a busy one: 30 ms for a memo dense with tags, at most 180 ms for a hostile megabyte.
WORST_SECONDS = 0.4
MEMO_SECONDS = 0.1


def _ordinary_memo() -> str:
    """150,000 characters as an editor writes them, tables, lists and an image among them."""
    image = base64.b64encode(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(9_000)).decode()
    block = (
        '<p style="margin-bottom:8pt"><strong>Objective</strong> flexion &lt; 90 &amp; pain 4/10, gait antalgic. </p>'
        '<ul><li>Ice, 10&nbsp;minutes</li><li><span style="color:rgb(200, 0, 0)">No running</span></li></ul>'
        '<table border="1"><tbody><tr><td style="width:50%">Left</td><td>110</td></tr></tbody></table>'
    )
    head = f'<img src="data:image/png;base64,{image}" alt="Knee">'
    count = (MEMO_MAX_CHARACTERS - len(head)) // len(block)
    return head + block * count + "x" * (MEMO_MAX_CHARACTERS - len(head) - count * len(block))


def test_a_memo_of_exactly_the_limit_is_kept_whole() -> None:
    memo = _ordinary_memo()
    assert len(memo) == MEMO_MAX_CHARACTERS
    assert sanitize_memo(memo) == memo


def test_a_memo_is_measured_after_processing() -> None:
    within = "x" * MEMO_MAX_CHARACTERS
    assert sanitize_memo(f"<script>{within}</script>{within}") == within
    with pytest.raises(TooLong, match=r"150,001 characters after processing; the limit is 150,000"):
        sanitize_memo(within + "x")
    with pytest.raises(TooLong, match=r"after processing"):
        sanitize_memo("&" * 40_000)  # 200,000 as `&amp;`


def test_a_fragment_has_the_limit_it_is_given() -> None:
    assert sanitize_fragment("<p>abc</p>", 10) == "<p>abc</p>"
    with pytest.raises(TooLong, match="the limit is 9"):
        sanitize_fragment("<p>abc</p>", 9)


def test_what_is_too_much_to_be_worked_on_is_refused() -> None:
    assert len(sanitize("x" * INPUT_MAX_CHARACTERS)) == INPUT_MAX_CHARACTERS
    for html in (
        "x" * (INPUT_MAX_CHARACTERS + 1),
        "<br>" * (TAGS_MAX + 1),
        "<p>" * (TAGS_MAX // 2 + 1),
        "<table>" + "<td>" * (TAGS_MAX // 2),
        "&" * 150_001,
        "".join(f"&#{number};" for number in range(20_001)),
        "".join(f"<p style='color:#{number:06x}'>" for number in range(10_000)),
    ):
        with pytest.raises(TooLong):
            sanitize(html)


def test_tags_beyond_the_depth_go_and_their_text_stays() -> None:
    html = "<div>" * 150 + "x" + "</div>" * 150 + "<p>y</p>"
    clean = sanitize(html)
    assert clean == "<div>" * DEPTH_MAX + "x" + "</div>" * DEPTH_MAX + "<p>y</p>"
    assert read(sanitize("<table><tr><td>" * 300 + "x")).deepest <= DEPTH_MAX + 3


def test_formatting_left_open_is_not_multiplied() -> None:
    """HTML opens it anew in every paragraph: 90 elements in each of 10,000 would be 900,000."""
    html = "<p>" + "<i>" * 90 + "<p>x" * 10_000
    assert len(sanitize(html)) < 10_000 * 10


@pytest.mark.parametrize(
    "name", ["div 20,000 unclosed", "tag openings, two quotes", "comments unclosed", "ampersands, most"]
)
def test_what_was_quadratic_somewhere_is_not(name: str) -> None:
    assert _seconds(SIZES[name]()) < WORST_SECONDS


def test_a_hundred_thousand_nested_tags_take_bounded_time() -> None:
    assert _seconds("<div>" * 100_000 + "x") < WORST_SECONDS


@pytest.mark.prove
def test_no_megabyte_takes_long(capsys: pytest.CaptureFixture[str]) -> None:
    memo = min(_seconds(_ordinary_memo()) for _ in range(5))
    measured = sorted(((min(_seconds(make()) for _ in range(3)), name) for name, make in SIZES.items()), reverse=True)
    with capsys.disabled():
        print(f"\na memo of 150,000 characters: {memo * 1000:.1f} ms; {len(measured)} hostile texts, the worst:")
        for seconds, name in measured[:10]:
            print(f"  {seconds * 1000:6.1f} ms  {name}")
    assert memo < MEMO_SECONDS
    assert measured[0][0] < WORST_SECONDS


def _seconds(html: str) -> float:
    """Of the processor: what others do on the machine is no matter."""
    start = time.process_time()
    with contextlib.suppress(TooLong):
        sanitize(html)
    return time.process_time() - start
