"""Clinics for the search for free times: set up by the API, their entries by SQL.

Everybody has a roster of plain days with a lunch hour and an evening for online booking only; overrides and days off
are there, none of them in the week searched. So the two ways by SQL (bench/free_sql.py) can find the same starts.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import httpx

from bench.world import World
from openprac.admin import create_account_key, create_tenant

ZONE = "Australia/Sydney"
TYPES = 20
TYPE_MINUTES = 30
PATIENTS = 200
SITES = 3
PROFESSIONS = 3
WEEKS_AHEAD = 3
"""Of the entries; the rest is the past."""

# Of the half hours from 8:00 to 18:00, but for the lunch hour, seven of nine; every third entry lasts 15 minutes. The
# latest days first, as many as are wanted. Parameters: tenant, user, last date, entries, type, patients.
ENTRIES_SQL = """
INSERT INTO appointment (tenant_id, kind, app_time, duration, practitioner_id, business_id, client_id,
                         appointment_type_id, appointment_status_id, description, created_by_user_id)
SELECT $1, kind, app_time, duration, practitioner_id, business_id,
       CASE kind WHEN 'patient' THEN ($6::bigint[])[(1 + number % array_length($6, 1))::integer] END,
       CASE kind WHEN 'patient' THEN $5::bigint END, CASE kind WHEN 'patient' THEN status END, 'Bench', $2
  FROM (SELECT s.practitioner_id, s.business_id, day + (480 + 30 * slot) * interval '1 minute' AS app_time,
               CASE WHEN (slot + s.practitioner_id) % 3 = 0 THEN 15 ELSE 30 END AS duration,
               (slot * 7 + s.practitioner_id * 13 + (day - date '2000-01-01')) AS number,
               CASE (slot * 5 + s.practitioner_id) % 12 WHEN 0 THEN 'note' WHEN 1 THEN 'rule_out' ELSE 'patient' END
                   AS kind,
               (SELECT z.appointment_status_id FROM appointment_status z WHERE z.tenant_id = $1 AND z.built_in = 1)
                   AS status
          FROM generate_series(0, 36500) AS back
         CROSS JOIN LATERAL (SELECT $3::date - back AS day) AS dates
         CROSS JOIN generate_series(0, 19) AS slot
         CROSS JOIN (SELECT practitioner_id, min(business_id) AS business_id FROM practitioner_business
                      WHERE tenant_id = $1 GROUP BY practitioner_id) AS s
         WHERE extract(isodow FROM day) < 7 AND slot NOT IN (8, 9)
           AND (slot * 5 + s.practitioner_id * 3 + (day - date '2000-01-01') * 2) % 9 < 7
         LIMIT $4) AS wanted
 ORDER BY app_time"""


@dataclass(frozen=True, slots=True)
class FreeClinic:
    """first: the Monday of the week that is searched."""

    name: str
    tenant_id: int
    a_api_key: str
    first: date
    type_id: int
    practitioner_id: int
    practitioners: int
    entries: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=6)


async def build(world: World, port: int, practitioners: int, entries: int) -> FreeClinic:
    """port: of openprac."""
    owner = await asyncpg.connect(world.owner_url)
    try:
        tenant_id = await create_tenant(owner, f"Free {practitioners}, {entries}", ZONE)
        _, user_id, key = await create_account_key(owner, tenant_id, "bench", ["*"])
        today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
        first = today + timedelta(days=8 - today.isoweekday())
        headers = {"x-api-key": world.vendor_key.secret, "a-api-key": key}
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", headers=headers, timeout=30) as api:
            types, people, patients = _set_up(api, practitioners, first)
        # References are right by construction; looking each one up would take most of the time.
        await owner.execute("SET session_replication_role = replica")
        await owner.execute(
            ENTRIES_SQL, tenant_id, user_id, first + timedelta(weeks=WEEKS_AHEAD), entries, types[0], patients
        )
        await owner.execute("VACUUM (ANALYZE)")
        await owner.execute("CHECKPOINT")
    finally:
        await owner.close()
    name = f"{practitioners} practitioners, {entries:,} entries"
    return FreeClinic(name, tenant_id, key, first, types[0], people[len(people) // 2], practitioners, entries)


def _set_up(api: httpx.Client, practitioners: int, first: date) -> tuple[list[int], list[int], list[int]]:
    """Types, practitioners, patients."""

    def new(resource: str, id: str = "", **body: Any) -> int:
        answer = api.post(f"/x/{resource}", json=body)
        if answer.status_code != 201:
            raise RuntimeError(f"{resource}: {answer.text}")
        return int(answer.json()[id or f"{resource}_id"])

    hours = {"appointment_start_time": "08:00:00", "appointment_end_time": "18:00:00", "interval_minutes": 15}
    sites = [
        new("business", business_name=f"Site {one}", display_name=f"S{one}", work_week=[1, 2, 3, 4, 5, 6], **hours)
        for one in range(SITES)
    ]
    professions = [new("profession", description=f"Profession {one}") for one in range(PROFESSIONS)]
    rooms = [new("resource", description=f"Room {one}", business_ids=sites) for one in range(4)]
    types = [
        new(
            "appointment_type",
            description=f"Type {one}",
            short_description=f"T{one}",
            appointment_type_durations=[
                {"profession_id": profession, "duration": TYPE_MINUTES, "all_fee_cats": True}
                for profession in professions
            ],
            resource_ids=rooms if one % 4 == 3 else [],
            resource_mode="any",
        )
        for one in range(TYPES)
    ]
    people = [
        new(
            "practitioner",
            first_name="Robin",
            surname=f"Example{one}",
            # One in five works at two sites.
            businesses=[
                {"business_id": site, "app_book_columns": 1}
                for site in sites[one % SITES :][: 2 if one % 5 == 0 else 1]
            ],
            professions=[{"profession_id": professions[one % PROFESSIONS], "is_default": True}],
        )
        for one in range(practitioners)
    ]
    rosters = [_roster(new, number, first) for number in range(5)]
    for number, one in enumerate(people):
        for site in sites[number % SITES :][: 2 if number % 5 == 0 else 1]:
            new(
                "roster_assignment",
                practitioner_id=one,
                business_id=site,
                roster_id=rosters[number % len(rosters)],
                start_date=str(first - timedelta(days=700)),
            )
        if number % 4 == 0:
            away = first + timedelta(weeks=4 + number % 7)
            new("day_off", description="Leave", start_date=str(away), end_date=str(away), practitioner_ids=[one])
    patients = [new("patient", id="client_id", first_name="Kim", surname=f"Sample{one}") for one in range(PATIENTS)]
    return types, people, patients


def _roster(new: Any, number: int, first: date) -> int:
    week = [1, 2, 3, 4, 5, 6] if number % 2 else [1, 2, 3, 4, 5]
    staff, online = {"manual": True, "online": True, "waiting_list": True}, {"online": True}
    nobody = {"manual": False, "online": False, "waiting_list": False}
    roster = new(
        "roster",
        description=f"Roster {number}",
        **staff,
        days=[{"weekday": day, "start_time": f"0{8 + number % 2}:00:00", "end_time": "18:00:00"} for day in week],
        rules=[
            {"weekday": day, "start_time": start, "end_time": end, **nobody, **flags}
            for day in week
            for start, end, flags in (("12:00:00", "13:00:00", {}), ("17:00:00", "18:00:00", online))
        ],
    )
    # In force, and not on a date of the week searched.
    new(
        "roster_override",
        roster_id=int(roster),
        repeat="weekly",
        every=2,
        start_date=str(first + timedelta(days=9)),
        weekdays=[3],
        start_time="08:00:00",
        end_time="12:00:00",
        **nobody,
    )
    return int(roster)
