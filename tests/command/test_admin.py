"""What the operator can do with clinics, vendors and keys, and what enter() then says to their bearers."""

import json
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from openprac import admin
from openprac.keys import hash_key, looks_valid

pytestmark = pytest.mark.xdist_group("command")

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ZONE = "Australia/Hobart"


@pytest.fixture
async def db(instance):
    """An owner connection whose work is undone."""
    state = json.loads((instance.data_dir / "instance.json").read_text())
    connection = await asyncpg.connect(state["owner"])
    work = connection.transaction()
    await work.start()
    yield connection
    await work.rollback()
    await connection.close()


async def _enter(db, account, vendor):
    return await db.fetchrow("SELECT * FROM enter($1, $2)", hash_key(account), hash_key(vendor))


async def _clinic_with_keys(db, permissions=("*",)):
    tenant_id = await admin.create_tenant(db, "Wombat Row Clinic", ZONE)
    vendor_id, vendor = await admin.create_vendor(db, "Fictional Booking Pty Ltd")
    key_id, user_id, account = await admin.create_account_key(db, tenant_id, "Booking site", permissions)
    return tenant_id, vendor_id, vendor, key_id, user_id, account


async def test_a_clinic_starts_with_its_lists(db):
    tenant_id = await admin.create_tenant(db, "  Wombat Row Clinic ", ZONE)
    for table, wanted in (("sex", 4), ("pronoun", 3), ("fee_category", 1)):
        assert await db.fetchval(f"SELECT count(*) FROM {table} WHERE tenant_id = $1", tenant_id) == wanted
    row = (await admin.list_tenants(db))[-1]
    assert (row["tenant_id"], row["name"], row["time_zone"]) == (tenant_id, "Wombat Row Clinic", ZONE)


async def test_both_keys_together_open_the_clinic(db):
    tenant_id, vendor_id, vendor, key_id, user_id, account = await _clinic_with_keys(
        db, ["patient:read", "patient:read"]
    )
    assert looks_valid(vendor)
    assert looks_valid(account)
    found = await _enter(db, account, vendor)
    assert found["tenant_id"] == tenant_id
    assert found["account_key_id"] == key_id
    assert found["user_id"] == user_id
    assert found["vendor_id"] == vendor_id
    assert found["permissions"] == ["patient:read"]
    assert await db.fetchval("SELECT name FROM actor WHERE user_id = $1", user_id) == "Booking site"


async def test_all_permissions_swallow_the_others(db):
    assert admin.check_permissions(["patient:read", "*"]) == ["*"]


async def test_a_rotated_vendor_has_two_keys_until_the_overlap_ends(db):
    _, vendor_id, old, _, _, account = await _clinic_with_keys(db)
    new = await admin.rotate_vendor(db, vendor_id, timedelta(hours=1))
    for secret in (old, new):
        assert (await _enter(db, account, secret))["vendor_id"] == vendor_id
    last = await admin.rotate_vendor(db, vendor_id, timedelta(0))
    for secret, wanted in ((old, None), (new, None), (last, vendor_id)):
        assert (await _enter(db, account, secret))["vendor_id"] == wanted
    row = next(row for row in await admin.list_vendors(db) if row["vendor_id"] == vendor_id)
    assert row["keys"] == ["opv_" + last[-4:]]


async def test_limits_are_told_with_the_keys_and_changed_for_both(db):
    _, vendor_id, vendor, _, _, account = await _clinic_with_keys(db)
    found = await _enter(db, account, vendor)
    assert (found["rate_per_second"], found["quota_per_day"], found["quota_at"]) == (None, None, None)
    await admin.limit_vendor(db, vendor_id, 20, 5000)
    found = await _enter(db, account, vendor)
    assert (found["rate_per_second"], found["quota_per_day"]) == (20, 5000)
    assert abs((found["quota_at"] - datetime.now(UTC)).total_seconds()) < 60
    lease = await db.fetchrow("SELECT * FROM lease_quota($1, false)", vendor_id)
    assert (lease["granted"], lease["unleased"]) == (100, 4900)
    row = next(row for row in await admin.list_vendors(db) if row["vendor_id"] == vendor_id)
    assert (row["rate_per_second"], row["quota_per_day"], row["used_today"]) == (20, 5000, 100)
    await admin.limit_vendor(db, vendor_id, None, None)
    found = await _enter(db, account, vendor)
    assert (found["rate_per_second"], found["quota_per_day"]) == (None, None)


async def test_a_shorter_end_is_not_put_off_by_a_rotation(db):
    _, vendor_id, _, _, _, _ = await _clinic_with_keys(db)
    await admin.rotate_vendor(db, vendor_id, timedelta(hours=1))
    await admin.rotate_vendor(db, vendor_id, timedelta(days=300))
    first = await db.fetchval("SELECT min(expires_at) FROM vendor_key WHERE vendor_id = $1", vendor_id)
    assert first < datetime.now(UTC) + timedelta(hours=2)


