INSERT INTO monitor_frontiers (monitor, sealed_through) VALUES ($1, $2)
ON CONFLICT (monitor) DO UPDATE SET sealed_through = excluded.sealed_through
