SELECT segment, shape_hash, through, state FROM memory WHERE monitor = $1 AND window_name = $2
