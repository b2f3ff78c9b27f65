"""How hosted accounts are followed, as answers tell it."""

from datetime import datetime

from pydantic import BaseModel, Field


class HostedTrouble(BaseModel):
    """What is wrong, as a state that a person understands."""

    trouble: str = Field(
        description="`offline`, `limited`, `token_refused`, `organization_refused`, "
        "`allotment_used_up` (no new runs), `shape_changed` (answers that cannot be read).",
        examples=["offline"],
    )
    since: datetime = Field(description="When it was met first.")
    next_try: datetime = Field(description="When upstream is asked again.")
    message: str = Field(description="One sentence for people.")
    run: str | None = Field(description="Upstream's id, when it concerns one run only.")


class HostedBudget(BaseModel):
    """Requests that the token may still send right now."""

    total: int = Field(description="Of all kinds, in 30 s.")
    logs: int = Field(description="Of these, pages of log entries, in 60 s.")
    create: int = Field(description="Of these, new runs, in 60 s.")


class HostedHistory(BaseModel):
    """How much of what was before is here."""

    total: int | None = Field(description="Runs that upstream has; null: not told yet.")
    runs: int = Field(description="Runs that are here.")
    whole: int = Field(description="Runs that are here with all their entries.")
    listed: bool = Field(description="Whether all of upstream's list was read.")
    seconds_left: float | None = Field(
        description="Until all is here, at the present pace; null: it is, or it cannot be told yet."
    )
    said: str = Field(
        description="The same for people.", examples=["1 200 of 8 431 runs, about 6 min left"]
    )


class HostedHealth(BaseModel):
    """How a hosted organization is followed, in short."""

    organization_id: int = Field(description="Its id here.")
    state: str = Field(
        description="`ok`, `starting`, `stalled` (no answer was taken in for two minutes, see the "
        "server's log), or the trouble that concerns most.",
        examples=["ok"],
    )
    age_seconds: float | None = Field(
        description="Since upstream gave a good answer last; null: it never did."
    )
    remaining: HostedBudget = Field(description="What may still be sent.")
    limited_until: datetime | None = Field(description="When upstream may be asked again.")


class HostedOrganization(HostedHealth):
    """How a hosted organization is followed."""

    name: str = Field(description="Name for people.")
    upstream_id: str = Field(description="Its id at the hosted service.")
    base_url: str = Field(description="Address of the server.")
    followed: bool = Field(description="Whether this process follows it.")
    troubles: list[HostedTrouble] = Field(description="What is wrong, the widest first.")
    history: HostedHistory = Field(description="How much of what was before is here.")
    waiting: int = Field(description="Runs that upstream has not taken yet.")


class HostedAccountTrouble(HostedTrouble):
    """What is wrong with an account whose organizations are not known yet."""

    base_url: str = Field(description="Address of the server.")


class Hosted(BaseModel):
    """The hosted organizations that are mirrored here."""

    items: list[HostedOrganization] = Field(description="By account; the first takes new runs.")
    accounts: list[HostedAccountTrouble] = Field(
        description="Accounts that could not be asked for their organizations yet."
    )
