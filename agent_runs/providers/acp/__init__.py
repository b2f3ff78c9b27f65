"""Coding agents on this machine, driven over the Agent Client Protocol (version 1, stdio).

One process, one session, one workspace and one private HOME per run. `provider.py` is the entry
point; `agents.py` describes the agents, `session.py` talks to one, `translate.py` turns what it
says into log entries. Source: https://agentclientprotocol.com
"""
