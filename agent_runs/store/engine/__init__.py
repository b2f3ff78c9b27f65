"""The database itself: connections, transactions, schema and the terms of both dialects."""
