"""The HTTP API: native paths, the official `/v1`, event streams, and their documentation."""
