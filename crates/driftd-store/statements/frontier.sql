SELECT sealed_through FROM monitor_frontiers WHERE monitor = $1
