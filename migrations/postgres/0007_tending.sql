-- What looking after incidents needs: who still has to hear of an end, and whose message is next.

-- Resolved, and somebody who heard of it does not know that yet.
ALTER TABLE incidents ADD COLUMN owes_end boolean NOT NULL DEFAULT false;
-- What a seal and a tender are shown of a monitor.
CREATE INDEX incidents_tended ON incidents (monitor) WHERE state <> 'resolved' OR owes_end;
CREATE INDEX incidents_by_end ON incidents (resolved_at) WHERE state = 'resolved';

-- A receiver is leased what is due, longest due first, and of one incident only the oldest that is not settled. When
-- that one waits for its retry, those behind it are due no earlier: a receiver that is away for weeks has a long queue
-- and nothing that is due.
DROP INDEX notification_outbox_pending;
CREATE INDEX notification_outbox_due ON notification_outbox (receiver, due_at, id) WHERE state = 'pending';
CREATE INDEX notification_outbox_turn ON notification_outbox (incident_id, receiver, id) WHERE state = 'pending';

-- That an incident was told once more was an event of its own; now every telling is one. Whom was not written down.
UPDATE incident_events
SET transition = 'told', body = '{"transition":"told","why":{"reason":"repeated"},"receivers":[]}'
WHERE transition = 'repeated';
COMMENT ON TABLE incident_events IS
    'Every change in an incident''s life, everybody who was told of it, and everybody who was not, with the reason';
COMMENT ON COLUMN incident_events.transition IS
    'Its life: pended, opened, escalated, features_joined, acknowledged, resolved. Who hears of it: told, withheld '
    '(by a silence, by another incident or by quiet hours), undelivered (a message was given up)';
COMMENT ON COLUMN incident_events.silenced IS 'A silence kept people from hearing of this change';
COMMENT ON COLUMN incident_history.kind IS 'drift, data_quality, no_data, performance or pipeline';
