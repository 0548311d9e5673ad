-- What the runtime role may do, stated anew after every migration. {runtime} is the quoted role of DATABASE_URL.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {runtime};
REVOKE ALL ON ALL ROUTINES IN SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {runtime};
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {runtime};
GRANT EXECUTE ON FUNCTION clinic_now, enter, lease_quota, idempotency_enter, append_reads, take_due_uploads,
    forget_idempotency_keys, patient_name_words, patient_name_tokens TO {runtime};
DO $$
DECLARE name regclass;
BEGIN
    -- Every table of a clinic, which is every table with forced row-level security.
    FOR name IN SELECT oid FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO {runtime}', name);
    END LOOP;
END $$;
REVOKE UPDATE, DELETE ON audit_event FROM {runtime};
-- Money that was billed, paid or given up leaves a trace: it is corrected by further rows, never removed.
REVOKE DELETE ON billing_settings, invoice_counter, invoice, payment FROM {runtime};
-- What lies beside the audit is written by append_reads() and seal_audit() alone.
REVOKE INSERT, UPDATE, DELETE ON audit_seal, audit_shown FROM {runtime};
GRANT SELECT ON audit_event_patient TO {runtime};
GRANT EXECUTE ON FUNCTION seal_audit TO {runtime};
GRANT SELECT ON tenant TO {runtime};
