"""Images of a prompt: base64 data URIs, checked before anything is stored."""

import base64
import binascii
import re

from agent_runs.errors import InvalidRequest

_DATA_URI = re.compile(r"data:image/(png|jpeg|gif|webp);base64,", re.ASCII)
_MAGIC = {
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpeg": (b"\xff\xd8\xff",),
    "gif": (b"GIF87a", b"GIF89a"),
    "webp": (b"RIFF",),
}


def check_images(images: tuple[str, ...], *, limit_count: int, limit_bytes: int) -> None:
    """Raise InvalidRequest unless each one is a data URI that holds the image it says it is.

    Args:
        images: as in the request.
        limit_count: how many are accepted.
        limit_bytes: size of one image, decoded.
    """
    if len(images) > limit_count:
        raise InvalidRequest(f"images: there are {len(images)}; at most {limit_count} are allowed.")
    for number, uri in enumerate(images, 1):
        match = _DATA_URI.match(uri)
        if match is None:
            raise InvalidRequest(
                f"images: number {number} is not a data URI of the form "
                "data:image/png;base64,... (png, jpeg, gif or webp)."
            )
        try:
            content = base64.b64decode(uri[match.end() :], validate=True)
        except (binascii.Error, ValueError) as exc:
            raise InvalidRequest(f"images: number {number} is not valid base64.") from exc
        if len(content) > limit_bytes:
            raise InvalidRequest(
                f"images: number {number} has {len(content):,} bytes; at most {limit_bytes:,} "
                "are allowed."
            )
        if not content.startswith(_MAGIC[match[1]]):
            raise InvalidRequest(f"images: number {number} is not a {match[1]} image.")
