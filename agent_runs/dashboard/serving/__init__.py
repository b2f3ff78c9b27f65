"""How the dashboard is built, served, guarded and told of changes."""
