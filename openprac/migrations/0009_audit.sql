-- Keys and vendors that rest for a while, and the audit: which patients a list showed, indexes for those who ask, and a
-- chain of hashes over each clinic's lines.

-- ---------------------------------------------------------------- suspension
-- Of a key or a vendor, as there is of a clinic: taken back by resuming, which revocation is not.

ALTER TABLE vendor ADD COLUMN suspended_at timestamptz;
ALTER TABLE account_key ADD COLUMN suspended_at timestamptz;

CREATE OR REPLACE FUNCTION enter(account_hash bytea, vendor_hash bytea)
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
     WHERE k.hash = account_hash AND k.revoked_at IS NULL AND k.suspended_at IS NULL AND t.suspended_at IS NULL
       AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());
    SELECT v.vendor_id, k.vendor_key_id, v.rate_per_second, v.quota_per_day
      INTO vendor_id, vendor_key_id, rate_per_second, quota_per_day
      FROM vendor_key k JOIN vendor v ON v.vendor_id = k.vendor_id
     WHERE k.hash = vendor_hash AND k.revoked_at IS NULL AND v.revoked_at IS NULL AND v.suspended_at IS NULL
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

-- ---------------------------------------------------------------- whom a list showed

-- Of a line whose read showed rows of several patients: all of them, sorted. client_id is that of one patient's data.
ALTER TABLE audit_event ADD COLUMN client_ids bigint[];

CREATE INDEX ON audit_event (tenant_id, at);
CREATE INDEX ON audit_event (tenant_id, client_id, audit_event_id) WHERE client_id IS NOT NULL;
CREATE INDEX ON audit_event (tenant_id, request_id);
CREATE INDEX ON audit_event (tenant_id, account_key_id, audit_event_id);
CREATE INDEX ON audit_event (tenant_id, operation_id, audit_event_id);

-- In which hours some list showed a patient. An index over client_ids could not be used under row-level security (its
-- operators are not leakproof); with this one the lists of a few hours are looked at instead of all there ever were.
CREATE TABLE audit_shown (
    tenant_id bigint NOT NULL REFERENCES tenant,
    client_id bigint NOT NULL,
    hour timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, client_id, hour)
);
CALL keep_in_tenant('audit_shown');

-- Which line is about which patient. The caller's policies apply.
CREATE VIEW audit_event_patient WITH (security_invoker = true) AS
    SELECT e.tenant_id, e.audit_event_id, e.client_id FROM audit_event e WHERE e.client_id IS NOT NULL
    UNION ALL
    SELECT s.tenant_id, e.audit_event_id, s.client_id
      FROM audit_shown s JOIN audit_event e
        ON e.tenant_id = s.tenant_id AND e.at >= s.hour AND e.at < s.hour + interval '1 hour'
     WHERE s.client_id = ANY (e.client_ids);

