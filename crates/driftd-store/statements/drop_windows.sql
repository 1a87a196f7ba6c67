DELETE FROM windows WHERE id IN (SELECT id FROM windows WHERE sealed_at < $1 AND monitor = $3 LIMIT $2)
