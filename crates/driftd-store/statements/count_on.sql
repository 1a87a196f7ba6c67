INSERT INTO counted_plans AS c (topic, partition, monitor, plan_hash, epoch, whole_from) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (topic, partition, monitor, plan_hash) DO UPDATE
SET epoch = excluded.epoch,
    whole_from = CASE WHEN c.next_offset = $7 THEN c.whole_from ELSE excluded.whole_from END
RETURNING whole_from
