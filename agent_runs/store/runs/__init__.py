"""Runs with their turns, entries, questions, events and deliveries."""
