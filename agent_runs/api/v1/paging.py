"""`skip` and `limit`, or `page` and `size`, which some clients send."""

from typing import Annotated

from fastapi import Depends, Query

from agent_runs.api.pages import LARGEST_LIMIT, LARGEST_PAGE
from agent_runs.api.parameters import Limit, Skip


async def paging(
    skip: Skip = 0,
    limit: Limit = 100,
    page: Annotated[
        int | None,
        Query(ge=1, le=LARGEST_PAGE, description="Number of the page, in place of `skip`."),
    ] = None,
    size: Annotated[
        int | None,
        Query(ge=1, le=LARGEST_LIMIT, description="Items to return, in place of `limit`."),
    ] = None,
) -> tuple[int, int]:
    """Return `(skip, limit)`."""
    limit = size or limit
    return (skip if page is None else (page - 1) * limit), limit


Paging = Annotated[tuple[int, int], Depends(paging)]
