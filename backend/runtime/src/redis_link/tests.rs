//! Commands, blocking reads and pub/sub over a failover, on real sentinels and a real cluster.
