"""Fans the events of the store out to the subscribers of this process."""
