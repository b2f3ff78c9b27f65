"""What serves an application of a test as the API that the dashboard talks to."""

from collections.abc import Callable

from starlette.types import ASGIApp

Serve = Callable[[ASGIApp], str]
"""Serves an application on a free port for as long as the test runs; returns its address."""
