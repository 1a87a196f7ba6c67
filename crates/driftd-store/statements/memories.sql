SELECT segment, feature, through, state FROM memory
WHERE monitor = $1 AND window_name = $2 AND shape_hash = $3 AND through >= $4
