"""What errors answer."""

from typing import Literal

from pydantic import BaseModel, Field


class ErrorResponse(BaseModel):
    """What every error answers."""

    error: str = Field(description="Class of the error.", examples=["RunNotFound"])
    message: str = Field(description="What happened and what to do, for people.")
    detail: str = Field(description="More about it; the message when there is no more to say.")
    status_code: int = Field(description="HTTP status, once more.", examples=[404])


class OfficialErrorResponse(BaseModel):
    """What every error of `/v1` answers."""

    message: str = Field(description="What happened and what to do, for people.")
    detail: str = Field(description="More about it; the message when there is no more to say.")
    status_code: int = Field(description="HTTP status, once more.", examples=[404])


class InvalidField(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(
        description="Where: `body`, `query` or `path`, then names and places.",
        examples=[["body", "prompt"]],
    )
    msg: str = Field(description="What is wrong with it.")
    type: str = Field(description="Kind of the error, for programs.", examples=["missing"])


class OfficialInvalidResponse(BaseModel):
    """What a 422 of `/v1` answers. Nothing was stored."""

    message: str = Field(description="Everything that is wrong, for people.")
    detail: list[InvalidField] = Field(description="The same, one by one.")
    status_code: Literal[422] = Field(description="HTTP status, once more.")


class InvalidResponse(OfficialInvalidResponse):
    """What a 422 answers. Nothing was stored."""

    error: str = Field(description="Class of the error.", examples=["InvalidRequest"])
    position: int | None = Field(
        default=None,
        description="`InvalidQuery` only: where in `q` the mistake is, in characters from 0.",
    )
