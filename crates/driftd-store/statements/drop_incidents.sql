DELETE FROM incidents WHERE id IN
(SELECT i.id FROM incidents AS i
 WHERE i.state = 'resolved' AND i.resolved_at < $1 AND i.monitor = $3 AND NOT i.owes_end
   AND NOT EXISTS (SELECT 1 FROM notification_outbox AS o WHERE o.incident_id = i.id AND o.state = 'pending')
 LIMIT $2)
