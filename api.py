"""`python api.py` starts the API on port 8000; `from api import CodegenClient` is the SDK."""

from agent_runs.prerequisites import explain_what_is_missing

if __name__ == "__main__":
    explain_what_is_missing()

from agent_runs import AsyncCodegenClient, CodegenClient

__all__ = ["AsyncCodegenClient", "CodegenClient"]

if __name__ == "__main__":
    # Imported late: a script that needs only the client must not load the server.
    from agent_runs.cli.serve import serve

    serve()
