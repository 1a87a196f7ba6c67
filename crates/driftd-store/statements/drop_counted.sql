DELETE FROM counted_plans WHERE topic = $1 AND partition = $2 AND epoch < $3
AND monitor IN (SELECT now.monitor FROM counted_plans AS now
                WHERE now.topic = $1 AND now.partition = $2 AND now.epoch = $3)
