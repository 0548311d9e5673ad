"""What may be written: characters, member names, dates. Strict at the door, so that the database never refuses."""

from typing import Any

import httpx
import pytest

from tests.api.patients import NAMES

JSON = {"content-type": "application/json"}
ODD_BUT_GOOD = (
    *("Zoë", "Zoe\u0308", "李小龙", "\u202eabc\u202c", "a\u200bb", "\U0001f9d1\u200d\u2695\ufe0f", "\ufeffx"),
    *("\uffff", "\ufdd0", "\U0010ffff", "\x7f", "\x01", "tab\tline\n", "'; DROP TABLE patient; --", "\\u0000", "%00"),
)


class TestCharacters:
    @pytest.mark.parametrize("text", ODD_BUT_GOOD, ids=ascii)
    def test_any_text_of_unicode_comes_back_as_it_was(self, here: httpx.Client, text: str) -> None:
        made = here.post("/patient", json={**NAMES, "address_1": text})
        assert made.status_code == 201, made.text
        client_id = made.json()["client_id"]
        assert here.get(f"/patient/{client_id}").json()["address_1"] == text

    @pytest.mark.parametrize(
        "written",
        [
            rb'"a\u0000b"',
            rb'"\ud800"',
            rb'"\udc00\ud800"',
            rb'"a\ud83d b"',
            b'"a\0b"',
            b'"\xc0\xaf"',
            b'"\xe0\x80\xaf"',
            b'"\xed\xa0\x80"',
            b'"\xf5\x80\x80\x80"',
            b'"\xff"',
            b'"\xc3"',
        ],
        ids=ascii,
    )
    def test_what_is_no_text_is_refused(self, here: httpx.Client, written: bytes) -> None:
        content = b'{"first_name": "Robin", "surname": "Input", "address_1": ' + written + b"}"
        answer = here.post("/patient", content=content, headers=JSON)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "INVALID_BODY")

    @pytest.mark.parametrize("written", ["%00", "a%00b", "%C0%AF", "%ED%A0%80", "%F5%80%80%80", "%FF", "%C3"])
    def test_in_a_query_too(self, here: httpx.Client, written: str) -> None:
        for query in (f"q[]=surname:={written}", f"{written}=x", f"sort_by={written}"):
            answer = here.get(f"/patient?{query}")
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS"), query

    def test_a_name_that_is_no_text_cannot_break_the_header_that_tells_of_it(self, here: httpx.Client) -> None:
        content = rb'{"first_name": "Robin", "surname": "Input", "\ud800\r\nx: y": 1, "\u0000": 2}'
        answer = here.post("/patient", content=content, headers=JSON)
        assert answer.status_code == 201
        assert answer.headers["openprac-ignored"].isascii()
        assert "x" not in answer.headers


class TestMembers:
    @pytest.mark.parametrize(
        "content",
        [
            b'{"first_name": "Robin", "surname": "A", "surname": "B"}',
            b'{"first_name": "Robin", "surname": "A", "\\u0073urname": "A"}',
            b'{"first_name": "Robin", "surname": "A", "unknown": {"a": 1, "a": 2}}',
        ],
    )
    def test_given_twice_are_refused_wherever_they_are(self, here: httpx.Client, content: bytes) -> None:
        answer = here.post("/patient", content=content, headers=JSON)
        assert answer.status_code == 422
        assert "given twice" in answer.json()["error"]["validation"][0]["message"]

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400000", "01", "+1", "0x1", "1_000", ".5"])
    def test_a_number_is_one_of_json(self, here: httpx.Client, number: str) -> None:
        content = f'{{"first_name": "Robin", "surname": "A", "sex_id": {number}}}'.encode()
        assert here.post("/patient", content=content, headers=JSON).status_code == 422


class TestDates:
    @pytest.mark.parametrize(
        "wrong",
        [
            *(
                "2000-02-30",
                "2001-02-29",
                "2000-13-01",
                "2000-00-10",
                "0000-01-01",
                "2000-1-1",
                "20000101",
                "01/02/2000",
            ),
            *(
                "2000-01-01T00:00:00",
                "2000-01-01 ",
                " 2000-01-01",
                "2000-W01-1",
                "2000-001",
                "２０００-01-01",
                "",
                "today",
            ),
            *("infinity", "-2000-01-01", "10000-01-01", "2000-01-01\n", 20000101, 0, True, ["2000-01-01"]),
        ],
        ids=ascii,
    )
    def test_that_no_calendar_has_are_refused(self, here: httpx.Client, wrong: Any) -> None:
        answer = here.post("/patient", json={**NAMES, "date_of_birth": wrong})
        assert answer.status_code == 422, answer.text
        (problem,) = answer.json()["error"]["validation"]
        assert problem["field"] == "date_of_birth"
        assert "yyyy-MM-dd" in problem["message"]
        if isinstance(wrong, str) and wrong:
            queried = here.get("/patient", params={"q[]": f"date_of_birth:={wrong}"})
            assert (queried.status_code, queried.json()["error"]["code"]) == (400, "INVALID_PARAMS")

    @pytest.mark.parametrize("good", ["0001-01-01", "1899-12-31", "2000-02-29", "9999-12-31"])
    def test_that_it_has_are_kept(self, here: httpx.Client, good: str) -> None:
        made = here.post("/patient", json={**NAMES, "date_of_birth": good})
        assert (made.status_code, made.json()["date_of_birth"]) == (201, good)
