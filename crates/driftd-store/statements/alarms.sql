SELECT w.since AS "since?",
       (SELECT count(*) FROM incidents AS i
        WHERE i.monitor = $1 AND i.opened_at IS NOT NULL AND i.first_seen >= w.since
          AND i.kind IN ('drift', 'data_quality')) AS "opened!"
FROM (SELECT min(window_end) AS since FROM windows
      WHERE monitor = $1 AND segment = '' AND budget = $2 AND window_end >= $3) AS w
