DELETE FROM notification_outbox WHERE id IN
(SELECT id FROM notification_outbox WHERE state <> 'pending' AND created_at < $1 LIMIT $2)
