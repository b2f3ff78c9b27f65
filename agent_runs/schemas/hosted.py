"""How hosted accounts are followed: shapes of answers."""

from datetime import datetime

from pydantic import BaseModel, Field


class HostedTrouble(BaseModel):
    """What is wrong, as a state that people understand."""

    trouble: str = Field(
        description="`offline`, `limited`, `token_refused`, `organization_refused`, "
        "`allotment_used_up` (no new runs), `shape_changed` (unreadable responses).",
        examples=["offline"],
    )
    since: datetime = Field(description="When it began.")
    next_try: datetime = Field(description="When the next request to upstream is due.")
    message: str = Field(description="One sentence for people.")
    run: str | None = Field(description="Upstream's id of the run, if it concerns only one.")


class HostedBudget(BaseModel):
    """Requests that the token can still send right now."""

    total: int = Field(description="Of all kinds, in 30 s.")
    logs: int = Field(description="Of these, pages of log entries, in 60 s.")
    create: int = Field(description="Of these, new runs, in 60 s.")


class HostedHistory(BaseModel):
    """How much of upstream's history has arrived."""

    total: int | None = Field(description="Runs that upstream has; null if not known yet.")
    runs: int = Field(description="Runs that are here.")
    whole: int = Field(description="Runs that are here with all their entries.")
    listed: bool = Field(description="Whether upstream's list was read to its end.")
    seconds_left: float | None = Field(
        description="Time until all is here, at the current pace; null if done or not known yet."
    )
    said: str = Field(
        description="The same for people.", examples=["1 200 of 8 431 runs, about 6 min left"]
    )


class HostedHealth(BaseModel):
    """How a hosted organization is followed, in short."""

    organization_id: int = Field(description="Its id here.")
    state: str = Field(
        description="`ok`, `starting`, `stalled` (no response for two minutes, see the server's "
        "log), or the widest trouble.",
        examples=["ok"],
    )
    age_seconds: float | None = Field(
        description="Time since upstream's last good response; null if there was none."
    )
    remaining: HostedBudget = Field(description="Requests that can still be sent.")
    limited_until: datetime | None = Field(description="When upstream takes requests again.")


class HostedOrganization(HostedHealth):
    """How a hosted organization is followed."""

    name: str = Field(description="Name for people.")
    upstream_id: str = Field(description="Its id at the hosted service.")
    base_url: str = Field(description="Address of the server.")
    followed: bool = Field(description="Whether this process follows it.")
    troubles: list[HostedTrouble] = Field(description="What is wrong, the widest first.")
    history: HostedHistory = Field(description="How much of its history is here.")
    waiting: int = Field(description="New runs that upstream has not accepted yet.")


class HostedAccountTrouble(HostedTrouble):
    """What is wrong with an account whose organizations are not known yet."""

    base_url: str = Field(description="Address of the server.")


class Hosted(BaseModel):
    """The hosted organizations that are mirrored here."""

    items: list[HostedOrganization] = Field(description="By account; the first gets new runs.")
    accounts: list[HostedAccountTrouble] = Field(
        description="Accounts whose organizations could not be read yet."
    )
