-- Limits of a vendor: a rate, counted where its requests arrive, and a quota of a day, counted here in blocks.
--
-- A day is one of UTC. No request writes here: a server leases a block of the day and counts it down in its own memory
-- (openprac/kernel/limits.py; docs/decisions, "Limits").

ALTER TABLE vendor ADD COLUMN quota_per_day integer CHECK (quota_per_day > 0);

CREATE TABLE vendor_day (
    vendor_id bigint NOT NULL REFERENCES vendor,
    day date NOT NULL,
    leased integer NOT NULL DEFAULT 0 CHECK (leased >= 0),
    PRIMARY KEY (vendor_id, day)
);

-- A block of a vendor's day, or nothing when all of it is leased: a fiftieth of what is left, 1,000 at most, so that
-- what a server holds when it is lost, or does not use, stays small; `single`: one request's worth.
-- The row is locked until the statement ends: no two servers get the same block, and no day gives more than its quota.
CREATE FUNCTION lease_quota(vendor bigint, single boolean)
RETURNS TABLE (day date, quota_per_day integer, granted integer, unleased integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    day := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    SELECT v.quota_per_day, 0, 0 INTO quota_per_day, granted, unleased FROM vendor v WHERE v.vendor_id = vendor;
    IF quota_per_day IS NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO vendor_day AS d (vendor_id, day) VALUES (vendor, lease_quota.day)
        ON CONFLICT (vendor_id, day) DO NOTHING;
    SELECT greatest(lease_quota.quota_per_day - d.leased, 0) INTO unleased
      FROM vendor_day d WHERE d.vendor_id = vendor AND d.day = lease_quota.day FOR UPDATE;
    granted := least(unleased, CASE WHEN single THEN 1 ELSE greatest(least(unleased / 50, 1000), 1) END);
    UPDATE vendor_day d SET leased = d.leased + lease_quota.granted
     WHERE d.vendor_id = vendor AND d.day = lease_quota.day AND lease_quota.granted > 0;
    unleased := unleased - granted;
    RETURN NEXT;
END $$;

-- enter() tells the quota as well, and for who has one the instant by which days are told apart: the database's, so
-- that several servers agree on it.
DROP FUNCTION enter(bytea, bytea);
CREATE FUNCTION enter(account_hash bytea, vendor_hash bytea)
RETURNS TABLE (tenant_id bigint, time_zone text, account_key_id bigint, user_id bigint, permissions text[],
               vendor_id bigint, vendor_key_id bigint, rate_per_second integer, quota_per_day integer,
               quota_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    bound bigint;
    key_vendor bigint;
BEGIN
    SELECT t.tenant_id, t.time_zone, k.account_key_id, k.user_id, k.permissions, k.vendor_id
      INTO bound, time_zone, account_key_id, user_id, permissions, key_vendor
      FROM account_key k JOIN tenant t ON t.tenant_id = k.tenant_id
     WHERE k.hash = account_hash AND k.revoked_at IS NULL AND t.suspended_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());
    SELECT v.vendor_id, k.vendor_key_id, v.rate_per_second, v.quota_per_day
      INTO vendor_id, vendor_key_id, rate_per_second, quota_per_day
      FROM vendor_key k JOIN vendor v ON v.vendor_id = k.vendor_id
     WHERE k.hash = vendor_hash AND k.revoked_at IS NULL AND v.revoked_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());
    IF quota_per_day IS NOT NULL THEN
        quota_at := clock_timestamp();
    END IF;
    IF key_vendor IS NOT NULL AND key_vendor IS DISTINCT FROM vendor_id THEN
        bound := NULL;
    END IF;
    PERFORM set_config('openprac.tenant_id', coalesce(CASE WHEN vendor_id IS NOT NULL THEN bound END::text, ''), false);
    tenant_id := bound;
    RETURN NEXT;
END $$;
