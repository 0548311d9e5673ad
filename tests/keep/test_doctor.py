"""The doctor finds what is wrong, says nothing of what is right, and repairs only what loses nothing."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from openprac.keep import doctor
from openprac.keep.command import look
from openprac.keep.doctor import Finding
from tests.cast import Cast
from tests.keep.ground import Place, filled


@pytest.fixture(scope="module")
def place(cast: Cast) -> Place:
    return filled(cast.settings, seed=21, patients=4)


def visit(place: Place, *, repair: bool = False) -> dict[str, Finding]:
    findings = asyncio.run(look(place.settings, place.settings, repair=repair))
    return {one.check: one for one in findings}


def states(place: Place, *, repair: bool = False) -> dict[str, str]:
    """Of all that is not well."""
    return {name: one.state for name, one in visit(place, repair=repair).items() if one.state != "ok"}


def test_a_healthy_instance_is_well(place: Place) -> None:
    found = visit(place)
    assert {one.state for one in found.values()} == {"ok"}
    assert set(found) >= {"clocks", "schema", "locks", "rights", "sequences", "files", "orphans", "litter", "uploads"}


def test_a_file_that_is_gone_or_cut_is_bad(place: Place) -> None:
    objects = place.objects()
    gone, cut = sorted(objects)[:2]

    async def harm(store: Any) -> None:
        await store.delete(gone)
        await store.put(cut, objects[cut] + b"more", content_type="text/plain")

    place.with_store(harm)
    found = visit(place, repair=True)
    assert (found["files"].state, found["file sizes"].state) == ("bad", "bad")
    assert gone in found["files"].says
    assert cut in found["file sizes"].says

    async def heal(store: Any) -> None:
        for key in (gone, cut):
            await store.put(key, objects[key], content_type="text/plain")

    place.with_store(heal)
    assert states(place) == {}


def test_a_file_without_a_row_is_known_and_stays(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    key = "patient_attachment/1/1/nobody/orphan.txt"

    async def put(store: Any) -> None:
        await store.put(key, b"orphan", content_type="text/plain")

    place.with_store(put)
    assert states(place) == {}, "one that is younger than an hour may belong to an import"
    monkeypatch.setattr(doctor, "YOUNG", timedelta(0))
    assert states(place, repair=True) == {"orphans": "known"}
    assert key in place.objects()
    place.with_store(lambda store: store.delete(key))


def test_what_an_upload_left_behind_is_removed_once_it_is_old(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    named, litter = "temp/1/1/1/a/named.txt", "temp/1/1/1/b/litter.txt"

    async def put(store: Any) -> None:
        for key in (named, litter):
            await store.put(key, b"x", content_type="text/plain")

    place.with_store(put)
    place.sql(
        "INSERT INTO pending_upload (tenant_id, client_id, user_id, file_date, file_name, temporary_key, object_key, "
        "expires_at) VALUES (1, 1, 1, '2026-03-02', 'named.txt', $1, 'patient_attachment/1/1/a/named.txt', "
        "clock_timestamp() - interval '3 hours')",
        named,
    )
    assert states(place, repair=True) == {"uploads": "known"}
    monkeypatch.setattr(doctor, "LITTER", timedelta(0))
    assert states(place) == {"uploads": "known", "litter": "known"}
    assert states(place, repair=True) == {"uploads": "known", "litter": "repaired"}
    assert (named in place.objects(), litter in place.objects()) == (True, False)
    place.sql("DELETE FROM pending_upload")
    place.with_store(lambda store: store.delete(named))


@pytest.mark.parametrize(
    "harm",
    [
        "GRANT SELECT ON vendor_key TO openprac_app",
        "GRANT UPDATE ON audit_event TO openprac_app",
        "REVOKE INSERT ON patient FROM openprac_app",
        "REVOKE EXECUTE ON FUNCTION enter FROM openprac_app",
        "REVOKE USAGE ON SEQUENCE patient_client_id_seq FROM openprac_app",
    ],
)
def test_a_right_too_many_or_too_few_is_bad_and_put_right(place: Place, harm: str) -> None:
    place.sql(harm)
    assert states(place) == {"rights": "bad"}
    assert states(place) == {"rights": "bad"}, "looking changes nothing"
    assert states(place, repair=True) == {"rights": "repaired"}
    assert states(place) == {}


@pytest.mark.parametrize(
    ("harm", "healed"),
    [
        ("ALTER TABLE patient DISABLE ROW LEVEL SECURITY", "ALTER TABLE patient ENABLE ROW LEVEL SECURITY"),
        ("ALTER TABLE patient NO FORCE ROW LEVEL SECURITY", "ALTER TABLE patient FORCE ROW LEVEL SECURITY"),
        ("CREATE POLICY open ON patient USING (true)", "DROP POLICY open ON patient"),
        ("ALTER ROLE openprac_app BYPASSRLS", "ALTER ROLE openprac_app NOBYPASSRLS"),
        (
            "ALTER FUNCTION patient_name_words OWNER TO openprac_app",
            "ALTER FUNCTION patient_name_words OWNER TO openprac_owner",
        ),
    ],
)
def test_an_open_lock_is_bad_and_left_to_somebody(place: Place, harm: str, healed: str) -> None:
    place.sql(harm)
    try:
        assert states(place, repair=True)["locks"] == "bad"
    finally:
        place.sql(healed)
    visit(place, repair=True)
    assert states(place) == {}


def test_a_sequence_that_would_give_an_id_again_is_bad_and_moved_on(place: Place) -> None:
    highest = place.sql("SELECT max(client_id) FROM patient")[0][0]
    place.sql("SELECT setval(pg_get_serial_sequence('patient', 'client_id'), 1)")
    assert states(place) == {"sequences": "bad"}
    assert states(place, repair=True) == {"sequences": "repaired"}
    assert place.sql("SELECT nextval(pg_get_serial_sequence('patient', 'client_id'))")[0][0] == highest + 1


def test_another_schema_is_bad_and_nothing_more_is_looked_at(place: Place) -> None:
    place.sql("INSERT INTO schema_migration (version, name, digest) VALUES (9999, 'later', '0')")
    found = visit(place, repair=True)
    place.sql("DELETE FROM schema_migration WHERE version = 9999")
    assert found["schema"].state == "bad"
    assert "newer openprac" in found["schema"].says
    assert "rights" not in found


def test_clocks_and_room_are_looked_at(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CLOCKS_APART_MAX_SECONDS", -1.0)
    assert states(place) == {"clocks": "bad"}
    monkeypatch.undo()
    bundled = doctor.Doctor(None, None, "", tmp_path)  # type: ignore[arg-type]
    bundled._look_at_disk()
    assert [one.check for one in bundled.findings] == ["disk"]
