UPDATE counted_plans SET watermark = $4, next_offset = $5 WHERE topic = $1 AND partition = $2 AND epoch = $3
