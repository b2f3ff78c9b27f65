"""JSON shapes of the HTTP API that are not a model already: bodies, pages, answers, errors.

Runs, entries, turns and the like are answered as in `models.py`; what stands here is around them.
"""
