"""`openprac doctor`: looks whether all is as it should be, and says what is not.

What is `bad` needs somebody; what is only `known` may be as it is. `repair` does what loses nothing whatever the
reason was: it states the grants anew, moves sequences past the ids that are there, and removes from below temp/ what
no upload has named for a day. It touches no row of a clinic and no file that was kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import disk_usage
from typing import Literal

import asyncpg

from openprac.attachments.store import Listed, Store
from openprac.keep.catalog import IdSequence, bind, last_values, pass_id, quoted
from openprac.keep.restore import CANARY
from openprac.keep.rights import open_locks, wrong_rights
from openprac.keep.schema import known_schema, schema_of, version_of
from openprac.keep.snapshot import Snapshot, snapshot
from openprac.migrate import state_grants

CLOCKS_APART_MAX_SECONDS = 5.0
FREE_MIN_BYTES = 1_000_000_000
FREE_MIN_PART = 0.05
YOUNG = timedelta(hours=1)
"""An object that no row names may belong to an import that is under way."""
LITTER = timedelta(days=1)
OVERDUE = timedelta(hours=2)
"""An upload that has not come vanishes an hour past its form's end, where a server runs."""
NAMED_MAX = 3
TEMPORARY = "temp/"

State = Literal["ok", "known", "bad", "repaired"]


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    state: State
    says: str


