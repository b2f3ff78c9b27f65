"""The places where runs work: `base.py` has the contract, `agent_runs/sync/upstream.py` another."""
