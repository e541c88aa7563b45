"""X API v2 filtered stream."""
