SELECT at, CAST(body AS text) AS "body!", silenced FROM incident_events WHERE incident_id = $1 ORDER BY id
