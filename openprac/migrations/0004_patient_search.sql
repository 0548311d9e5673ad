-- Finding patients without losing a lock: LIKE, trigram operators and array operators are not leakproof, so under
-- row-level security they cannot use an index; `=` can (docs/decisions/0012-finding-patients.md). The rules of 0001 hold.

-- ---------------------------------------------------------------- names

-- Every name that stands or stood in patient.first_name, surname or preferred_name, under each of its tokens:
-- the empty one, its pieces of three characters, and what a misspelt query has in common with it. A name is written
-- here once however many patients bear it, in the statement that first writes it to a patient (openprac/people.py).
-- Names nobody bears any more stay: they lead to no patient.
CREATE TABLE patient_name (
    tenant_id bigint NOT NULL REFERENCES tenant,
    token text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, token, name)
);
CALL keep_in_tenant('patient_name');

-- The words of a name without case, accents and apostrophes. openprac/patient_match/words.py does the same.
CREATE FUNCTION patient_name_words(name text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT word FROM regexp_split_to_table(
        replace(replace(replace(translate(
            lower(regexp_replace(normalize(name, NFD), '[\u0300-\u036f''`\u2018\u2019\u02bc]', '', 'g')),
            'ØøŁłĐđðı', 'oolldddi'), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'),
        '[ \t\n\r\u00a0!-/:-@\[-`{-~]+') AS word
     WHERE word <> ''
$$;

-- PL/pgSQL keeps its plan, and is not drawn into the plan of every write, which seldom has a new name to cut up.
CREATE FUNCTION patient_name_tokens(name text) RETURNS SETOF text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    small text := lower(name);
    words text[] := ARRAY(SELECT patient_name_words(name));
BEGIN
    RETURN QUERY
    SELECT ''
    -- What q[]=surname:~... looks for.
    UNION SELECT substr(small, place, 3) FROM generate_series(1, length(small) - 2) place
    -- The words' trigrams, with their beginnings and ends.
    UNION SELECT substr(' ' || word || ' ', place, 3) FROM unnest(words) word, generate_series(1, length(word)) place
    -- Short words as they are and less one letter: two words one edit apart have one of these in common.
    UNION SELECT '-' || word FROM unnest(words) word WHERE length(word) BETWEEN 2 AND 7
    UNION SELECT '-' || left(word, place - 1) || substr(word, place + 1)
      FROM unnest(words) word, generate_series(1, length(word)) place WHERE length(word) BETWEEN 2 AND 7;
END $$;

-- Write down the names of one clinic's patients that are missing: after COPY and other imports past the API.
CREATE FUNCTION note_patient_names(tenant bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO patient_name (tenant_id, token, name)
    SELECT tenant, token, n.name
      FROM (SELECT first_name AS name FROM patient WHERE tenant_id = tenant
            UNION SELECT surname FROM patient WHERE tenant_id = tenant
            UNION SELECT preferred_name FROM patient WHERE tenant_id = tenant
            EXCEPT SELECT name FROM patient_name WHERE tenant_id = tenant AND token = '') n,
           patient_name_tokens(n.name) AS token
     WHERE n.name IS NOT NULL ORDER BY n.name, token ON CONFLICT DO NOTHING
$$;

CREATE INDEX ON patient (tenant_id, preferred_name, client_id) WHERE preferred_name IS NOT NULL;

-- ---------------------------------------------------------------- e-mail addresses and telephone numbers

-- The last eight digits, extensions left out: alike however a number is written. What it really is, is decided
-- by openprac/patient_match/phones.py.
ALTER TABLE patient
    ADD COLUMN email_key text GENERATED ALWAYS AS (lower(email)) STORED,
    ADD COLUMN home_phone_tail text GENERATED ALWAYS AS (nullif(right(regexp_replace(
        regexp_replace(lower(home_phone), '(x|ext|#).*$', ''), '[^0-9]', '', 'g'), 8), '')) STORED,
    ADD COLUMN work_phone_tail text GENERATED ALWAYS AS (nullif(right(regexp_replace(
        regexp_replace(lower(work_phone), '(x|ext|#).*$', ''), '[^0-9]', '', 'g'), 8), '')) STORED,
    ADD COLUMN mobile_tail text GENERATED ALWAYS AS (nullif(right(regexp_replace(
        regexp_replace(lower(mobile), '(x|ext|#).*$', ''), '[^0-9]', '', 'g'), 8), '')) STORED;
ALTER TABLE patient_contact
    ADD COLUMN home_phone_tail text GENERATED ALWAYS AS (nullif(right(regexp_replace(
        regexp_replace(lower(home_phone), '(x|ext|#).*$', ''), '[^0-9]', '', 'g'), 8), '')) STORED,
    ADD COLUMN work_phone_tail text GENERATED ALWAYS AS (nullif(right(regexp_replace(
        regexp_replace(lower(work_phone), '(x|ext|#).*$', ''), '[^0-9]', '', 'g'), 8), '')) STORED,
    ADD COLUMN mobile_tail text GENERATED ALWAYS AS (nullif(right(regexp_replace(
        regexp_replace(lower(mobile), '(x|ext|#).*$', ''), '[^0-9]', '', 'g'), 8), '')) STORED;
CREATE INDEX ON patient (tenant_id, email_key) WHERE email_key IS NOT NULL;
CREATE INDEX ON patient (tenant_id, home_phone_tail) WHERE home_phone_tail IS NOT NULL;
CREATE INDEX ON patient (tenant_id, work_phone_tail) WHERE work_phone_tail IS NOT NULL;
CREATE INDEX ON patient (tenant_id, mobile_tail) WHERE mobile_tail IS NOT NULL;
CREATE INDEX ON patient_contact (tenant_id, home_phone_tail) WHERE home_phone_tail IS NOT NULL;
CREATE INDEX ON patient_contact (tenant_id, work_phone_tail) WHERE work_phone_tail IS NOT NULL;
CREATE INDEX ON patient_contact (tenant_id, mobile_tail) WHERE mobile_tail IS NOT NULL;

-- Nearly every patient's are different, so a `~` on these reads them all: here, and not whole patients.
CREATE INDEX patient_texts_idx ON patient (tenant_id, client_id)
    INCLUDE (email, home_phone, work_phone, mobile, home_phone_key, work_phone_key, mobile_key);

-- ---------------------------------------------------------------- what is already there

-- One clinic at a time: the owner may be bound by row-level security as well.
DO $$
DECLARE
    tenant bigint;
BEGIN
    FOR tenant IN SELECT tenant_id FROM tenant LOOP
        PERFORM set_config('openprac.tenant_id', tenant::text, true);
        PERFORM note_patient_names(tenant);
    END LOOP;
    PERFORM set_config('openprac.tenant_id', '', true);
END $$;
