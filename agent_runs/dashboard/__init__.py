"""The dashboard: a Reflex app that is a customer of the HTTP API and of nothing else."""
