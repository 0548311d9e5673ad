"""A database of the release whose newest migration was 0005, with a clinic in it, is brought forward whole."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from openprac import admin
from openprac.api import COLLECTIONS
from openprac.keep import KeepError
from openprac.keep.parts import Sealed
from openprac.migrate import MigrationError, migrate, migrations
from tests.cast import Cast
from tests.keep.ground import Place, bare

RELEASE = Path(__file__).parent / "release_0005"
VERSION = 5
Empty = Callable[[], Place]


def archived() -> dict[str, int]:
    """Rows of each table of the archive."""
    import msgspec

    sealed = msgspec.json.decode((RELEASE / "manifest.json").read_bytes(), type=Sealed)
    return {table["name"]: table["rows"] for table in json.loads(bytes(sealed.manifest))["tables"]}


def counts(place: Place) -> dict[str, int]:
    return {name: place.sql(f"SELECT count(*) FROM {name}")[0][0] for name in archived()}


@pytest.fixture(scope="module")
def old(cast: Cast) -> Place:
    """As the old program left it: tables of 0001 to 0005 and no others."""
    place = bare(cast.settings)
    asyncio.run(migrate(place.target.owner_url, place.target.runtime_url, until=VERSION))
    assert place.import_(RELEASE) == 1
    assert place.sql("SELECT max(version) FROM schema_migration")[0][0] == VERSION
    assert counts(place) == archived()
    return place


@pytest.fixture(scope="module")
def backup_folder(old: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    old.back_up(folder)
    return folder


def is_served(place: Place) -> None:
    """Everything that was there is listed, and the clinic can be worked in."""

    async def key() -> dict[str, str]:
        connection = await asyncpg.connect(place.target.owner_url)
        try:
            _, vendor = await admin.create_vendor(connection, "After")
            _, _, account = await admin.create_account_key(connection, 1, "after", ["*"])
            return {"x-api-key": vendor, "a-api-key": account}
        finally:
            await connection.close()

    place.headers = asyncio.run(key())
    with place.served() as api:
        for collection in COLLECTIONS:
            for listing in collection.listings:
                if listing.scope is None:
                    answer = api.get(listing.path)
                    assert answer.status_code == 200, (listing.path, answer.text)
        assert api.get("/patient").json()["total_entries"] == archived()["patient"]
        made = api.post("/patient", json={"first_name": "Robin", "surname": "Example"})
        assert made.status_code == 201, made.text


def test_a_backup_of_the_old_release_is_restored_by_the_new_one(old: Place, empty: Empty, backup_folder: Path) -> None:
    place = empty()
    place.restore(backup_folder)
    found = counts(place)
    assert {name: found[name] >= rows for name, rows in archived().items()} == dict.fromkeys(found, True)
    assert place.objects() == old.objects()
    is_served(place)


def test_an_empty_database_that_is_ahead_of_the_backup_is_refused(empty: Empty, backup_folder: Path) -> None:
    place = empty()
    asyncio.run(migrate(place.target.owner_url, place.target.runtime_url))
    with pytest.raises(KeepError, match="without any tables"):
        place.restore(backup_folder)


def test_the_old_database_itself_is_migrated_and_served(old: Place, backup_folder: Path) -> None:
    applied = asyncio.run(migrate(old.target.owner_url, old.target.runtime_url))
    assert len(applied) == len([one for one in migrations() if one.version > VERSION])
    found = counts(old)
    assert {name: found[name] >= rows for name, rows in archived().items()} == dict.fromkeys(found, True)
    is_served(old)
    assert asyncio.run(migrate(old.target.owner_url, old.target.runtime_url)) == []


def test_a_program_older_than_the_schema_refuses(cast: Cast) -> None:
    place = bare(cast.settings)
    asyncio.run(migrate(place.target.owner_url, place.target.runtime_url))
    place.sql("INSERT INTO schema_migration (version, name, digest) VALUES (9999, 'later', '0')")
    with pytest.raises(MigrationError, match=r"at schema 9999, this program knows \d+: start a newer openprac"):
        asyncio.run(migrate(place.target.owner_url, place.target.runtime_url))
