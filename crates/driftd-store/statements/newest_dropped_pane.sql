SELECT max(pane_start) AS "pane_start?" FROM sealed_panes WHERE monitor = $1 AND pane_start >= $2 AND dropped_rows > 0
