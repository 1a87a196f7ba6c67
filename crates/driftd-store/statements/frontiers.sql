SELECT monitor, sealed_through AS "sealed_through!", reach FROM monitor_frontiers WHERE sealed_through IS NOT NULL
