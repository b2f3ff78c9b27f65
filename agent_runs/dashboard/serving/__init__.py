"""How the dashboard is built, served, protected and kept up to date."""
