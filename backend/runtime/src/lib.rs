//! How a process of ours lives: lifecycle, telemetry, Redis connection and stream reader.
