DELETE FROM sealed_panes WHERE monitor = $1 AND pane_start >= $2
