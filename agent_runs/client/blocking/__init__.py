# Generated from asynchronous/__init__.py by `make format`. Edit that file.
"""The blocking client."""
