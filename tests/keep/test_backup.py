"""A backup brings everything back: rows, files, ids, keys; and says so when it cannot."""

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from openprac.keep import KeepError
from openprac.keep.backup import Backup
from openprac.keep.parts import Sealed, seal, unseal
from openprac.keep.places import open_place
from openprac.settings import Settings
from tests.api.patient_attachment.files import arrived, ask, download, new_patient, send
from tests.cast import Cast
from tests.keep.ground import Place, bare, filled, tree, verify
from tests.own_database import sql

Empty = Callable[[], Place]
ROLES = ("keep_owner", "keep_app")


@pytest.fixture(scope="module")
def folder(kept: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where one backup of the filled instance is."""
    folder = tmp_path_factory.mktemp("backups") / "nested" / "here"
    kept.back_up(folder)
    return folder


def rows_of(place: Place) -> dict[str, list[str]]:
    """Every row of every table as text."""
    names = place.sql(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    )
    return {name: [row[0] for row in place.sql(f"SELECT t::text FROM {name} t ORDER BY 1")] for (name,) in names}


def test_every_row_and_every_file_comes_back(kept: Place, empty: Empty, folder: Path) -> None:
    back = empty()
    back.restore(folder)
    assert rows_of(back) == rows_of(kept)
    assert back.objects() == kept.objects()
    assert len(back.objects()) == 12


def test_clients_go_on_with_their_keys_and_no_id_is_given_twice(kept: Place, empty: Empty, folder: Path) -> None:
    back = empty()
    back.headers = kept.headers
    back.restore(folder)
    highest = back.sql("SELECT max(client_id) FROM patient")[0][0]
    with back.served() as api:
        assert api.get("/patient").json()["total_entries"] == 12
        made = api.post("/patient", json={"first_name": "Robin", "surname": "Example"})
        assert made.status_code == 201
        assert made.json()["client_id"] > highest


def test_a_second_backup_copies_only_new_files(cast: Cast, tmp_path: Path) -> None:
    place = filled(cast.settings, seed=6)
    first = place.back_up(tmp_path / "b")
    second = place.back_up(tmp_path / "b")
    assert (first.copied, second.copied, second.manifest.file_count) == (12, 0, 12)
    with place.served() as api:
        client_id = new_patient(api)
        send(ask(api, client_id, "new.txt"), b"one more")
        arrived(api, client_id)
    third = place.back_up(tmp_path / "b")
    assert (third.copied, third.copied_bytes, third.manifest.file_count) == (1, len(b"one more"), 13)
    for made in (first, second, third):
        verify(tmp_path / "b", made.stamp)


def test_what_a_killed_backup_copied_is_not_copied_again(kept: Place, tmp_path: Path) -> None:
    killed = kept.back_up(tmp_path)
    (tmp_path / "backups" / killed.stamp / "manifest.json").unlink()
    with pytest.raises(KeepError, match="no backup"):
        verify(tmp_path)
    assert kept.back_up(tmp_path).copied == 0
    verify(tmp_path)


def test_a_file_that_was_spoilt_at_the_target_is_copied_again(kept: Place, tmp_path: Path) -> None:
    kept.back_up(tmp_path)
    spoilt = next(path for path in (tmp_path / "files").rglob("*") if path.is_file())
    spoilt.write_bytes(b"cut")
    assert kept.back_up(tmp_path).copied == 1
    verify(tmp_path)


def test_an_upload_on_its_way_arrives_after_the_restore(cast: Cast, empty: Empty, tmp_path: Path) -> None:
    place, back = filled(cast.settings, seed=7), empty()
    with place.served() as api:
        client_id = new_patient(api)
        forms = [ask(api, client_id, f"{number}.txt") for number in range(3)]
    # Nobody sweeps now. The third has a form and no file yet.
    for number, form in enumerate(forms[:2]):
        send(form, b"sent %d" % number)
    assert len(place.back_up(tmp_path).manifest.uploads) == 2
    back.headers = place.headers
    back.restore(tmp_path)
    with back.served() as api:
        files = arrived(api, client_id, count=2)
        assert {download(api, row["attachment_client_id"]).content for row in files} == {b"sent 0", b"sent 1"}


def test_a_file_that_is_gone_is_told_and_the_rest_is_kept(cast: Cast, empty: Empty, tmp_path: Path) -> None:
    place, back = filled(cast.settings, seed=8), empty()
    gone = sorted(place.objects())[0]
    place.with_store(lambda store: store.delete(gone))
    made = place.back_up(tmp_path)
    assert made.manifest.missing == [gone]
    back.restore(tmp_path)
    assert back.objects() == place.objects()


@pytest.fixture(scope="module")
def roles(cast: Cast) -> None:
    for role in ROLES:
        sql(cast.owner_url, f"CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS")


@pytest.mark.usefixtures("roles")
class TestAnOwnerWhoMayNotPassRowSecurity:
    """As docs/deployment.md sets one up: clinic after clinic is bound, and nothing is missed."""

    def test_backs_up_and_restores(self, cast: Cast, kept: Place, folder: Path, tmp_path: Path) -> None:
        back, again = (bare(cast.settings, *ROLES) for _ in range(2))
        back.restore(folder)
        back.back_up(tmp_path)
        again.restore(tmp_path)
        superuser = replace(again, settings=replace(again.settings, owner_database_url=_as_superuser(again)))
        assert rows_of(superuser) == rows_of(kept)
        forced = superuser.sql("SELECT count(*) FROM pg_class WHERE relforcerowsecurity")[0][0]
        assert forced == kept.sql("SELECT count(*) FROM pg_class WHERE relforcerowsecurity")[0][0]

    def test_exports_and_imports(self, cast: Cast, kept: Place, tmp_path: Path) -> None:
        back = bare(cast.settings, *ROLES)
        kept.export(tmp_path / "a")
        assert back.import_(tmp_path / "a") == 1
        back.export(tmp_path / "b")
        ours, theirs = tree(tmp_path / "a"), tree(tmp_path / "b")
        assert {name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)} == {"manifest.json"}


def _as_superuser(place: Place) -> str:
    return place.target.owner_url.replace(f"{ROLES[0]}@", "openprac_owner@")


# ---------------------------------------------------------------- refusals


def test_an_instance_with_a_clinic_is_left_alone(cast: Cast, kept: Place, empty: Empty, folder: Path) -> None:
    before = rows_of(kept), kept.objects()
    with pytest.raises(KeepError, match="holds 1 clinics"):
        kept.restore(folder)
    assert (rows_of(kept), kept.objects()) == before


def test_a_store_with_other_files_is_left_alone_unless_asked(empty: Empty, kept: Place, folder: Path) -> None:
    place = empty()

    async def put(store):
        await store.ensure_bucket()
        await store.put("patient_attachment/9/other.txt", b"other", content_type="text/plain")

    place.with_store(put)
    with pytest.raises(KeepError, match="not empty"):
        place.restore(folder)
    assert list(place.objects()) == ["patient_attachment/9/other.txt"]
    place.restore(folder, beside_files=True)
    assert place.objects() == {**kept.objects(), "patient_attachment/9/other.txt": b"other"}


def _first(folder: Path, pattern: str) -> Path:
    return sorted(path for path in folder.glob(pattern) if path.is_file())[0]


PIECES = ("backups/*/manifest.json", "backups/*/files.*", "backups/*/tables/patient.*", "files/**/*")


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("how", ["changed", "cut", "missing"])
def test_a_damaged_backup_is_found_out_and_not_restored(
    folder: Path, empty: Empty, tmp_path: Path, piece: str, how: str
) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    path = _first(tmp_path, piece)
    body = bytearray(path.read_bytes())
    if how == "changed":
        body[len(body) // 2] ^= 1
        path.write_bytes(body)
    elif how == "cut":
        path.write_bytes(body[:-1] if "manifest" not in piece else body[:-3])
    else:
        path.unlink()
    with pytest.raises(KeepError):
        verify(tmp_path)
    if how != "changed":
        return
    place = empty()
    with pytest.raises(KeepError):
        place.restore(tmp_path)
    there = place.sql("SELECT to_regclass('tenant') IS NOT NULL")[0][0]
    assert not there or place.sql("SELECT count(*) FROM tenant")[0][0] == 0


def _rewritten(folder: Path, **changes) -> None:
    """The manifest as somebody who knows the format would forge it."""
    path = _first(folder, PIECES[0])
    path.write_bytes(seal({**json.loads(_inner(path)), **changes}))
    unseal(path.read_bytes(), Backup, "it")


def _inner(path: Path) -> bytes:
    import msgspec

    return bytes(msgspec.json.decode(path.read_bytes(), type=Sealed).manifest)


def test_a_backup_of_a_newer_schema_is_refused(folder: Path, empty: Empty, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    newer = {"version": 9999, "name": "later", "digest": "0"}
    _rewritten(tmp_path, schema=[*json.loads(_inner(_first(tmp_path, PIECES[0])))["schema"], newer])
    place = empty()
    with pytest.raises(KeepError, match=r"schema 9999, this program knows .* newer openprac"):
        place.restore(tmp_path)
    assert place.sql("SELECT to_regclass('tenant')")[0][0] is None


def test_a_name_that_leads_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "b")
    (tmp_path / "outside").write_text("not yours")
    parts = [{"name": "../../../outside", "bytes": 9, "sha256": "0"}]
    _rewritten(tmp_path / "b", files=parts)
    with pytest.raises(KeepError, match="no name"):
        verify(tmp_path / "b")


# ---------------------------------------------------------------- other places


class TestABucket:
    def test_holds_a_backup(self, cast: Cast, kept: Place, empty: Empty) -> None:
        settings = _for_backups(kept.settings)
        back = empty()

        async def run() -> None:
            from openprac.keep import backup, restore
            from openprac.keep.bars import bars
            from openprac.serve import store_of

            place = await open_place("s3://keep-backups/clinic/nightly", settings)
            store, connection = store_of(kept.settings), await asyncpg.connect(kept.target.owner_url)
            target = back.target
            with bars() as shown:
                first = await backup.back_up(connection, store, place, shown)
                second = await backup.back_up(connection, store, place, shown)
                assert (first.copied > 0, second.copied) == (True, 0)
                await restore.verify_backup(place, second.stamp, shown)
                assert await backup.stamps(place) == sorted([first.stamp, second.stamp])
                await restore.restore(place, second.stamp, target, shown)
            await connection.close()
            for one in (store, target.store, place):
                await one.close()

        asyncio.run(run())
        assert rows_of(back) == rows_of(kept)

    @pytest.mark.parametrize(
        ("where", "changes", "said"),
        [
            ("s3://keep-backups", {"s3_endpoint": None}, "S3_BACKUP_ENDPOINT"),
            ("s3://", {}, "s3://bucket/prefix"),
            ("ftp://there/b", {}, "s3://bucket/prefix"),
        ],
    )
    def test_that_cannot_be_is_told(self, kept: Place, where: str, changes: dict[str, None], said: str) -> None:
        with pytest.raises(KeepError, match=said):
            asyncio.run(open_place(where, replace(kept.settings, **changes)))

    def test_of_the_files_themselves_is_refused(self, kept: Place) -> None:
        with pytest.raises(KeepError, match="choose another"):
            asyncio.run(open_place(f"s3://{kept.settings.s3_bucket}/b", kept.settings))

    def test_its_secrets_never_reach_a_worker(self, kept: Place) -> None:
        settings = _for_backups(kept.settings)
        assert "S3_BACKUP" not in str(settings.environment())


def _for_backups(settings: Settings) -> Settings:
    return replace(
        settings,
        s3_endpoint=None,
        s3_access_key_id=None,
        s3_secret_access_key=None,
        s3_backup_endpoint=settings.s3_endpoint,
        s3_backup_access_key_id=settings.s3_access_key_id,
        s3_backup_secret_access_key=settings.s3_secret_access_key,
    )


def test_the_moment_is_the_databases_and_lies_within_the_run(kept: Place, tmp_path: Path) -> None:
    before = datetime.now(UTC)
    made = kept.back_up(tmp_path)
    assert before < made.manifest.moment < made.manifest.ended < datetime.now(UTC)
