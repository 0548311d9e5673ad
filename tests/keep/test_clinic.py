"""A clinic taken out and brought in again is the same clinic; what is not whole is refused before it is written."""

import json
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec
import pytest

from openprac.keep import KeepError
from openprac.keep.parts import Sealed, seal
from openprac.migrate import migrations
from tests.api.patient_attachment.files import download
from tests.cast import Cast
from tests.keep.ground import Place, filled, tree

Empty = Callable[[], Place]
# Ends of lines to some readers, escapes to others, formulas, both directions of writing.
AWKWARD_TEXTS = (
    "line\nfeed",
    "carriage\r\nreturn",
    "separators \u2028 \u2029 \x85 \x0b \x0c",
    r"back\slash \n \\ \u0041 \.",
    "quotes \" and ' and “",
    "tab\there",
    "\ufeffmark",
    "=1+1",
    "{json}",
    "\\N",
    "👩‍⚕️ Ø تقرير 报告",
)


@pytest.fixture(scope="module")
def source(cast: Cast) -> Place:
    """An instance whose one clinic has rows of every awkward kind."""
    place = filled(cast.settings, seed=11)
    for number, text in enumerate(AWKWARD_TEXTS, 1):
        place.sql("UPDATE patient SET patient_notes = $1, surname = left($1, 30) WHERE client_id = $2", text, number)
    place.sql("SELECT note_patient_names(1)")
    changes = json.dumps({"notes": AWKWARD_TEXTS, "number": 12345678901234567890.5, "none": None, "exact": 0.1})
    place.sql(
        "INSERT INTO audit_event (tenant_id, account_key_id, user_id, vendor_id, request_id, operation_id, resource, "
        "changes) VALUES (1, 1, 1, 1, gen_random_uuid(), 'test', 'test', $1::jsonb)",
        changes,
    )
    return place


@pytest.fixture(scope="module")
def archive(source: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive") / "clinic"
    source.export(folder)
    return folder


def differing(one: Path, other: Path) -> set[str]:
    ours, theirs = tree(one), tree(other)
    return {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)}


def inner(folder: Path) -> dict:
    sealed = msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Sealed)
    return json.loads(bytes(sealed.manifest))


def forged(folder: Path, **changes) -> None:
    """The manifest as somebody who knows the format would write it."""
    (folder / "manifest.json").write_bytes(seal({**inner(folder), **changes}))


def test_it_comes_back_byte_for_byte(source: Place, empty: Empty, archive: Path, tmp_path: Path) -> None:
    place = empty()
    assert place.import_(archive) == 1
    place.export(tmp_path / "again")
    assert differing(archive, tmp_path / "again") == {"manifest.json"}
    ours, theirs = inner(archive), inner(tmp_path / "again")
    assert {name for name in ours if ours[name] != theirs[name]} == {"moment"}
    assert place.objects() == source.objects()


def test_under_another_id_only_that_differs(source: Place, archive: Path, tmp_path: Path, cast: Cast) -> None:
    place = filled(cast.settings, seed=12)
    tenant_id = place.import_(archive, as_new=True)
    assert tenant_id > 1
    place.export(tmp_path / "again", tenant_id)
    assert differing(archive, tmp_path / "again") == {"manifest.json"}
    ours, theirs = inner(archive), inner(tmp_path / "again")
    assert {name for name in ours if ours[name] != theirs[name]} == {"moment", "tenant_id"}
    files = {key.replace("patient_attachment/1/", ""): body for key, body in source.objects().items()}
    prefix = f"patient_attachment/{tenant_id}/"
    here = {key: body for key, body in place.objects().items() if key.startswith(prefix)}
    assert {key.removeprefix(prefix): body for key, body in here.items()} == files
    assert set(here) == {row[0] for row in place.sql("SELECT object_key FROM patient_attachment WHERE tenant_id <> 1")}


def test_what_is_written_in_an_archive_is_readable(source: Place, archive: Path) -> None:
    rows = [json.loads(line) for line in (archive / "tables/patient.0001.ndjson").read_bytes().split(b"\n")[:-1]]
    found = {row["client_id"]: row for row in rows}
    assert [found[number]["patient_notes"] for number in range(1, len(AWKWARD_TEXTS) + 1)] == list(AWKWARD_TEXTS)
    assert not any("tenant_id" in row or "mobile_tail" in row for row in rows)


def test_no_key_travels(source: Place, archive: Path) -> None:
    with source.served() as api:
        api.post("/patient", json={"first_name": "Robin", "surname": "Key"}, headers={"idempotency-key": "once"})
    everything = b"".join(tree(archive).values())
    secrets = source.sql("SELECT hash, hint FROM account_key UNION ALL SELECT hash, hint FROM vendor_key")
    assert secrets
    for one in secrets:
        assert one["hint"].encode() not in everything
        assert one["hash"].hex().encode() not in everything
    assert not {"account_key", "vendor_key", "idempotency_key", "pending_upload"} & {
        table["name"] for table in inner(archive)["tables"]
    }


