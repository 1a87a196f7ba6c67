-- The group role of analysts: the three views and nothing else. Roles belong to the whole server, so it may be there
-- already, and whoever runs driftd need not be allowed to make it; then an administrator can, later, by these lines.
DO $$
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'driftd_reader') THEN
            CREATE ROLE driftd_reader NOLOGIN;
        END IF;
    EXCEPTION
        -- Another database of this server is being set up at the same moment.
        WHEN duplicate_object OR unique_violation THEN NULL;
        WHEN insufficient_privilege THEN
            RAISE NOTICE 'role driftd_reader is not made: this user may not create roles';
            RETURN;
    END;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO driftd_reader', current_schema());
    GRANT SELECT ON drift_history, incident_history, feature_profile TO driftd_reader;
END
$$;
