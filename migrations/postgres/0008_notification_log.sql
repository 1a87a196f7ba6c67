-- Notifications by the names that Alertmanager has for them: a receiver is notified, a notification is suppressed
-- because it is silenced, inhibited or muted. Bodies are rewritten as text, because json functions take no U+0000,
-- which a category may hold. Every pattern has a quotation mark inside that a string could not have, and a shape that
-- no object keyed by names has.
CREATE FUNCTION driftd_renamed(body text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN
    regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(
    regexp_replace(body,
        '("streaks":\{\}|"counted_through":(?:null|-?[0-9]+)\}\}),"told":\{', '\1,"notification_log":{'),
        '"tellings":([0-9]+),"withheld":(null|\{)', '"notifications":\1,"suppressed":\2'),
        '"(suppressed|was|why)":\{"withheld_by":"silence"', '"\1":{"suppressed_by":"silenced"', 'g'),
        '"(suppressed|was|why)":\{"withheld_by":"inhibited"', '"\1":{"suppressed_by":"inhibited"', 'g'),
        '"(suppressed|was|why)":\{"withheld_by":"mute_time"', '"\1":{"suppressed_by":"muted"', 'g');

-- An incident of kind pipeline counts health checks, which were windows called `look`.
CREATE FUNCTION driftd_checked(body text) RETURNS text
LANGUAGE sql IMMUTABLE
RETURN replace(replace(body, '"last_window":["look",', '"last_window":["pipeline",'),
               '"streaks":{"look":{', '"streaks":{"pipeline":{');

UPDATE incidents
SET body = driftd_renamed(CASE kind WHEN 'pipeline' THEN driftd_checked(body::text) ELSE body::text END)::json;

UPDATE incident_events
SET transition = 'notified',
    body = driftd_renamed(overlay(body::text PLACING '{"transition":"notified"' FROM 1 FOR 20))::json
WHERE transition = 'told';
UPDATE incident_events
SET transition = 'suppressed',
    body = driftd_renamed(overlay(body::text PLACING '{"transition":"suppressed"' FROM 1 FOR 24))::json
WHERE transition = 'withheld';

-- Messages that are on their way, now of version 3; those of version 1 are given up as they were before.
UPDATE notification_outbox
SET body = driftd_renamed(
        overlay(CASE WHEN body::text LIKE '%"kind":"pipeline"},"state":%' THEN driftd_checked(body::text) ELSE body::text END
                PLACING '{"schema":3,' FROM 1 FOR 12))::json
WHERE body::text LIKE '{"schema":2,%';

DROP FUNCTION driftd_renamed(text);
DROP FUNCTION driftd_checked(text);

COMMENT ON TABLE incident_events IS
    'Every change in an incident''s life, every notification of it, and every one that was suppressed, with the reason';
COMMENT ON COLUMN incident_events.transition IS
    'Its life: pended, opened, escalated, features_joined, acknowledged, resolved. Its notifications: notified, '
    'suppressed (silenced, inhibited by another incident, or muted by a route), undelivered (given up)';
