//! The outside systems behind the ports.
