-- Notifications by the names that Alertmanager has for them: a receiver is notified, a notification is suppressed
-- because it is silenced, inhibited or muted. An incident of kind pipeline counts health checks, which were windows
-- called `look`.

UPDATE incidents
SET body = replace(replace(body, '"last_window":["look",', '"last_window":["pipeline",'),
                   '"streaks":{"look":{', '"streaks":{"pipeline":{')
WHERE kind = 'pipeline';

UPDATE incidents
SET body = json_remove(
        json_set(body,
            '$.notification_log', json(coalesce(body -> '$.told', '{}')),
            '$.notifications', coalesce(body ->> '$.tellings', 0),
            '$.suppressed', json(replace(replace(replace(coalesce(body -> '$.withheld', 'null'),
                '{"withheld_by":"silence"', '{"suppressed_by":"silenced"'),
                '{"withheld_by":"inhibited"', '{"suppressed_by":"inhibited"'),
                '{"withheld_by":"mute_time"', '{"suppressed_by":"muted"'))),
        '$.told', '$.tellings', '$.withheld');

-- Each of these patterns has a quotation mark inside that a string could not have.
UPDATE incident_events
SET transition = CASE transition WHEN 'told' THEN 'notified' ELSE 'suppressed' END,
    body = json_set(
        replace(replace(replace(body,
            '{"withheld_by":"silence"', '{"suppressed_by":"silenced"'),
            '{"withheld_by":"inhibited"', '{"suppressed_by":"inhibited"'),
            '{"withheld_by":"mute_time"', '{"suppressed_by":"muted"'),
        '$.transition', CASE transition WHEN 'told' THEN 'notified' ELSE 'suppressed' END)
WHERE transition IN ('told', 'withheld');

-- Messages that are on their way, now of version 3; those of version 1 are given up as they were before.
UPDATE notification_outbox
SET body = replace(replace(body, '"last_window":["look",', '"last_window":["pipeline",'),
                   '"streaks":{"look":{', '"streaks":{"pipeline":{')
WHERE body ->> '$.schema' = 2 AND body ->> '$.incident.key.kind' = 'pipeline';
UPDATE notification_outbox
SET body = json_set(body,
        '$.schema', 3,
        '$.incident', json_remove(
            json_set(body -> '$.incident',
                '$.notification_log', json(coalesce(body -> '$.incident.told', '{}')),
                '$.notifications', coalesce(body ->> '$.incident.tellings', 0),
                '$.suppressed', json(replace(replace(replace(coalesce(body -> '$.incident.withheld', 'null'),
                    '{"withheld_by":"silence"', '{"suppressed_by":"silenced"'),
                    '{"withheld_by":"inhibited"', '{"suppressed_by":"inhibited"'),
                    '{"withheld_by":"mute_time"', '{"suppressed_by":"muted"'))),
            '$.told', '$.tellings', '$.withheld'),
        '$.reason', json(replace(replace(replace(body -> '$.reason',
            '{"withheld_by":"silence"', '{"suppressed_by":"silenced"'),
            '{"withheld_by":"inhibited"', '{"suppressed_by":"inhibited"'),
            '{"withheld_by":"mute_time"', '{"suppressed_by":"muted"')))
WHERE body ->> '$.schema' = 2;
