"""A front desk: a clinic of its own, set up by the API, where tests book without meeting anybody else's entries."""

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import Any

import httpx

from openprac import admin
from tests.api.answers import made
from tests.cast import Cast, Clinic

ZONE = "Australia/Adelaide"
DAY = "2026-03-03"
"""A Tuesday without a change of clocks."""


@dataclass
class Desk:
    """Ids of what every booking needs; `practitioner()` is a new one, whose book is empty."""

    cast: Cast
    clinic: Clinic
    api: httpx.Client
    profession: int
    business: int
    other_business: int
    fee_category: int
    type: int
    group_type: int
    client: int
    names: Any = field(default_factory=lambda: itertools.count(1))

    def practitioner(self, *, columns: int = 1, both: bool = True, **more: Any) -> int:
        """Somebody who works at the business (at both) with so many columns."""
        businesses = [{"business_id": self.business, "app_book_columns": columns}]
        if both:
            businesses.append({"business_id": self.other_business, "app_book_columns": columns})
        return self.new(
            "practitioner",
            first_name="Robin",
            surname=f"Example{next(self.names)}",
            businesses=businesses,
            **{"professions": [{"profession_id": self.profession, "is_default": True}], **more},
        )

    def patient(self, **more: Any) -> int:
        return self.new("patient", id="client_id", first_name="Kim", surname=f"Sample{next(self.names)}", **more)

    def resource(self, **more: Any) -> int:
        return self.new("resource", description=f"Room {next(self.names)}", **{"business_ids": [self.business], **more})

    def type_of(self, minutes: int = 30, **more: Any) -> int:
        """A type of so many minutes for everybody."""
        row = {"profession_id": self.profession, "duration": minutes, "all_fee_cats": True}
        row |= {name: more.pop(name) for name in ("width", "item_id", "item_group_id") if name in more}
        name = f"Type {next(self.names)}"
        body = {"description": name, "short_description": name, "appointment_type_durations": [row]}
        return self.new("appointment_type", **{**body, **more})

    def new(self, resource: str, *, id: str = "", **body: Any) -> int:
        return int(made(self.api.post(f"/x/{resource}", json=body))[id or f"{resource}_id"])

    def space(self, practitioner: int, time: str = "09:00", **more: Any) -> dict[str, Any]:
        """What every kind of entry says of its place."""
        place = {
            "practitioner_id": practitioner,
            "business_id": self.business,
            "app_time": time if "T" in time else f"{DAY}T{time}:00",
            "duration": 30,
        }
        return {**place, **more}

    def visit(self, practitioner: int, time: str = "09:00", **more: Any) -> dict[str, Any]:
        """The body of an appointment."""
        who = {"client_id": self.client, "appointment_type_id": self.type}
        return self.space(practitioner, time, **{**who, **more})

    def book(self, practitioner: int, time: str = "09:00", **more: Any) -> dict[str, Any]:
        return made(self.api.post("/appointment", json=self.visit(practitioner, time, **more)))

    def hold(self, practitioner: int, time: str = "09:00", **more: Any) -> int:
        answer = self.api.post("/reserve_appointment", json=self.space(practitioner, time, **more))
        return int(made(answer)["appointment_id"])

    def group(self, practitioner: int, time: str = "09:00", **more: Any) -> int:
        body = self.space(practitioner, time, **{"appointment_type_id": self.group_type, **more})
        return int(made(self.api.post("/group_appointment", json=body))["appointment_id"])

    def lapse(self, appointment_id: int) -> None:
        """The fifteen minutes of a hold are over."""
        self.sql(
            "UPDATE appointment SET expires_at = now() - interval '1 second' WHERE appointment_id = $1", appointment_id
        )

    def sql(self, statement: str, *values: Any) -> list[Any]:
        return self.cast.sql(statement, *values)

    def key(self, *permissions: str) -> httpx.Client:
        """A caller with these permissions alone."""
        key = asyncio.run(self.cast.key(self.clinic, *permissions))
        return self.cast.client(self.clinic, **{"a-api-key": key})


def open_desk(cast: Cast) -> Desk:
    clinic = asyncio.run(_clinic(cast))
    api = cast.client(clinic)

    def new(resource: str, id: str = "", **body: Any) -> int:
        return int(made(api.post(f"/x/{resource}", json=body))[id or f"{resource}_id"])

    hours = {"appointment_start_time": "08:00:00", "appointment_end_time": "18:00:00"}
    profession = new("profession", description="Physiotherapy")
    rows = [{"profession_id": profession, "duration": 30, "all_fee_cats": True}]
    return Desk(
        cast,
        clinic,
        api,
        profession=profession,
        business=new("business", business_name="North", display_name="North", **hours),
        # Open all day, for what happens at night.
        other_business=new("business", business_name="South", display_name="South"),
        fee_category=new("fee_category", "fee_cat_id", description="Veterans"),
        type=new("appointment_type", description="Visit", short_description="V", appointment_type_durations=rows),
        group_type=new(
            "appointment_type",
            description="Class",
            short_description="C",
            group_appointment=True,
            group_max_size=3,
            appointment_type_durations=rows,
        ),
        client=new("patient", "client_id", first_name="Kim", surname="Sample"),
    )


async def _clinic(cast: Cast) -> Clinic:
    async with cast.owner() as connection:
        tenant_id = await admin.create_tenant(connection, "Desk", ZONE)
        key_id, user_id, key = await admin.create_account_key(connection, tenant_id, "desk", ["*"])
    return Clinic(tenant_id, "Desk", ZONE, user_id, key_id, key)
