DELETE FROM rejected_records WHERE topic = $1 AND partition = $2
