"""Secrets are cut out in every form, and nothing else is."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runs.redaction import MASK, Redactor

SECRET = 'sk-canary/+"é\\0123456789'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        json.dumps(json.dumps({"token": SECRET})),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"user:{SECRET}".encode()).decode(),
        base64.urlsafe_b64encode(f"x{SECRET}yz".encode()).decode(),
    ],
)
def test_a_secret_is_found_in_whatever_form_it_is_written(written: str) -> None:
    clean = Redactor([SECRET])(f"before {written} after")
    assert MASK in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert "canary" not in clean


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert Redactor(["password", "password-and-more"])("password-and-more") == MASK


@pytest.mark.parametrize("secret", ["", "   ", "short", "1234567"])
def test_a_value_too_short_to_be_found_safely_is_left_alone(secret: str) -> None:
    text = "a short text 1234567"
    assert Redactor([secret])(text) == text


def test_without_secrets_the_text_itself_is_returned() -> None:
    text = "x" * 1000
    assert Redactor([])(text) is text


def test_a_number_stays_a_number() -> None:
    assert json.loads(Redactor(["12345678"])('{"n": 12345678}')) == {"n": 99999999}


@given(st.text(min_size=8), st.text(), st.text())
def test_json_stays_json_and_the_secret_is_gone(secret: str, before: str, after: str) -> None:
    clean = Redactor([secret])(json.dumps({"k": before + secret + after}))
    value = json.loads(clean)
    if len(secret.strip()) >= 8 and not secret.strip().isdecimal():
        assert secret.strip() not in "".join(str(part) for part in value.values())
