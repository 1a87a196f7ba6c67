-- What retention needs: when counts landed, and how many records are accounted for whose counts were dropped.

-- When the checkpoint was written; counts from before this version are as old as can be.
ALTER TABLE pane_partials ADD COLUMN landed_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX pane_partials_by_age ON pane_partials (landed_at);

-- Of rows and late_rows, those whose partials retention has dropped.
ALTER TABLE sealed_panes ADD COLUMN dropped_rows INTEGER NOT NULL DEFAULT 0;

CREATE INDEX windows_by_age ON windows (sealed_at);
CREATE INDEX notification_outbox_settled ON notification_outbox (created_at) WHERE state <> 'pending';

-- Panes behind the frontier: records in their partials, and how many of those are accounted for as sealed or late.
-- What is beyond that has come too late and was not swept yet.
CREATE VIEW pane_accounts AS
SELECT
    p.monitor,
    p.pane_start,
    p.segment,
    sum(p.rows) AS partial_rows,
    coalesce(s.rows + s.late_rows - s.dropped_rows, 0) AS accounted_rows
FROM pane_partials AS p
JOIN monitor_frontiers AS f ON f.monitor = p.monitor AND p.pane_start < f.sealed_through
LEFT JOIN sealed_panes AS s ON s.monitor = p.monitor AND s.pane_start = p.pane_start AND s.segment = p.segment
GROUP BY p.monitor, p.pane_start, p.segment, s.rows, s.late_rows, s.dropped_rows;
