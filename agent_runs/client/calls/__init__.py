"""Requests to the API, and readers of its answers: built and read without I/O."""
