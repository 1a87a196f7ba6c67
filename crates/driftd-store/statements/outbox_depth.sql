SELECT count(*) AS "count!" FROM notification_outbox WHERE state = 'pending'
