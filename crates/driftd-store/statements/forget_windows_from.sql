DELETE FROM windows WHERE monitor = $1 AND window_end > $2
