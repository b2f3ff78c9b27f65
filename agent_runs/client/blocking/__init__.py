# Made of asynchronous/__init__.py by `make format`. Edit that one.
"""The blocking client."""
