"""Who pays besides the patients: invented insurers and plan managers with their people, and health funds."""

from typing import NamedTuple

from openprac.demo import names
from openprac.demo.dice import Calendar, Dice, Row
from openprac.demo.people import e_mail, landline
from openprac.demo.places import COUNTRY, STREETS, Region

NDIS_ACCOUNT, WORKCOVER_ACCOUNT, DVA_ACCOUNT = "NDIS", "WORK COVER", "DVA"
CONTACTS_EACH = 2


class Payer(NamedTuple):
    """`settles` is the name of the accounts it pays for; None for one that no account names."""

    description: str
    email: str
    settles: str | None
    archived: bool = False


PAYERS = (
    Payer("Everyday Plan Management (sample)", "invoices@example.org", NDIS_ACCOUNT),
    Payer("Injury Claims Agency (sample)", "claims@example.org", WORKCOVER_ACCOUNT),
    Payer("Veterans' Claims (sample)", "claims@example.org", DVA_ACCOUNT),
    Payer("Lighthouse Plan Managers (sample)", "accounts@example.org", NDIS_ACCOUNT),
    Payer("Homestead Support at Home (sample)", "homecare@example.org", None),
    Payer("Old Harbour Insurance (sample)", "office@example.org", None, archived=True),
)
HEALTH_FUNDS = (
    "Bluegum Health Fund",
    "Coolabah Mutual Health",
    "Southern Paddock Health Benefits",
    "Ironbark Members' Health",
)
FORMER_HEALTH_FUND = "Wheatbelt Friendly Society (merged)"
_JOBS = ("Accounts", "Case manager")


def payer_of(account_name: str, position: int) -> int:
    """The payer of a patient's account of that name; who it is depends on the patient's position alone."""
    settling = [number for number, payer in enumerate(PAYERS) if payer.settles == account_name]
    return settling[position % len(settling)]


def payers(dice: Dice, calendar: Calendar, region: Region) -> list[Row]:
    rows: list[Row] = []
    for payer in PAYERS:
        created = calendar.at(calendar.opening, 36_000 + 60 * len(rows))
        modified = calendar.later(created, dice)
        suburb = dice.pick(region.suburbs)
        rows.append(
            {
                "description": payer.description,
                "address_1": f"PO Box {dice.whole(1, 999)}",
                "suburb": suburb.name,
                "address_state": region.state,
                "postcode": suburb.postcode,
                "country": COUNTRY,
                "phone": landline(dice, region),
                "fax": landline(dice, region),
                "email": payer.email,
                "notes": "Closed its books; kept for old invoices." if payer.archived else None,
                "archived_at": modified if payer.archived else None,
                "created": created,
                "modified": modified,
            }
        )
    return rows


def payer_contacts(dice: Dice, calendar: Calendar, region: Region, payers: list[Row]) -> list[Row]:
    """Two for each payer, the first of them the primary one."""
    rows: list[Row] = []
    for position, payer in enumerate(payers):
        for number in range(CONTACTS_EACH):
            woman = dice.chance(0.6)
            first_name = dice.pick(names.ERAS[1].women if woman else names.ERAS[1].men)
            surname = dice.pick(names.ENGLISH_SURNAMES)
            rows.append(
                {
                    "payer_id": position,
                    "title": "Ms" if woman else "Mr",
                    "first_name": first_name,
                    "surname": surname,
                    "address_1": f"{dice.whole(1, 180)} {dice.pick(STREETS)}",
                    "suburb": payer["suburb"],
                    "address_state": payer["address_state"],
                    "postcode": payer["postcode"],
                    "country": COUNTRY,
                    "phone": payer["phone"],
                    "work_phone": landline(dice, region),
                    "email": e_mail(dice, first_name, surname),
                    "job_title": _JOBS[number % len(_JOBS)],
                    "primary_contact": number == 0,
                    "archived_at": payer["archived_at"],
                    "created": payer["created"],
                    "modified": calendar.later(payer["created"], dice)
                    if not payer["archived_at"]
                    else payer["modified"],
                }
            )
    return rows


def health_funds(calendar: Calendar) -> list[Row]:
    created = calendar.at(calendar.opening, 36_000)
    merged = calendar.at(calendar.opening, 40_000)
    rows: list[Row] = [
        {"description": description, "archived_at": None, "created": created, "modified": created}
        for description in HEALTH_FUNDS
    ]
    rows.append({"description": FORMER_HEALTH_FUND, "archived_at": merged, "created": created, "modified": merged})
    return rows