@dataclass
class Doctor:
    """One visit. `data_dir` is where bundled servers keep their data, None where there are none."""

    connection: asyncpg.Connection
    store: Store
    runtime_role: str
    data_dir: Path | None
    repair: bool = False
    findings: list[Finding] = field(default_factory=list)

    async def visit(self) -> list[Finding]:
        """Raises StoreError when the store does not answer, and what the database says when it refuses."""
        await self._look_at_clocks()
        self._look_at_disk()
        if not await self._look_at_schema():
            return self.findings
        await self._look_at_rights()
        # The store first: what its rows name is there before they are.
        objects = {one.key: one async for one in self.store.list_objects("")}
        async with snapshot(self.connection) as now:
            behind = await self._behind(now)
            named = {one.key: one.size for one in await now.files()}
            uploads = await now.uploads()
            overdue = await self._overdue(now)
        await self._look_at_sequences(behind)
        await self._look_at_files(objects, named, uploads)
        await self._look_at_litter(objects, {key for key, _ in uploads})
        self._say("uploads", "known" if overdue else "ok", f"{len(uploads)} on their way, {overdue} long overdue")
        return self.findings

    def _say(self, check: str, state: State, says: str) -> None:
        self.findings.append(Finding(check, state, says))

    # ---------------------------------------------------------------- around the database

    async def _look_at_clocks(self) -> None:
        asked = datetime.now(UTC)
        theirs: datetime = await self.connection.fetchval("SELECT clock_timestamp()")
        ours = asked + (datetime.now(UTC) - asked) / 2
        apart = abs((theirs - ours).total_seconds())
        state: State = "bad" if apart > CLOCKS_APART_MAX_SECONDS else "ok"
        self._say("clocks", state, f"the database's and this machine's are {apart:.1f} s apart")

    def _look_at_disk(self) -> None:
        if self.data_dir is None:
            return
        usage = disk_usage(self.data_dir)
        short = usage.free < FREE_MIN_BYTES or usage.free < usage.total * FREE_MIN_PART
        says = (
            f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.1f} GB are free where the bundled servers keep their data"
        )
        self._say("disk", "bad" if short else "ok", says)

    async def _look_at_schema(self) -> bool:
        there, ours = await schema_of(self.connection), known_schema()
        if there == ours:
            self._say("schema", "ok", f"{version_of(there)}, this program's")
            return True
        word = "start a newer openprac" if version_of(there) > version_of(ours) else "run `openprac migrate`"
        self._say("schema", "bad", f"{version_of(there)}, not this program's {version_of(ours)}: {word}")
        return False

    async def _look_at_rights(self) -> None:
        open_ = await open_locks(self.connection, self.runtime_role)
        self._say("locks", "bad" if open_ else "ok", _some(open_, "every clinic's rows are kept by row-level security"))
        wrong = await wrong_rights(self.connection, self.runtime_role)
        if wrong and self.repair:
            async with self.connection.transaction():
                await state_grants(self.connection, self.runtime_role)
        state: State = "ok" if not wrong else "repaired" if self.repair else "bad"
        self._say("rights", state, _some(wrong, f"{self.runtime_role} has the rights it needs and no others"))

    # ---------------------------------------------------------------- rows

    async def _behind(self, now: Snapshot) -> list[tuple[IdSequence, int]]:
        """Sequences that will give a number that a row has, with the highest such number."""
        highest: dict[str, int] = {}
        tables = now.catalog.by_name
        for one in now.catalog.sequences:
            if one.table and one.column:
                for clinic in now.turns(tables[one.table]):
                    await bind(self.connection, clinic)
                    found = await self.connection.fetchval(f"SELECT max({quoted(one.column)}) FROM {quoted(one.table)}")
                    highest[one.name] = max(highest.get(one.name, 0), found or 0)
        last = await last_values(self.connection, now.catalog.sequences)
        return [(one, highest[one.name]) for one in now.catalog.sequences if highest.get(one.name, 0) > last[one.name]]

    async def _look_at_sequences(self, behind: Sequence[tuple[IdSequence, int]]) -> None:
        if self.repair:
            for one, highest in behind:
                await pass_id(self.connection, one, highest)
        state: State = "ok" if not behind else "repaired" if self.repair else "bad"
        says = [f"{one.name} would give ids again up to {highest}" for one, highest in behind]
        self._say("sequences", state, _some(says, "no id will be given twice"))

    async def _overdue(self, now: Snapshot) -> int:
        count = 0
        for clinic in now.turns(now.catalog.by_name["pending_upload"]):
            await bind(self.connection, clinic)
            count += await self.connection.fetchval(
                "SELECT count(*) FROM pending_upload WHERE expires_at < clock_timestamp() - $1::interval", OVERDUE
            )
        return count

    # ---------------------------------------------------------------- files

    async def _look_at_files(
        self, objects: Mapping[str, Listed], named: Mapping[str, int | None], uploads: Sequence[tuple[str, str]]
    ) -> None:
        missing = [key for key in sorted(named.keys() - objects.keys()) if await self.store.head(key) is None]
        self._say("files", "bad" if missing else "ok", _some(missing, f"all {len(named)} that rows name are there"))
        odd = [key for key in sorted(named.keys() & objects.keys()) if named[key] not in (None, objects[key].size)]
        self._say("file sizes", "bad" if odd else "ok", _some(odd, "each is as long as its row says"))
        expected = {*named, *(key for pair in uploads for key in pair), CANARY}
        old = datetime.now(UTC) - YOUNG
        orphans = [
            key
            for key in sorted(objects.keys() - expected)
            if not key.startswith(TEMPORARY) and objects[key].last_modified < old
        ]
        self._say("orphans", "known" if orphans else "ok", _some(orphans, "no file is without a row that names it"))

    async def _look_at_litter(self, objects: Mapping[str, Listed], waiting: set[str]) -> None:
        old = datetime.now(UTC) - LITTER
        litter = [
            key
            for key in sorted(objects.keys() - waiting)
            if key.startswith(TEMPORARY) and objects[key].last_modified < old
        ]
        if self.repair:
            for key in litter:
                await self.store.delete(key)
        state: State = "ok" if not litter else "repaired" if self.repair else "known"
        self._say("litter", state, _some(litter, "nothing is left over from uploads"))


def _some(found: Sequence[str], otherwise: str) -> str:
    if not found:
        return otherwise
    more = f" and {len(found) - NAMED_MAX} more" if len(found) > NAMED_MAX else ""
    return f"{len(found)}: {', '.join(found[:NAMED_MAX])}{more}"
