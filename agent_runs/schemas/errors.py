"""Bodies of error responses."""

from typing import Literal

from pydantic import BaseModel, Field


class ErrorResponse(BaseModel):
    """The body of every error response."""

    error: str = Field(description="Class of the error.", examples=["RunNotFound"])
    message: str = Field(description="What happened and what to do, for people.")
    detail: str = Field(description="More about it; the message if there is nothing to add.")
    status_code: int = Field(description="The HTTP status again.", examples=[404])


class OfficialErrorResponse(BaseModel):
    """The body of every error response of `/v1`."""

    message: str = Field(description="What happened and what to do, for people.")
    detail: str = Field(description="More about it; the message if there is nothing to add.")
    status_code: int = Field(description="The HTTP status again.", examples=[404])


class InvalidField(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int] = Field(
        description="Where: `body`, `query` or `path`, then names and indexes.",
        examples=[["body", "prompt"]],
    )
    msg: str = Field(description="What is wrong with it.")
    type: str = Field(description="Kind of the error, for programs.", examples=["missing"])


class OfficialInvalidResponse(BaseModel):
    """The body of a 422 of `/v1`. Nothing was stored."""

    message: str = Field(description="Everything that is wrong, for people.")
    detail: list[InvalidField] = Field(description="The same as a list, for programs.")
    status_code: Literal[422] = Field(description="The HTTP status again.")


class InvalidResponse(OfficialInvalidResponse):
    """The body of a 422. Nothing was stored."""

    error: str = Field(description="Class of the error.", examples=["InvalidRequest"])
    position: int | None = Field(
        default=None,
        description="`InvalidQuery` only: where in `q` the mistake is, in characters from 0.",
    )