def test_a_clinic_brought_in_is_served_with_a_new_key(cast: Cast, empty: Empty, archive: Path) -> None:
    import asyncio

    import asyncpg

    from openprac import admin

    place = empty()
    place.import_(archive)

    async def keys() -> dict[str, str]:
        connection = await asyncpg.connect(place.target.owner_url)
        try:
            _, vendor = await admin.create_vendor(connection, "New Vendor")
            _, _, account = await admin.create_account_key(connection, 1, "new", ["*"])
            return {"x-api-key": vendor, "a-api-key": account}
        finally:
            await connection.close()

    place.headers = asyncio.run(keys())
    with place.served() as api:
        files = api.get("/patient_attachment?page_size=200").json()["attachment_clients"]
        bodies = {download(api, row["attachment_client_id"]).content for row in files}
        assert bodies == set(place.objects().values())
        assert api.get("/patient", params={"q[]": "surname:~separators"}).json()["total_entries"] == 1
        assert api.post("/patient", json={"first_name": "Robin", "surname": "Example"}).status_code == 201


class Writers:
    """Callers who create patients until they are told to stop; the statuses they got."""

    def __init__(self, api: httpx.Client, count: int) -> None:
        self._api = api
        self._stop = threading.Event()
        self.answers: list[tuple[int, int | None]] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(count)]

    def __enter__(self) -> "Writers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _run(self) -> None:
        while not self._stop.is_set():
            answer = self._api.post("/patient", json={"first_name": "Robin", "surname": "Meanwhile"})
            self.answers.append((answer.status_code, answer.json().get("client_id")))


def test_others_go_on_writing_while_a_clinic_comes_in(cast: Cast, archive: Path) -> None:
    """Its ids lie far ahead of the sequences, which must be moved under the hands of those who use them."""
    place = filled(cast.settings, seed=13)
    place.sql("SELECT setval(pg_get_serial_sequence('patient', 'client_id'), 12)")
    with place.served() as api, Writers(api, 4) as writers:
        ids = [place.import_(archive, as_new=True) for _ in range(3)]
    assert len(set(ids)) == 3
    assert {status for status, _ in writers.answers} == {201}
    made = [client_id for _, client_id in writers.answers]
    assert len(made) == len(set(made)) > 0


def test_two_imports_of_one_clinic_at_once_are_one(empty: Empty, archive: Path, source: Place) -> None:
    place, outcomes = empty(), []
    place.import_(archive, as_new=True)
    place.sql("SELECT setval(pg_get_serial_sequence('tenant', 'tenant_id'), 50)")

    def run() -> None:
        try:
            outcomes.append(place.import_(_renumbered))
        except KeepError as error:
            outcomes.append(str(error))

    _renumbered = archive.with_name("renumbered")
    shutil.copytree(archive, _renumbered)
    forged(_renumbered, tenant_id=40)
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes.count(40) == 1, outcomes
    kept = {key for key in place.objects() if key.startswith("patient_attachment/40/")}
    assert kept == {row[0] for row in place.sql("SELECT object_key FROM patient_attachment WHERE tenant_id = 40")}
    assert len(kept) == len(source.objects())


# ---------------------------------------------------------------- refusals


def untouched(place: Place) -> tuple[list, dict]:
    names = place.sql(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for (name,) in names)
    return [tuple(row) for row in place.sql(f"{counts} ORDER BY 1")], place.objects()


def test_an_id_in_use_is_refused_with_the_way_out(cast: Cast, source: Place, archive: Path) -> None:
    before = len(source.objects())
    with pytest.raises(KeepError, match=r"clinic 1 already .*--as-new"):
        source.import_(archive)
    assert len(source.objects()) == before
    assert source.sql("SELECT count(*) FROM tenant")[0][0] == 1


def test_a_clinic_that_is_not_there_and_a_folder_in_use_are_refused(
    source: Place, archive: Path, tmp_path: Path
) -> None:
    with pytest.raises(KeepError, match="no clinic 77"):
        source.export(tmp_path / "none", 77)
    with pytest.raises(KeepError, match="not empty"):
        source.export(archive)


def _edit_line(folder: Path, change: Callable[[dict], None]) -> None:
    """Change a row of the patients and make everything agree with it again."""
    path = folder / "tables/patient.0001.ndjson"
    lines = path.read_bytes().split(b"\n")
    row = json.loads(lines[0])
    change(row)
    lines[0] = json.dumps(row).encode()
    _replace_part(folder, "patient", b"\n".join(lines))


def _replace_part(folder: Path, name: str, body: bytes) -> None:
    from openprac.keep.parts import sha256_of

    (folder / f"tables/{name}.0001.ndjson").write_bytes(body)
    tables = inner(folder)["tables"]
    for table in tables:
        if table["name"] == name:
            table["parts"][0].update(bytes=len(body), sha256=sha256_of(body))
    forged(folder, tables=tables)


