SELECT monitor, sealed_through AS "sealed_through!" FROM monitor_frontiers WHERE sealed_through IS NOT NULL
