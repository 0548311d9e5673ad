"""A whole clinic as rows, decided by a seed: values in, rows out; no database, no file store, no clock.

A row names other rows by their position in their table's list, and sexes, pronouns and fee categories, which every
clinic starts with, by their description. `fill.py` puts ids in their place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from openprac.attachments.file_names import object_name
from openprac.attachments.file_types import tell_type
from openprac.demo import (
    book,
    invoices,
    notes,
    payers,
    payments,
    practice,
    referrers,
    relatives,
    rooms,
    rosters,
    services,
)
from openprac.demo.dice import Calendar, Dice, Row
from openprac.demo.documents import DOCUMENTS, FOLDERS, Document, body_of
from openprac.demo.patients import patients_and_accounts
from openprac.demo.places import Region, region_of

ATTACHMENTS = 40
# The newest files have folders: the clinic made them a default of new files at some time.
WITH_FOLDERS = 1 / 3
# This part of the attachments hangs on files with folders.
FILED = 0.75
HOLDER_DRAWS = 200


@dataclass(frozen=True, slots=True)
class Clinic:
    """`tables` come in the order in which the database takes them; `documents` belong to the attachments, in order."""

    tables: dict[str, list[Row]]
    documents: list[Document]


def make_clinic(seed: int, today: date, patients: int, *, name: str, time_zone: str) -> Clinic:
    """A clinic of so many patients as it stands at the start of `today`, in the zone's part of Australia."""
    calendar = Calendar(today, time_zone)
    region = region_of(time_zone)
    dice = Dice(seed, "practice")
    people = practice.practitioners(dice, calendar)
    sites = practice.businesses(dice, calendar, region, name)
    seats = practice.practitioner_businesses(people, sites)
    practised = practice.practitioner_professions(people)
    files, accounts = patients_and_accounts(Dice(seed, "patients"), calendar, region, patients)
    folders = _folders(files)
    attachments = list(_attachments(Dice(seed, "attachments"), calendar, files, folders))
    attachments.sort(key=lambda pair: pair[0]["created"])
    tables: dict[str, list[Row]] = {
        "fee_category": practice.fee_categories(calendar),
        "business": sites,
        "profession": practice.professions(calendar),
        **_contact_files(seed, calendar, region),
        "tag_category": notes.tag_categories(calendar),
        "tag": notes.tags(calendar),
        "practitioner": people,
        "practitioner_business": seats,
        "practitioner_profession": practised,
        "practitioner_provider_number": rooms.provider_numbers(seats, practised),
        "appointment_status": rooms.own_statuses(calendar),
        **rooms.resource_tables(calendar),
        **services.item_tables(calendar),
        **services.type_tables(calendar),
        "patient": files,
        "patient_account": accounts,
        "patient_attachment_folder": folders,
        "patient_attachment": [row for row, _ in attachments],
    }
    tables["patient_contact"] = relatives.patient_contacts(Dice(seed, "contacts"), calendar, region, tables)
    memos = notes.memos(Dice(seed, "memos"), calendar, files, tables["patient_attachment"])
    for table, rows in zip(("", "_tag", "_attachment"), memos, strict=True):
        tables[f"clinical_note_memo{table}"] = rows
    tables |= rosters.roster_tables(calendar, tables)
    tables |= book.book_tables(Dice(seed, "book"), calendar, tables)
    tables |= invoices.invoice_tables(Dice(seed, "invoices"), calendar, tables)
    tables |= payments.payment_tables(Dice(seed, "payments"), calendar, tables)
    return Clinic(tables, [document for _, document in attachments])


def _contact_files(seed: int, calendar: Calendar, region: Region) -> dict[str, list[Row]]:
    """Whom the clinic deals with besides its patients: payers, health funds, referrers."""
    dice = Dice(seed, "payers")
    insurers = payers.payers(dice, calendar, region)
    people = payers.payer_contacts(dice, calendar, region, insurers)
    dice = Dice(seed, "referrers")
    organisations = referrers.organisations(dice, calendar, region)
    return {
        "payer": insurers,
        "payer_contact": people,
        "health_fund": payers.health_funds(calendar),
        "organisation": organisations,
        "referrer_type": referrers.referrer_types(calendar),
        "referrer": referrers.referrers(dice, calendar, region, organisations),
    }


def object_key(seed: int, tenant_id: int, client_id: int, number: int, file_name: str) -> str:
    """The lasting key of a clinic's attachment, as uploads get it; its UUID comes from seed and clinic."""
    unique = Dice(seed, f"object/{tenant_id}/{number}").uuid()
    return f"patient_attachment/{tenant_id}/{client_id}/{unique}/{object_name(file_name)}"


def _folders(files: list[Row]) -> list[Row]:
    first = len(files) - int(len(files) * WITH_FOLDERS)
    return [
        {
            "client_id": position,
            "description": folder,
            "created": files[position]["created"],
            "modified": files[position]["created"],
        }
        for position in range(first, len(files))
        for folder in FOLDERS
    ]


def _attachments(
    dice: Dice, calendar: Calendar, files: list[Row], folders: list[Row]
) -> Iterator[tuple[Row, Document]]:
    first = folders[0]["client_id"] if folders else len(files)
    for number in range(min(ATTACHMENTS, len(files))):
        document = DOCUMENTS[number % len(DOCUMENTS)]
        filed = bool(folders) and dice.chance(FILED)
        position = _holder(dice, files, document, range(first, len(files)) if filed else range(first))
        folder = None
        if filed and document.folder and dice.chance(0.85):
            folder = (position - first) * len(FOLDERS) + FOLDERS.index(document.folder)
        created = calendar.later(files[position]["created"], dice, sooner=3)
        body = body_of(document)
        told = tell_type(document.file_name, body)
        row = {
            "client_id": position,
            "attachment_client_folder_id": folder,
            # Letters and pictures are a few days old when they are filed.
            "file_date": created.astimezone(calendar.zone).date() - timedelta(days=dice.whole(0, 5)),
            "description": document.description,
            "file_name": document.file_name,
            "file_type": told.extension,
            "content_type": told.content_type,
            "file_size": len(body),
            "created": created,
            "modified": created,
        }
        yield row, document


def _holder(dice: Dice, files: list[Row], document: Document, positions: range) -> int:
    """One of these patients, with what the document needs if a few draws find one."""
    position = dice.pick(positions)
    for _ in range(HOLDER_DRAWS):
        if document.needs is None or files[position][document.needs]:
            break
        position = dice.pick(positions)
    return position
