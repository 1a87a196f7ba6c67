DELETE FROM dead_letters WHERE id IN (SELECT id FROM dead_letters WHERE recorded_at < $1 AND topic = $3 LIMIT $2)
