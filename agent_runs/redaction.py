"""Cuts secrets out of all that is stored, logged or sent.

`settings.secrets_of` says which texts are secrets when the server starts; it learns those that are
saved later.
"""

import base64
import json
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

SHORTEST_SECRET = 8
"""Shorter values are not redacted: they occur in ordinary words."""

MASK = "[redacted]"


class Redactor:
    """Replaces every known secret in a text; `Redactor([])` returns texts unchanged.

    A secret is also found as JSON, URLs and base64 encode it. JSON texts stay valid: a secret made
    of digits becomes digits.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Replace these secrets, too, from now on."""
        self._forms |= {form for secret in secrets for form in _forms(secret)}
        self._masks = [
            (form, "9" * len(form) if form.isdecimal() else MASK)
            for form in sorted(self._forms, key=len, reverse=True)
        ]

    def __call__(self, text: str) -> str:
        """Return `text` without secrets."""
        for form, mask in self._masks:
            if form in text:
                text = text.replace(form, mask)
        return text


def _forms(secret: str) -> set[str]:
    secret = secret.strip()
    if len(secret) < SHORTEST_SECRET:
        return set()
    forms = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
    for ascii_only in (True, False):
        once = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        # Tool output is often JSON inside JSON.
        forms |= {once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= {_inner_base64(secret.encode(), offset, encode) for offset in range(3)}
    return forms


def _inner_base64(secret: bytes, offset: int, encode: Callable[[bytes], bytes]) -> str:
    """The letters that `secret` always has in base64 when `offset` bytes (mod 3) precede it."""
    encoded = encode(b"\0" * offset + secret).decode()
    first = -(-offset * 8 // 6)
    last = (offset + len(secret)) * 8 // 6
    return encoded[first:last]
