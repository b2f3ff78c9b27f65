"""Mirrors hosted accounts: everything that runs on other servers do ends up in the store.

Accounts ── one Following per organization ── Follower (live)
                                           ├─ History  (earlier runs)
                                           └─ Creator  (new runs)
                    all of them write through one StoreMirror
"""

from agent_runs.sync.account import Account
from agent_runs.sync.accounts import Accounts
from agent_runs.sync.following import FollowingState
from agent_runs.sync.history import HistoryState
from agent_runs.sync.mirror import GONE, StoreMirror
from agent_runs.sync.upstream import Upstream

__all__ = [
    "GONE",
    "Account",
    "Accounts",
    "FollowingState",
    "HistoryState",
    "StoreMirror",
    "Upstream",
]
