"""What runs and their entries mean: each rule of the domain in a module of its own.

Everything that shows or counts runs asks here: the store, exports, the command line, the dashboard.
"""
