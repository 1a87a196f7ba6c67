DELETE FROM notification_outbox WHERE id IN
(SELECT o.id FROM notification_outbox AS o LEFT JOIN incidents AS i ON i.id = o.incident_id
 WHERE o.state <> 'pending' AND o.created_at < $1 AND (i.monitor = $3 OR i.monitor IS NULL) LIMIT $2)