async def test_a_revoked_vendor_opens_nothing_and_gets_no_key(db):
    tenant_id, vendor_id, vendor, _, _, account = await _clinic_with_keys(db)
    await admin.revoke_vendor(db, vendor_id)
    await admin.revoke_vendor(db, vendor_id)
    assert (await _enter(db, account, vendor))["vendor_id"] is None
    with pytest.raises(admin.AdminError, match="was revoked"):
        await admin.rotate_vendor(db, vendor_id, timedelta(0))
    with pytest.raises(admin.AdminError, match="was revoked"):
        await admin.create_account_key(db, tenant_id, "x", ["*"], vendor_id=vendor_id)


async def test_a_revoked_account_key_opens_nothing(db):
    _, _, vendor, key_id, _, account = await _clinic_with_keys(db)
    await admin.revoke_account_key(db, key_id)
    first = await db.fetchval("SELECT revoked_at FROM account_key WHERE account_key_id = $1", key_id)
    await admin.revoke_account_key(db, key_id)
    assert (await _enter(db, account, vendor))["tenant_id"] is None
    assert await db.fetchval("SELECT revoked_at FROM account_key WHERE account_key_id = $1", key_id) == first


async def test_a_key_bound_to_a_vendor_opens_beside_that_one_only(db):
    tenant_id, vendor_id, vendor, _, _, _ = await _clinic_with_keys(db)
    _, other = await admin.create_vendor(db, "Fictional Voice Pty Ltd")
    _, _, bound = await admin.create_account_key(db, tenant_id, "bound", ["*"], vendor_id=vendor_id)
    assert (await _enter(db, bound, vendor))["tenant_id"] == tenant_id
    assert (await _enter(db, bound, other))["tenant_id"] is None


async def test_a_key_can_have_an_end(db):
    tenant_id, _, vendor, _, _, _ = await _clinic_with_keys(db)
    soon = datetime.now(UTC) + timedelta(days=1)
    key_id, _, secret = await admin.create_account_key(db, tenant_id, "until", ["*"], soon)
    assert (await _enter(db, secret, vendor))["tenant_id"] == tenant_id
    await db.execute("UPDATE account_key SET expires_at = clock_timestamp() WHERE account_key_id = $1", key_id)
    assert (await _enter(db, secret, vendor))["tenant_id"] is None


async def test_lists_hold_no_secret_and_no_hash(db):
    tenant_id, _, vendor, _, _, account = await _clinic_with_keys(db)
    (row,) = await admin.list_account_keys(db, tenant_id)
    assert row["hint"] == "opa_" + account[-4:]
    listed = f"{await admin.list_account_keys(db)} {await admin.list_vendors(db)}"
    assert vendor not in listed
    assert account not in listed
    assert "hash" not in listed


WRONG = {
    "zone": ("nearest is 'Australia/Sydney'", lambda db: admin.create_tenant(db, "x", "Australia/Sidney")),
    "city": ("nearest is 'Australia/Melbourne'", lambda db: admin.create_tenant(db, "x", "melbourne")),
    "odd zone": ("no time zone 'qqqq'.", lambda db: admin.create_tenant(db, "x", "qqqq")),
    "no name": ("1 to 200 characters", lambda db: admin.create_tenant(db, "  ", ZONE)),
    "long name": ("1 to 200 characters", lambda db: admin.create_vendor(db, "x" * 201)),
    "control": ("printable", lambda db: admin.create_vendor(db, "a\x00b")),
    "rate": ("1 to 1000000 requests", lambda db: admin.create_vendor(db, "x", 0)),
    "quota": ("1 to 1000000000 requests", lambda db: admin.create_vendor(db, "x", None, 0)),
    "limits": ("1 to 1000000 requests", lambda db: admin.limit_vendor(db, 1, 10**7, None)),
    "limits 2": ("no vendor 999999", lambda db: admin.limit_vendor(db, 999999, 1, None)),
    "clinic": ("no clinic 999999", lambda db: admin.create_account_key(db, 999999, "x", ["*"])),
    "huge id": ("no clinic 9", lambda db: admin.create_account_key(db, 9 * 10**30, "x", ["*"])),
    "permission": ("nearest is 'patient:read'", lambda db: admin.create_account_key(db, 1, "x", ["patients:read"])),
    "none": ("at least one", lambda db: admin.create_account_key(db, 1, "x", [])),
    "past": (
        "expired already",
        lambda db: admin.create_account_key(db, 1, "x", ["*"], datetime(2020, 1, 1, tzinfo=UTC)),
    ),
    "vendor": ("no vendor 999999", lambda db: admin.rotate_vendor(db, 999999, timedelta(0))),
    "vendor 2": ("no vendor 999999", lambda db: admin.revoke_vendor(db, 999999)),
    "overlap": ("overlap", lambda db: admin.rotate_vendor(db, 1, timedelta(days=-1))),
    "key": ("no account key 0", lambda db: admin.revoke_account_key(db, 0)),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_mistake_is_one_sentence(db, case):
    said, act = WRONG[case]
    with pytest.raises(admin.AdminError) as raised:
        await act(db)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


async def test_a_vendor_name_is_taken_once(db):
    await admin.create_vendor(db, "Fictional Booking Pty Ltd")
    with pytest.raises(admin.AdminError, match="already"):
        await admin.create_vendor(db, "Fictional Booking Pty Ltd ")
    assert await db.fetchval("SELECT count(*) FROM vendor WHERE name = 'Fictional Booking Pty Ltd'") == 1
