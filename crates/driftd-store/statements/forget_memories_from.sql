DELETE FROM memory WHERE monitor = $1 AND through > $2
