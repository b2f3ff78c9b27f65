"""What this server sends elsewhere: webhooks, traces and the dashboard's requests to the API."""
