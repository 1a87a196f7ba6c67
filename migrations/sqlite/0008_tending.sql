-- What looking after incidents needs: who still has to hear of an end, and whose message is next.

-- 1: resolved, and somebody who heard of it does not know that yet.
ALTER TABLE incidents ADD COLUMN owes_end INTEGER NOT NULL DEFAULT 0;
-- What a seal and a tender are shown of a monitor.
CREATE INDEX incidents_tended ON incidents (monitor) WHERE state <> 'resolved' OR owes_end;
CREATE INDEX incidents_by_end ON incidents (resolved_at) WHERE state = 'resolved';

-- A receiver is leased what is due, longest due first, and of one incident only the oldest that is not settled. When
-- that one waits for its retry, those behind it are due no earlier: a receiver that is away for weeks has a long queue
-- and nothing that is due.
DROP INDEX notification_outbox_pending;
CREATE INDEX notification_outbox_due ON notification_outbox (receiver, due_at, id) WHERE state = 'pending';
CREATE INDEX notification_outbox_turn ON notification_outbox (incident_id, receiver, id) WHERE state = 'pending';

-- What `incident_events.transition` says of an incident's life: pended, opened, escalated, features_joined,
-- acknowledged, resolved. And of who hears of it: told, withheld (by a silence, by another incident or by quiet hours),
-- undelivered (a message was given up). That an incident was told once more was an event of its own; now every telling
-- is one. Whom was not written down.
UPDATE incident_events
SET transition = 'told', body = '{"transition":"told","why":{"reason":"repeated"},"receivers":[]}'
WHERE transition = 'repeated';
