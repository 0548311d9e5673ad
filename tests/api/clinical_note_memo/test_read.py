"""Reading memos is an extension with a permission of its own; every read is audited."""

import asyncio

import httpx

from tests.api.answers import all_rows, code, made
from tests.cast import Cast
from tests.waiting import until


def test_a_key_that_may_write_memos_may_not_read_them(cast: Cast, here: httpx.Client) -> None:
    client_id = made(here.post("/patient", json={"first_name": "Tess", "surname": "Reader"}))["client_id"]
    writer = {"a-api-key": asyncio.run(cast.key(cast.riverside, "clinical_note:write"))}
    made_by_writer = here.post("/clinical_note_memo", json={"client_id": client_id, "memo": "x"}, headers=writer)
    memo = made(made_by_writer)["clinical_note_memo_id"]
    paths = (
        "/x/clinical_note_memo",
        f"/x/patient/{client_id}/clinical_note_memo",
        f"/x/clinical_note_memo/{memo}",
    )
    reader = {"a-api-key": asyncio.run(cast.key(cast.riverside, "clinical_note:read"))}
    for path in paths:
        assert code(here.get(path, headers=writer)) == (403, "ACCESS_DENIED")
        assert here.get(path, headers=reader).status_code == 200
    assert here.post("/clinical_note_memo", json={}, headers=reader).status_code == 403


def test_filters_by_time_tag_and_patient(here: httpx.Client) -> None:
    client_id = made(here.post("/patient", json={"first_name": "Tess", "surname": "Filter"}))["client_id"]
    tag = made(here.post("/x/tag", json={"description": "Seen"}))["tag_id"]
    memos = []
    for day, tags in (("01", [tag]), ("02", []), ("03", [tag])):
        body = {"client_id": client_id, "memo": day, "memo_time": f"2026-01-{day}T09:00:00", "tag_ids": tags}
        memos.append(made(here.post("/clinical_note_memo", json=body))["clinical_note_memo_id"])

    def found(path: str, condition: str, sort_by: str = "clinical_note_memo_id") -> list[int]:
        rows = all_rows(here, path, "clinical_note_memos", **{"q[]": condition, "sort_by": sort_by})
        return [row["clinical_note_memo_id"] for row in rows]

    nested = f"/x/patient/{client_id}/clinical_note_memo"
    assert found(nested, "memo_time:>2026-01-01T09:00:00") == memos[1:]
    assert found(nested, f"tag_id:={tag}", "-memo_time") == [memos[2], memos[0]]
    assert found(nested, f"tag_id:!={tag}") == [memos[1]]
    assert found("/x/clinical_note_memo", f"client_id:={client_id}") == memos
    assert code(here.delete(f"/x/tag/{tag}")) == (409, "IN_USE")


def test_who_read_a_memo_is_known(cast: Cast, here: httpx.Client) -> None:
    client_id = made(here.post("/patient", json={"first_name": "Tess", "surname": "Audit"}))["client_id"]
    memo = made(here.post("/clinical_note_memo", json={"client_id": client_id, "memo": "x"}))["clinical_note_memo_id"]
    here.get(f"/x/clinical_note_memo/{memo}").raise_for_status()
    here.get(f"/x/patient/{client_id}/clinical_note_memo").raise_for_status()
    sql = "SELECT operation_id FROM audit_event WHERE resource = 'clinical_note_memo' AND client_id = $1"
    expected = {
        "createClinicalNoteMemo-Post",
        "getClinicalNoteMemo-Get",
        "listClinicalNoteMemosByPatient-Get",
    }
    until(lambda: {row[0] for row in cast.sql(sql, client_id)} == expected)