-- Reads of personal data, in batches, and with them the last use of keys, kept to the minute.
-- events: of each clinic, by its tenant_id, an array of lines. A line tells how long ago it was, so that all times of
-- the audit are this clock's. `asked`: the patient of a path under which nothing was found; noted if there is such a one.
DROP FUNCTION append_reads(jsonb, bigint[], bigint[]);
CREATE FUNCTION append_reads(events jsonb, account_keys bigint[], vendor_keys bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    tenant bigint;
    lines jsonb;
BEGIN
    -- Before the first number is drawn: see seal_audit().
    PERFORM pg_current_xact_id();
    FOR tenant, lines IN SELECT key::bigint, value FROM jsonb_each(events) LOOP
        PERFORM set_config('openprac.tenant_id', tenant::text, true);
        WITH line AS (
            INSERT INTO audit_event (tenant_id, at, account_key_id, user_id, vendor_id, request_id, operation_id,
                                     resource, resource_id, client_id, client_ids)
            SELECT tenant, clock_timestamp() - make_interval(secs => e.ago), e.account_key_id, e.user_id, e.vendor_id,
                   e.request_id, e.operation_id, e.resource, e.resource_id,
                   coalesce(e.client_id, (SELECT p.client_id FROM patient p
                                           WHERE p.tenant_id = tenant AND p.client_id = e.asked)), e.client_ids
              FROM jsonb_to_recordset(lines) AS e(ago double precision, account_key_id bigint, user_id bigint,
                   vendor_id bigint, request_id uuid, operation_id text, resource text, resource_id bigint,
                   client_id bigint, client_ids bigint[], asked bigint)
            RETURNING at, client_ids)
        INSERT INTO audit_shown (tenant_id, client_id, hour)
        SELECT DISTINCT tenant, client, date_trunc('hour', line.at) FROM line, unnest(line.client_ids) AS client
         ORDER BY 2, 3 -- one order for all servers: they wait for each other here
        ON CONFLICT (tenant_id, client_id, hour) DO NOTHING;
    END LOOP;
    PERFORM set_config('openprac.tenant_id', '', false);
    UPDATE account_key k SET last_used_at = clock_timestamp()
     WHERE k.account_key_id = ANY(account_keys)
       AND (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute');
    UPDATE vendor_key k SET last_used_at = clock_timestamp()
     WHERE k.vendor_key_id = ANY(vendor_keys)
       AND (k.last_used_at IS NULL OR k.last_used_at < clock_timestamp() - interval '1 minute');
END $$;

-- ---------------------------------------------------------------- the chain

-- One row for each line of audit_event, in an order of its own: lines are numbered when they are written, and those
-- numbers are not in the order in which they are committed. A line is never touched again; this is written beside it.
CREATE TABLE audit_seal (
    tenant_id bigint NOT NULL REFERENCES tenant,
    position bigint NOT NULL,
    audit_event_id bigint NOT NULL,
    sealed_at timestamptz NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (tenant_id, position),
    CONSTRAINT audit_seal_audit_event_id_key UNIQUE (tenant_id, audit_event_id)
);
CALL keep_in_tenant('audit_seal');

-- How far the sealer is, over all clinics; one row, made by the first of them, which the runtime role may not see.
-- sealed_below: no line that is still to be sealed has this number or a lower one. mark: the next such number, true as
-- soon as every transaction before mark_xid has ended.
CREATE TABLE audit_sealer (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    sealed_below bigint NOT NULL DEFAULT 0,
    mark bigint NOT NULL DEFAULT 0,
    mark_xid xid8 NOT NULL DEFAULT '0'
);

-- What a hash covers of a line, besides the hash before it. openprac/audit/chain.py composes the same text.
CREATE FUNCTION audit_content(seal audit_seal, line audit_event) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_build_array(
        seal.position, to_char(seal.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        line.tenant_id, line.audit_event_id, to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        line.account_key_id, line.user_id, line.vendor_id, line.request_id, line.operation_id, line.resource,
        line.resource_id, line.client_id, line.client_ids, line.changes)::text
$$;

-- As a window's aggregate, in order: each row's hash from the one before; the first row's from `before`.
CREATE FUNCTION audit_link(state bytea, before bytea, content text) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(coalesce(state, before) || convert_to(content, 'UTF8'))
$$;
CREATE AGGREGATE audit_chain(before bytea, content text) (SFUNC = audit_link, STYPE = bytea);

-- Seals what is committed and not sealed, `most` lines of a clinic at a time, and tells the new head of every chain
-- that grew. Nothing while another session is at it.
--
-- Which lines are due: those above sealed_below that have no seal. sealed_below follows behind: at first the highest
-- number drawn so far is noted with our own transaction, which is younger than any that drew one (whoever writes a line
-- has a transaction number before it draws the line's). Once no older transaction runs, what was seen thereafter is
-- all there will ever be up to that number. So a line that commits late, with a low number, is still above it.
CREATE FUNCTION seal_audit(most integer) RETURNS TABLE (tenant_id bigint, head bigint, hash bytea, added integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    state audit_sealer;
    newest bigint;
    ours xid8;
    settled bigint;
    reached bigint;
    tenant bigint;
    now_at timestamptz;
    before_position bigint;
    before_hash bytea;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('openprac.seal_audit', 7)) THEN
        RETURN;
    END IF;
    SELECT * INTO state FROM audit_sealer;
    IF NOT FOUND THEN
        INSERT INTO audit_sealer DEFAULT VALUES RETURNING * INTO state;
    END IF;
    SELECT q.last_value - (NOT q.is_called)::integer INTO newest FROM audit_event_audit_event_id_seq q;
    IF newest = state.sealed_below THEN
        RETURN;
    ELSIF newest < state.sealed_below THEN
        -- The numbers were set back.
        state.sealed_below := 0;
        state.mark_xid := '0';
        state.mark := 0;
    END IF;
    ours := pg_current_xact_id();
    IF state.mark_xid <= pg_snapshot_xmin(pg_current_snapshot()) THEN
        settled := state.mark;
    ELSIF state.mark_xid > ours THEN
        -- Restored into a server that counts its transactions anew.
        state.mark_xid := '0';
    END IF;
    FOR tenant IN SELECT t.tenant_id FROM tenant t LOOP
        PERFORM set_config('openprac.tenant_id', tenant::text, true);
        SELECT s.position, s.hash INTO before_position, before_hash FROM audit_seal s
         WHERE s.tenant_id = tenant ORDER BY s.position DESC LIMIT 1;
        IF NOT FOUND THEN
            before_position := 0;
            before_hash := sha256(convert_to('openprac audit ' || tenant, 'UTF8'));
        END IF;
        now_at := clock_timestamp();
        WITH due AS (
            SELECT e AS line, (tenant, before_position + row_number() OVER (ORDER BY e.audit_event_id),
                               e.audit_event_id, now_at, NULL)::audit_seal AS seal
              FROM audit_event e
             WHERE e.tenant_id = tenant AND e.audit_event_id > state.sealed_below
               AND NOT EXISTS (SELECT 1 FROM audit_seal s
                                WHERE s.tenant_id = tenant AND s.audit_event_id = e.audit_event_id
                                  AND s.audit_event_id > state.sealed_below)
             ORDER BY e.audit_event_id LIMIT most),
        new AS (
            INSERT INTO audit_seal AS s (tenant_id, position, audit_event_id, sealed_at, hash)
            SELECT tenant, (d.seal).position, (d.line).audit_event_id, now_at,
                   audit_chain(before_hash, audit_content(d.seal, d.line)) OVER (ORDER BY (d.seal).position)
              FROM due d
            RETURNING s.position, s.audit_event_id, s.hash)
        SELECT count(*), max(n.position), max(n.audit_event_id), (SELECT l.hash FROM new l ORDER BY l.position DESC LIMIT 1)
          INTO added, head, reached, hash FROM new n;
        IF added > 0 THEN
            tenant_id := tenant;
            RETURN NEXT;
        END IF;
        IF added = most AND settled IS NOT NULL THEN
            -- There may be more: up to here this clinic is done.
            settled := least(settled, reached);
        END IF;
    END LOOP;
    PERFORM set_config('openprac.tenant_id', '', false);
    IF settled IS NULL THEN
        UPDATE audit_sealer SET mark = newest, mark_xid = ours WHERE state.mark_xid = '0';
    ELSIF settled = state.mark THEN
        UPDATE audit_sealer SET sealed_below = settled, mark = newest, mark_xid = ours;
    ELSE
        UPDATE audit_sealer SET sealed_below = settled;
    END IF;
END $$;
