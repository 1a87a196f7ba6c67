SELECT p.partition, p.epoch, p.watermark, p.eof_at, p.confirmed_at,
       (SELECT max(said.epoch) FROM counted_plans AS said
        WHERE said.topic = p.topic AND said.partition = p.partition) AS "said_at?",
       c.plan_hash AS "plan_hash?", c.epoch AS "counted_epoch?", c.watermark AS "counted_to?", c.whole_from AS "whole_from?"
FROM source_partitions AS p
LEFT JOIN counted_plans AS c ON c.topic = p.topic AND c.partition = p.partition AND c.monitor = $2
WHERE p.topic = $1 AND p.retired_at IS NULL ORDER BY p.partition