def _flip(path: Path) -> None:
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)


def _some_file(folder: Path) -> Path:
    return sorted(path for path in (folder / "files").rglob("*") if path.is_file())[0]


def _rename_table(folder: Path) -> None:
    tables = inner(folder)["tables"]
    tables[-1]["name"] = "pg_authid"
    forged(folder, tables=tables)


def _newer(folder: Path) -> None:
    forged(folder, schema=[*inner(folder)["schema"], {"version": 9999, "name": "later", "digest": "0"}])


def _other_schema(folder: Path) -> None:
    schema = inner(folder)["schema"]
    schema[0]["digest"] = "0"
    forged(folder, schema=schema)


def _leads_outside(folder: Path) -> None:
    files = (folder / "files.0001.ndjson").read_bytes().split(b"\n")
    row = json.loads(files[0])
    files[0] = json.dumps({**row, "key": "../../outside"}).encode()
    from openprac.keep.parts import sha256_of

    body = b"\n".join(files)
    (folder / "files.0001.ndjson").write_bytes(body)
    part = {"name": "files.0001.ndjson", "bytes": len(body), "sha256": sha256_of(body)}
    forged(folder, files=[part])


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda at: (at / "manifest.json").unlink(), "no manifest.json"),
    "a manifest that was changed": (lambda at: _flip(at / "manifest.json"), "manifest"),
    "a row that was changed": (lambda at: _flip(at / "tables/patient.0001.ndjson"), "patient.0001.ndjson"),
    "a table cut short": (lambda at: (at / "tables/patient.0001.ndjson").write_bytes(b""), "patient.0001.ndjson"),
    "a table that is missing": (lambda at: (at / "tables/patient.0001.ndjson").unlink(), "patient.0001.ndjson"),
    "a file that was changed": (lambda at: _flip(_some_file(at)), "files/"),
    "a file that is missing": (lambda at: _some_file(at).unlink(), "files/"),
    "a list of files that is missing": (lambda at: (at / "files.0001.ndjson").unlink(), "files.0001.ndjson"),
    "an unknown column": (lambda at: _edit_line(at, lambda row: row.update(surprise=1)), "surprise"),
    "a missing column": (lambda at: _edit_line(at, lambda row: row.pop("surname")), "surname"),
    "no JSON": (lambda at: _replace_part(at, "patient", b"{\n"), "JSON"),
    "too few rows": (lambda at: _replace_part(at, "patient", b""), "rows"),
    "an unknown table": (_rename_table, "pg_authid|not the one"),
    "a newer schema": (_newer, "newer openprac"),
    "another program's schema": (_other_schema, "another migration"),
    "another format": (lambda at: forged(at, format=2), "format 2"),
    "a key that leads outside": (_leads_outside, "no name"),
}


@pytest.fixture(scope="module")
def standing(cast: Cast) -> Place:
    return filled(cast.settings, seed=14, patients=3)


@pytest.mark.parametrize("harm", HARMS)
def test_a_broken_archive_is_refused_before_anything_is_written(
    standing: Place, archive: Path, tmp_path: Path, harm: str
) -> None:
    shutil.copytree(archive, tmp_path / "archive")
    (tmp_path / "outside").write_text("not yours")
    do, said = HARMS[harm]
    do(tmp_path / "archive")
    before = untouched(standing)
    with pytest.raises(KeepError, match=said):
        standing.import_(tmp_path / "archive", as_new=True)
    assert untouched(standing) == before


def test_rows_the_database_refuses_leave_nothing_behind(standing: Place, archive: Path, tmp_path: Path) -> None:
    """A forger's row passes every checksum; the constraints still hold, and the files are taken back."""
    import asyncpg

    shutil.copytree(archive, tmp_path / "archive")
    _edit_line(tmp_path / "archive", lambda row: row.update(sex_id=999))
    before = untouched(standing)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        standing.import_(tmp_path / "archive", as_new=True)
    assert untouched(standing) == before


# ---------------------------------------------------------------- the previous release

RELEASE_0005 = Path(__file__).parent / "release_0005"


def test_a_clinic_of_the_previous_release_is_brought_forward(empty: Empty) -> None:
    """The archive was written by the release whose newest migration was 0005, and stays as it is."""
    place = empty()
    assert place.import_(RELEASE_0005) == 1
    assert place.sql("SELECT max(version) FROM schema_migration")[0][0] == migrations()[-1].version
    for table in inner(RELEASE_0005)["tables"]:
        assert place.sql(f"SELECT count(*) FROM {table['name']}")[0][0] >= table["rows"], table["name"]
    assert len(place.objects()) == inner(RELEASE_0005)["file_count"]


def test_an_older_archive_beside_a_newer_schema_is_refused_with_the_way_out(standing: Place) -> None:
    before = untouched(standing)
    with pytest.raises(KeepError, match=r"schema 5, the database of .*brought forward, export it there"):
        standing.import_(RELEASE_0005, as_new=True)
    assert untouched(standing) == before
