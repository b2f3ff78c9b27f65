"""One page per module, with its state: the frontend is split by Python module."""
