"""The ground of the contests: a demo server with several workers, and in it a clinic with a book of its own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from openprac.app import Application
from openprac.instance import STATE
from openprac.settings import Settings
from tests.cast import Cast, Clinic
from tests.command.conftest import Instance
from tests.desk import Desk, open_desk
from tests.diary.lines import Server

CLIENTS_MAX = 32
COLUMNS = 3
ROOMS_OF_A_KIND = 3
FIRST_DAY = datetime(2027, 1, 4)
# Every span of a contest lies within an hour of such a time; none of them starts where clocks are put forward.
CENTRES = (0, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22)


@dataclass
class Ground:
    """Everybody works at both sites, which never close. `fresh()` is a time that nobody has asked for yet."""

    instance: Instance
    desk: Desk
    server: Server
    sites: tuple[int, int]
    people: list[int]
    patients: list[int]
    rooms: list[int]
    long_type: int
    any_room_type: int
    times: Iterator[datetime] = field(default_factory=lambda: _times())

    def fresh(self) -> datetime:
        return next(self.times)

    def worker_seconds(self) -> list[float]:
        """Processor time of every worker, so that a run can say how many of them took part."""
        found = []
        for pid in self.instance.workers():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            found.append((int(fields[11]) + int(fields[12])) / 100)
        return found


@contextmanager
def open_ground(folder: Path, workers: int = 3) -> Iterator[Ground]:
    """Start it, set it up by the API, take it down again."""
    instance = Instance(folder / "data", "--workers", str(workers))
    try:
        instance.start()
        desk = open_desk(_cast_of(instance))
        yield _set_up(instance, desk)
        desk.api.close()
    finally:
        if instance.process is not None:
            instance.stop()


def _cast_of(instance: Instance) -> Cast:
    """The same for a server in other processes: there is no application here to look into."""
    ready = instance.ready
    first = ready["clinics"][0]
    clinic = Clinic(first["tenant_id"], first["name"], first["time_zone"], 0, 0, first["a_api_key"])
    return Cast(
        settings=Settings(data_dir=instance.data_dir),
        owner_url=json.loads((instance.data_dir / STATE).read_text())["owner"],
        vendor_id=0,
        vendor_key=ready["x_api_key"],
        riverside=clinic,
        hillside=clinic,
        base_url=ready["base_url"].removesuffix("/v1"),
        app=cast(Application, None),
    )


def _set_up(instance: Instance, desk: Desk) -> Ground:
    sites = tuple(desk.new("business", business_name=name, display_name=name) for name in ("East", "West"))
    works = [{"business_id": site, "app_book_columns": COLUMNS} for site in sites]
    professions = [{"profession_id": desk.profession, "is_default": True}]

    def practitioner(number: int) -> int:
        names = {"first_name": "Alex", "surname": f"Example{number}"}
        return desk.new("practitioner", **names, businesses=works, professions=professions)

    rooms = [desk.resource(business_ids=list(sites)) for _ in range(ROOMS_OF_A_KIND)]
    return Ground(
        instance,
        desk,
        Server(desk.cast.base_url, desk.cast.headers(desk.clinic)),
        sites=(sites[0], sites[1]),
        people=[practitioner(number) for number in range(CLIENTS_MAX)],
        patients=[desk.patient() for _ in range(CLIENTS_MAX)],
        rooms=rooms,
        long_type=desk.type_of(60),
        any_room_type=desk.type_of(30, resource_ids=rooms, resource_mode="any"),
    )


def _times() -> Iterator[datetime]:
    day = FIRST_DAY
    while True:
        yield from (day + timedelta(hours=hour) for hour in CENTRES)
        day += timedelta(days=1)
