"""One page per module, its state beside it: the frontend is split along Python modules."""
