DELETE FROM memory WHERE monitor = $1 AND window_name = $2 AND (shape_hash <> $3 OR through < $4)
