# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server may say of when to ask again, and the pauses of the breaker."""

from __future__ import annotations

import email.utils
import time

import httpx2
import pytest
from metaspatial.backend.rewards.judge.leash import retry_after
from metaspatial.backend.rewards.judge.usage import Breaker


@pytest.mark.parametrize(("said", "seconds"), [("7", 7.0), (" 0.5 ", 0.5), ("soon", None), ("", None)])
def test_retry_after_in_seconds(said: str, seconds: float | None) -> None:
    assert retry_after(httpx2.Headers({"Retry-After": said})) == seconds


def test_retry_after_as_a_date() -> None:
    date = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert retry_after(httpx2.Headers({"Retry-After": date})) == pytest.approx(60, abs=5)
    assert retry_after(httpx2.Headers({})) is None


def test_the_breaker_opens_closes_and_reopens() -> None:
    now = 0.0
    breaker = Breaker(limit=3, pause=10, clock=lambda: now)
    for _ in range(2):
        breaker.failed("HTTP 500")
    assert not breaker.refusal()
    breaker.failed("HTTP 500")
    assert "another 10 s after 3 failure(s) in a row: HTTP 500" in breaker.refusal()
    now = 11.0
    assert not breaker.refusal(), "tried again after the pause"
    breaker.failed("HTTP 500")
    assert breaker.refusal(), "one more failure is enough"
    now = 22.0
    breaker.succeeded()
    breaker.failed("HTTP 500")
    assert not breaker.refusal(), "a success starts the count anew"


def test_what_waiting_will_not_mend_opens_it_at_once() -> None:
    breaker = Breaker(limit=3, pause=10)
    breaker.failed("no such model", lasting=True)
    assert "no such model" in breaker.refusal()
