"""List, get and create of patients."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import FastAPI, HTTPException, Query, Request
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from bench.typical.auth import Reader, Writer
from bench.typical.database import Session
from bench.typical.models import (
    Business,
    FeeCategory,
    Patient,
    PatientAccount,
    Practitioner,
    PractitionerBusiness,
    Pronoun,
    Sex,
    Tenant,
)
from bench.typical.schemas import BASE_URL, PatientCreate, PatientList, PatientOut, PatientRow

app = FastAPI(
    title="typical",
    docs_url=None,
    redoc_url=None,
    # Its own tracing and metrics cost a tenth of a request even when nobody collects them.
    telemetry={"tracing": False, "metrics": False, "logs": False, "operation_spans": False},
)

# Statements are built once, with bound parameters, so that a request pays for running them and not for spelling them.
# Of the five rows a patient names, only the columns that are shown: no lazy loading, no second round trip.
OF_CLINIC = (
    select(Patient)
    .where(Patient.tenant_id == bindparam("tenant"))
    .options(
        joinedload(Patient.fee_category_row).load_only(FeeCategory.description),
        joinedload(Patient.business_row).load_only(Business.display_name),
        joinedload(Patient.practitioner_row).load_only(Practitioner.first_name, Practitioner.surname),
        joinedload(Patient.sex_row).load_only(Sex.description),
        joinedload(Patient.pronoun_row).load_only(Pronoun.description),
    )
)
PAGE = OF_CLINIC.order_by(Patient.client_id).limit(bindparam("size")).offset(bindparam("first"))
COUNT = select(func.count()).select_from(Patient).where(Patient.tenant_id == bindparam("tenant"))
ONE = OF_CLINIC.where(Patient.client_id == bindparam("client")).execution_options(populate_existing=True)
FIRST_PRACTITIONER = (
    select(Practitioner.practitioner_id)
    .where(Practitioner.tenant_id == bindparam("tenant"), Practitioner.archived_at.is_(None))
    .order_by(Practitioner.practitioner_id)
    .limit(1)
)
FIRST_BUSINESS = (
    select(PractitionerBusiness.business_id)
    .where(PractitionerBusiness.tenant_id == bindparam("tenant"), PractitionerBusiness.archived_at.is_(None))
    .where(PractitionerBusiness.practitioner_id == bindparam("practitioner"))
    .order_by(PractitionerBusiness.business_id)
    .limit(1)
)


@app.get("/v1/patient")
async def list_patients(
    request: Request,
    session: Session,
    who: Reader,
    page: Annotated[int, Query(ge=1)] = 1,
    page_size: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PatientList:
    total = await session.scalar(COUNT, {"tenant": who.tenant_id})
    assert total is not None
    first = (page - 1) * page_size
    found = await session.scalars(PAGE, {"tenant": who.tenant_id, "size": page_size, "first": first})
    rows = []
    for number, patient in enumerate(found, first + 1):
        row = PatientRow.model_validate(patient)
        row.row_num, row.total_rows = number, total
        rows.append(row)
    return PatientList(clients=rows, total_entries=total, links=_page_links(request, page, first + page_size < total))


def _page_links(request: Request, page: int, more: bool) -> dict[str, str]:
    here = f"{BASE_URL}{request.url.path}"
    links = {"self": page}
    if page > 1:
        links["previous"] = page - 1
    if more:
        links["next"] = page + 1
    return {name: f"{here}?{urlencode({**request.query_params, 'page': at})}" for name, at in links.items()}


@app.get("/v1/patient/{client_id}")
async def get_patient(client_id: int, session: Session, who: Reader) -> PatientOut:
    return await _load(session, who.tenant_id, client_id)


async def _load(session: AsyncSession, tenant_id: int, client_id: int) -> PatientOut:
    patient = await session.scalar(ONE, {"tenant": tenant_id, "client": client_id})
    if patient is None:
        raise HTTPException(404, f"Could not find Patient with ID {client_id}")
    return PatientOut.model_validate(patient)


@app.post("/v1/patient", status_code=201)
async def create_patient(body: PatientCreate, session: Session, who: Writer) -> PatientOut:
    values = body.model_dump(exclude_none=True)
    tenant = await session.get_one(Tenant, who.tenant_id)
    values.setdefault("sms_marketing_type", tenant.default_sms_marketing_type)
    values.setdefault("email_marketing_type", tenant.default_email_marketing_type)
    if "default_practitioner_id" not in values:
        values["default_practitioner_id"] = await session.scalar(FIRST_PRACTITIONER, {"tenant": who.tenant_id})
    if "default_business_id" not in values:
        at = {"tenant": who.tenant_id, "practitioner": values["default_practitioner_id"]}
        values["default_business_id"] = await session.scalar(FIRST_BUSINESS, at)
    patient = Patient(tenant_id=who.tenant_id, **values)
    session.add(patient)
    await session.flush()
    account = PatientAccount(tenant_id=who.tenant_id, client_id=patient.client_id, short_description="PRIMARY")
    session.add(account)
    await session.flush()
    patient.default_account_id = account.account_id
    await session.flush()
    answer = await _load(session, who.tenant_id, patient.client_id)
    await session.commit()
    return answer
