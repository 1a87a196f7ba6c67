//! What tests do to a database behind the daemon's back.

use super::{Deployment, Site};

/// Copies every message that was delivered to `receiver`, `count` times each, as messages of other incidents that wait
/// to be sent.
pub fn storm(site: &Site, deployment: &Deployment, receiver: &str, count: u32) {
    let script = format!(
        "DO $$ BEGIN
             INSERT INTO notification_outbox
                 (key, receiver, incident_id, body, state, attempts, created_at, due_at)
             SELECT n.key, o.receiver, n.incident,
                    replace(replace(o.body::text, o.key, n.key), o.incident_id, n.incident)::json,
                    'pending', 0, o.created_at, o.due_at
             FROM notification_outbox AS o CROSS JOIN LATERAL (
                 SELECT encode(sha256(convert_to(o.key || ' ' || i, 'UTF8')), 'hex') AS key,
                        'f' || lpad(to_hex(i), 11, '0') AS incident
                 FROM generate_series(1, {count}) AS i
             ) AS n
             WHERE o.receiver = '{receiver}' AND o.state = 'delivered';
         END $$;"
    );
    site.postgres.run_script(deployment.url(), &script);
}

/// Makes leases and waiting times end a minute earlier, as if a minute had passed. Leases of a process that was killed
/// are taken over after so long.
pub fn a_minute_passes(site: &Site, deployment: &Deployment) {
    let script = "DO $$ BEGIN
             UPDATE notification_outbox
             SET due_at = due_at - 60000000, lease_until = lease_until - 60000000
             WHERE state = 'pending';
         END $$;";
    site.postgres.run_script(deployment.url(), script);
}

/// The database has `text` somewhere, in a column of text or JSON of any row of any table or as bytes, or has it not, as
/// `expected`.
///
/// # Panics
/// When that is not so.
#[track_caller]
pub fn assert_holds(site: &Site, deployment: &Deployment, text: &str, expected: bool) {
    assert!(!text.contains(['\'', '%', '_', '\\', '$']), "{text} needs no quoting");
    let script = format!(
        "DO $$ DECLARE t record; here boolean; anywhere boolean := false; BEGIN
             FOR t IN SELECT schemaname, tablename FROM pg_tables
                      WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
             LOOP
                 EXECUTE format(
                     'SELECT exists (SELECT FROM %I.%I AS r
                                     WHERE position(%L in r::text) > 0 OR position(%L in r::text) > 0)',
                     t.schemaname, t.tablename, '{text}', encode(convert_to('{text}', 'UTF8'), 'hex')) INTO here;
                 anywhere := anywhere OR here;
                 IF here AND NOT {expected} THEN
                     RAISE EXCEPTION '{text} stands in the table %', t.tablename;
                 END IF;
             END LOOP;
             IF {expected} AND NOT anywhere THEN
                 RAISE EXCEPTION '{text} stands nowhere';
             END IF;
         END $$;"
    );
    site.postgres.run_script(deployment.url(), &script);
}
