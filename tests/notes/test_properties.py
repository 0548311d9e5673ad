"""Random HTML and random text: what came out comes out again, and no text is lost."""

import html as html_module
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from openprac.notes.elements import ELEMENTS
from openprac.notes.sanitize import sanitize
from tests.notes.readers import read, visible_text

GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
NAMES = st.sampled_from(
    [*ELEMENTS, "b", "a", "h1", "section", "font", "o:p", "svg", "math", "template", "select", "pre"]
)
ATTRIBUTES = st.sampled_from(
    [
        *(
            "",
            " ",
            "/",
            ' class="x"',
            " onclick=x",
            ' a="<p>"',
            " a='\">'",
            ' style="x',
            " =",
            ' dir="rtl"',
            " align=left",
        ),
        *(' style="color:red"', " style=width:1px", " STYLE='font-family:\"A B\";COLOR:Red!important'", " style=';:'"),
        *(
            " colspan=2",
            " colspan=99999",
            ' width="50%"',
            " reversed",
            " start=-3",
            f' src="{GIF}"',
            ' alt="a&#13;&quot;&lt;"',
        ),
    ]
)
MARKS = st.sampled_from(
    [
        *(
            "<",
            ">",
            "&",
            "</",
            "<!",
            "<?",
            "<!--",
            "-->",
            '"',
            "'",
            "=",
            "/",
            "<a",
            "&am",
            "p;",
            "<br/>",
            "</br>",
            "</p>",
        ),
        *(
            "&amp;",
            "&lt;",
            "&nbsp;",
            "&#13;",
            "&#0;",
            "&#x80;",
            "&#xfeff;",
            "&#xfdd0;",
            "&#xd800;",
            "&notit;",
            "&",
            "x y",
        ),
        *(
            " ",
            "\n",
            "\r",
            "\r\n",
            "\t",
            "\f",
            "\0",
            "\x01",
            "\xa0",
            "\ufeff",
            "\ufdd0",
            "\ud800",
            "<style>",
            "</style>",
        ),
    ]
)
START_TAGS = st.builds("<{}{}>".format, NAMES, ATTRIBUTES)
END_TAGS = st.builds("</{}>".format, NAMES)
ANY_TEXT = st.text(max_size=8)
HTML = st.lists(st.one_of(START_TAGS, START_TAGS, END_TAGS, MARKS, ANY_TEXT), max_size=40).map("".join)

# What no reading of HTML can keep: NUL, and noncharacters that stand for something here.
PLAIN_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufdd0\ufdd1\ufdd2\ufeff"))
WORDS = st.sampled_from(
    [
        *(
            "BP",
            "<",
            ">",
            "120",
            "<120",
            "< 3",
            "<3",
            "a<1",
            "x <= y",
            "->",
            "<-",
            "<=>",
            "&",
            "R&D",
            "50%",
            "5'11\"",
            "</3",
        ),
        *(
            "Jane <jane@example.com>",
            "<https://example.com/?a=1&b=2>",
            "é",
            "漢字",
            "🦵🏽",
            "שלום",
            "<",
            "L4/L5",
            "#1",
            "a & b",
        ),
    ]
)


def _lines(text: str) -> str:
    return re.sub("\r\n?", "\n", text)


@settings(max_examples=400, deadline=None)
@given(HTML)
def test_what_came_out_of_random_html_comes_out_again(html: str) -> None:
    once = sanitize(html)
    assert sanitize(once) == once
    reader = read(once)
    assert not reader.faults
    assert reader.depth == 0


@settings(max_examples=200, deadline=None)
@given(PLAIN_TEXT)
def test_escaped_text_comes_out_as_it_was(text: str) -> None:
    clean = sanitize(html_module.escape(text))
    assert html_module.unescape(_without_tags(clean)) == _lines(text)
    assert visible_text(clean) == _lines(text)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=20).map(" ".join))
def test_prose_with_signs_that_are_no_markup_comes_out_meaning_the_same(text: str) -> None:
    clean = sanitize(text)
    assert "<" not in clean
    assert html_module.unescape(clean) == text


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(NAMES.filter(lambda name: name not in ("br", "img", "col")), st.sampled_from("abc")), max_size=15
    )
)
def test_text_within_any_elements_stays_in_its_order(parts: list[tuple[str, str]]) -> None:
    html = "".join(f"<{name}>{letter}" for name, letter in parts)
    html += "".join(f"</{name}>" for name, _ in reversed(parts))
    text = read(sanitize(html)).text
    assert text.replace(" ", "") == "".join(letter for _, letter in parts)


def _without_tags(html: str) -> str:
    return re.sub("<[^>]*>", "", html)
