"""JSON shapes of the HTTP API that `models.py` does not have: bodies, pages, answers, errors."""
