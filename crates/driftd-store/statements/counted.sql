SELECT (SELECT sealed_through FROM monitor_frontiers WHERE monitor = $1) AS "sealed_through?",
       (SELECT max(pane_start) FROM pane_partials WHERE monitor = $1) AS "last_counted?"
