"""What runs and their entries mean: one module for each rule of the domain.

Everything that shows or counts runs uses them: the store, exports, the command line, the dashboard.
"""
