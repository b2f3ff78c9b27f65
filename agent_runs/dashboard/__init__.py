"""The dashboard: a Reflex app that uses the HTTP API and nothing else."""
