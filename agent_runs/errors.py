"""The exception tree of the program.

    AgentRunsError                  500
    ├── InvalidRequest              422  a value in the request cannot be used
    │   └── InvalidQuery                 a search cannot be understood; carries `position`
    ├── Unauthorized                401  token missing or wrong
    ├── PaymentRequired             402  the hosted plan's runs are used up
    ├── Forbidden                   403  wrong host, origin or organization
    ├── NotFound                    404
    │   ├── RunNotFound
    │   ├── RepoNotFound
    │   ├── PermissionNotFound
    │   └── ViewNotFound
    ├── Conflict                    409
    │   ├── RunIsActive                  resume while the run is still working
    │   ├── PermissionAnswered           the question was already answered or withdrawn
    │   ├── LostFence                    a worker that was declared dead tried to write
    │   └── Moved                        in `sync`: another process took over a creation
    ├── TooLarge                    413  request body over the limit
    ├── RateLimited                 429  carries `retry_after_seconds`
    ├── Unavailable                 503
    │   ├── GitFailed                    in `providers/acp`: a git command failed
    │   ├── OutcomeUnknown               another server may or may not have carried it out
    │   └── ServerUnreachable            the client got no response at all
    ├── UnexpectedAnswer            502  the client cannot read the server's response
    └── WaitTimeout                 504  the run was still working at the caller's deadline

`api/errors.py` turns them into responses, `client/base.py` turns responses back into them: a
caller of the SDK catches the same class that the server raised.
"""

from typing import ClassVar


class AgentRunsError(Exception):
    """Base of every error that the program raises on purpose.

    Attributes:
        message: one sentence for a person: what happened, what is safe, what to do next.
        status_code: HTTP status that the API answers with.
        detail: more about it, as text; the message itself if there is nothing to add.
    """

    status_code: ClassVar[int] = 500

    def __init__(self, message: str, *, detail: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.detail = detail or message


class InvalidRequest(AgentRunsError):
    """A value in the request cannot be used; nothing was stored."""

    status_code = 422


class InvalidQuery(InvalidRequest):
    """A search cannot be understood.

    Attributes:
        position: where in the query, in characters from 0.
    """

    def __init__(self, message: str, position: int, *, detail: str | None = None) -> None:
        super().__init__(message, detail=detail)
        self.position = position


class Unauthorized(AgentRunsError):
    """The token is missing or wrong."""

    status_code = 401


class PaymentRequired(AgentRunsError):
    """The hosted plan allows no more runs."""

    status_code = 402


class Forbidden(AgentRunsError):
    """The host, origin or organization is not allowed."""

    status_code = 403


class NotFound(AgentRunsError):
    """Nothing has this id or path."""

    status_code = 404


class RunNotFound(NotFound):
    """No run has this id."""

    def __init__(self, run_id: int | str, *, detail: str | None = None) -> None:
        super().__init__(f"There is no agent run {run_id!r}.", detail=detail)


class RepoNotFound(NotFound):
    """No repository is registered under this id."""

    def __init__(self, repo_id: int | str, *, detail: str | None = None) -> None:
        super().__init__(f"There is no repository {repo_id!r}.", detail=detail)


class PermissionNotFound(NotFound):
    """The run has no permission request with this id."""

    def __init__(self, permission_id: int | str, *, detail: str | None = None) -> None:
        super().__init__(f"There is no permission request {permission_id!r}.", detail=detail)


class ViewNotFound(NotFound):
    """No view is saved under this id."""

    def __init__(self, view_id: int | str, *, detail: str | None = None) -> None:
        super().__init__(f"There is no saved view {view_id!r}.", detail=detail)


class Conflict(AgentRunsError):
    """The request does not fit the current state."""

    status_code = 409


class RunIsActive(Conflict):
    """The run is still working, so it cannot take another prompt."""


class PermissionAnswered(Conflict):
    """The permission request was already answered or withdrawn."""


class LostFence(Conflict):
    """A worker whose run was taken over tried to write; its write was refused."""


class TooLarge(AgentRunsError):
    """The request body is over the limit."""

    status_code = 413


class RateLimited(AgentRunsError):
    """Too many requests.

    Attributes:
        retry_after_seconds: how long to wait, if the server said so.
    """

    status_code = 429

    def __init__(
        self, message: str, *, detail: str | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message, detail=detail)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(AgentRunsError):
    """Something that this request needs is unavailable at the moment."""

    status_code = 503


class OutcomeUnknown(Unavailable):
    """Another server may have carried out a request: its response was lost."""


class ServerUnreachable(Unavailable):
    """The client got no response from the server.

    Attributes:
        may_have_happened: False if there was not even a connection, so no request was sent.
    """

    def __init__(
        self, message: str, *, detail: str | None = None, may_have_happened: bool = True
    ) -> None:
        super().__init__(message, detail=detail)
        self.may_have_happened = may_have_happened


class UnexpectedAnswer(AgentRunsError):
    """The response does not come from this API; another program may listen at that address."""

    status_code = 502


class WaitTimeout(AgentRunsError, TimeoutError):
    """The run was still working at the caller's deadline; it was not stopped."""

    status_code = 504
