"""Patients by generate_series: enough for a measurement. Believable clinics are openprac.demo's business."""

from datetime import date
from typing import Any

import asyncpg

STATEMENTS = (
    "INSERT INTO sex (tenant_id, description) SELECT $1::bigint, unnest(ARRAY['Female', 'Male', 'Other'])",
    "INSERT INTO pronoun (tenant_id, description) SELECT $1::bigint, unnest(ARRAY['She/Her', 'He/Him', 'They/Them'])",
    "INSERT INTO fee_category (tenant_id, description) SELECT $1::bigint, unnest(ARRAY['Private', 'NDIS', 'DVA'])",
    "INSERT INTO business (tenant_id, business_name, display_name) "
    "SELECT $1::bigint, 'Site ' || n || ' Pty Ltd', 'Site ' || n FROM generate_series(1, 3) n",
    "INSERT INTO practitioner (tenant_id, title, first_name, surname) "
    "SELECT $1::bigint, 'Dr', 'Given' || n, 'Family' || n FROM generate_series(1, 12) n",
)
PATIENTS = """
INSERT INTO patient (tenant_id, title, first_name, surname, preferred_name, date_of_birth, email, gender, address_1,
    suburb, address_state, postcode, country, home_phone, mobile, file_no, patient_notes, fee_cat_id, health_fund,
    health_fund_member_no, occupation, medicare_no, medicare_irn, medicare_expiry, default_business_id,
    default_practitioner_id, referrer, referral_date, medical_warnings, gp_name, sex_id, pronoun_id, created)
SELECT $1, 'Ms', 'Given' || n % 211, 'Family' || n % 1013, 'Gi', date '1950-01-01' + (n * 37 % 20000),
    'person' || n || '@example.test', 'Female', n || ' Example Street', 'Exampleton', 'NSW', '2000', 'Australia',
    '02 5550 ' || lpad((n % 10000)::text, 4, '0'), '0491 570 ' || lpad((n % 1000)::text, 3, '0'), 'F' || n,
    'Prefers mornings.', fee[1 + n % 3], 'Example Health', lpad(n::text, 8, '0'), 'Teacher', '2951 23456 1', '1',
    date '2028-01-31', site[1 + n % 3], practitioner[1 + n % 12], 'Dr Example', date '2025-11-03',
    '<p>Latex</p>', 'Dr Example', sex[1 + n % 3],
    pronoun[1 + n % 3], timestamptz '2024-01-01' + n * '97.31 min'::interval
FROM generate_series(1, $2::int) n,
    (SELECT array_agg(fee_cat_id) fee FROM fee_category WHERE tenant_id = $1) a,
    (SELECT array_agg(business_id) site FROM business WHERE tenant_id = $1) b,
    (SELECT array_agg(practitioner_id) practitioner FROM practitioner WHERE tenant_id = $1) c,
    (SELECT array_agg(sex_id) sex FROM sex WHERE tenant_id = $1) d,
    (SELECT array_agg(pronoun_id) pronoun FROM pronoun WHERE tenant_id = $1) e
"""
ACCOUNTS = """
WITH account AS (
    INSERT INTO patient_account (tenant_id, client_id, short_description)
    SELECT tenant_id, client_id, 'PRIMARY' FROM patient WHERE tenant_id = $1 RETURNING client_id, account_id
)
UPDATE patient SET default_account_id = account.account_id FROM account
WHERE patient.tenant_id = $1 AND patient.client_id = account.client_id
"""


async def fill_clinic(
    owner: asyncpg.Connection, _store: Any, tenant_id: int, _user_id: int, *, seed: int, today: date, patients: int
) -> None:
    del seed, today
    async with owner.transaction():
        for statement in STATEMENTS:
            await owner.execute(statement, tenant_id)
        await owner.execute(PATIENTS, tenant_id, patients)
        await owner.execute(ACCOUNTS, tenant_id)
