"""Mirrors a Codegen account: runs that work on another server of the same API."""
