SELECT count(*) AS "plans!" FROM counted_plans WHERE topic = $1 AND partition = $2
