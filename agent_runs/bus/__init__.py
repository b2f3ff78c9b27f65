"""Passes the events of the store on to the subscribers of this process."""
