# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge: pictures of layouts in, verdicts out, several at once."""

from __future__ import annotations

import contextlib
import hashlib
import queue
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...scene import Scene
from ..score import Verdict
from .cache import VoteCache, default_folder, key_of
from .rubric import CRITERIA, HIGHEST, LOWEST, RUBRIC_VERSION, BadVote, Vote, check_pictures, messages, read_vote
from .settings import KEY_VARIABLE, OPENAI_KEY_VARIABLE, JudgeError, JudgeSettings
from .usage import Breaker, Meter, Usage

if TYPE_CHECKING:
    from .exchange import Unanswered

Job = tuple[Scene, Sequence[bytes]]
POLL = 0.05
"""Seconds between looks at `cancelled` and the deadlines."""


class RenderJudge:
    """Judges pictures of layouts by asking a vision language model; satisfies `Judge`.

    Safe to use from several threads, which share its limits, budget, cache and counters. Raises `JudgeError` where
    the `openai` package is missing.
    """

    def __init__(self, settings: JudgeSettings | None = None) -> None:
        self.settings = settings or JudgeSettings()
        try:
            from .exchange import Exchange
        except ImportError as error:
            raise JudgeError(
                f"the judge needs the package “{error.name}”: pip install 'metaspatial[evaluate]'"
            ) from error
        chosen = self.settings
        self._meter = Meter(chosen.known_price, chosen.max_calls, chosen.max_cost)
        self._breaker = Breaker(chosen.breaker_failures, chosen.breaker_pause)
        try:
            self._exchange = Exchange(chosen, lambda retries: self._meter.count(retries=retries))
        except (ImportError, ValueError, OSError) as error:  # a proxy or certificates that can't be used
            raise JudgeError(f"the judge's connection can't be set up: {error}") from error
        self._slots = threading.BoundedSemaphore(chosen.concurrency)
        self._cache: VoteCache | None = None
        if chosen.cache:
            with contextlib.suppress(OSError, RuntimeError):  # no home, or one that can't be written: no cache
                folder = chosen.cache_dir or default_folder()
                self._cache = VoteCache(folder, chosen.cache_entries, chosen.cache_bytes)

    @property
    def usage(self) -> Usage:
        """Calls, tokens, cost, cache hits, retries and failures so far."""
        return self._meter.usage

    def close(self) -> None:
        """End the connections. What is under way fails."""
        self._exchange.close()

    def __enter__(self) -> RenderJudge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def judge(self, scene: Scene, pictures: Sequence[bytes]) -> Verdict:
        """The verdict on PNGs of one layout, the perspective view first, then the view from above.

        `grade` is the mean over the criteria of (mean mark - 1) / 9; `spread` the population standard deviation of the
        votes. If fewer than half of the votes are usable there is no grade, and `missing` says why. Raises nothing.
        """
        return self.judge_many([(scene, pictures)])[0]

    def judge_many(
        self,
        jobs: Sequence[Job],
        on_done: Callable[[int, Verdict], None] = lambda index, verdict: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Verdict]:
        """The verdicts on several layouts, in their order, `concurrency` requests at a time.

        `on_done(index, verdict)` is called in the caller's thread as each is ready. Once `cancelled()` is true this
        returns at once, with "cancelled" missing from what wasn't ready; requests under way end in the background.
        Raises only what `on_done` and `cancelled` raise.
        """
        votes = self.settings.votes
        work = [_Work(index, scene, tuple(pictures), votes) for index, (scene, pictures) in enumerate(jobs)]
        verdicts: list[Verdict | None] = [None] * len(work)
        stop = threading.Event()
        ready: queue.SimpleQueue[_Work] = queue.SimpleQueue()
        tasks = _Shared((one, vote) for one in work for vote in range(votes))

        def run() -> None:
            while not stop.is_set() and (task := tasks.next()) is not None:
                one, vote = task
                if one.settle(vote, self._vote(one, vote, stop)):
                    ready.put(one)

        for _ in range(min(self.settings.concurrency, len(work) * votes)):
            # Daemons: a server that never answers must not keep the program from ending.
            threading.Thread(target=run, name="judge", daemon=True).start()
        try:
            left = len(work)
            while left:
                if cancelled():
                    break
                late = [one for one in work if verdicts[one.index] is None and one.late]
                with contextlib.suppress(queue.Empty):
                    late.append(ready.get(timeout=POLL))
                for one in late:
                    if verdicts[one.index] is None:
                        verdict = verdicts[one.index] = self._verdict(one)
                        left -= 1
                        on_done(one.index, verdict)
        finally:
            stop.set()
        return [Verdict(None, missing="cancelled") if verdict is None else verdict for verdict in verdicts]

    def _verdict(self, work: _Work) -> Verdict:
        outcomes = work.outcomes()
        votes = [one for one in outcomes if isinstance(one, Vote)]
        if not votes or 2 * len(votes) < len(outcomes):
            reasons = list(dict.fromkeys(one or self._late() for one in outcomes if not isinstance(one, Vote)))
            told = "; ".join(reasons[:3])
            if len(outcomes) > 1:
                told = f"{len(votes)} of {len(outcomes)} votes are usable: {told}"
            return Verdict(None, missing=f"no judgement: {told}", votes=0)
        marks = {one.key: [vote.marks[one.key] for vote in votes] for one in CRITERIA}
        means = {key: statistics.fmean(given) for key, given in marks.items()}
        return Verdict(
            grade=statistics.fmean((mean - LOWEST) / (HIGHEST - LOWEST) for mean in means.values()),
            criteria=means,
            spread={key: statistics.pstdev(given) for key, given in marks.items()},
            votes=len(votes),
            remarks=tuple(vote.remark for vote in votes if vote.remark),
        )

    def _late(self) -> str:
        return f"no answer within the {self.settings.deadline:g} s for one layout; raise the judge's deadline"

    def _vote(self, work: _Work, vote: int, stop: threading.Event) -> Vote | str:
        """A vote, or why there is none."""
        try:
            if fault := check_pictures(work.pictures):
                return fault
            asked = messages(work.scene, work.pictures, vote, self.settings.detail)
            key = ""
            if self._cache and self.settings.model:  # else the key waits for the server to say its model
                key = self._key(asked, self.settings.model, vote)
                if found := self._cache.get(key):
                    self._meter.count(cache_hits=1)
                    return found
            while not self._slots.acquire(timeout=POLL):
                if stop.is_set():
                    return "cancelled"
            try:
                return self._ask(work, vote, asked, stop)
            finally:
                self._slots.release()
        except Exception as error:  # whatever it is, it must not stall who waits for the verdict
            return f"the judge failed ({type(error).__name__}: {error})"

    def _ask(self, work: _Work, vote: int, asked: list[dict[str, Any]], stop: threading.Event) -> Vote | str:
        """A vote by asking for it, within the budget, unless the server has failed too often."""
        from .exchange import Unanswered

        settings = self.settings
        if not settings.key and not settings.local:
            variable = OPENAI_KEY_VARIABLE if settings.is_openai else KEY_VARIABLE
            return f"there is no key for {settings.server}: put it in the environment variable {variable}"
        if refusal := self._breaker.refusal():
            return refusal
        until = work.start(settings.deadline)
        try:
            model = self._exchange.model(until, stop.is_set)
        except Unanswered as error:
            return self._unanswered(error)
        try:
            key = self._key(asked, model, vote)
            if not settings.model and self._cache and (found := self._cache.get(key)):
                self._meter.count(cache_hits=1)
                return found
            if refusal := self._meter.take():
                return refusal
            reply = self._exchange.ask(asked, until, stop.is_set)
        except Unanswered as error:
            self._meter.count(failures=1)
            return self._unanswered(error)
        self._breaker.succeeded()
        self._meter.count(prompt_tokens=reply.prompt_tokens, completion_tokens=reply.completion_tokens)
        try:
            if reply.refusal:
                raise BadVote(f"the model refused ({reply.refusal}); look at the preference and the pictures")
            if reply.finish == "content_filter":
                raise BadVote("the content filter cut the answer; look at the preference and the pictures")
            found = read_vote(reply.text)
        except BadVote as error:
            self._meter.count(failures=1)
            cut = "; it was cut at max_tokens, raise that" if reply.finish == "length" else ""
            return f"{error}{cut}"
        if self._cache:
            self._cache.put(key, found)
        return found

    def _unanswered(self, error: Unanswered) -> str:
        if error.outage:
            self._breaker.failed(str(error), lasting=error.lasting)
        return str(error)

    def _key(self, asked: list[dict[str, Any]], model: str, vote: int) -> str:
        """Of all that a vote depends on; pictures by their hashes."""
        settings = self.settings
        depends = [RUBRIC_VERSION, settings.url, model, settings.temperature, settings.max_tokens, vote, _hashed(asked)]
        return key_of(depends)


@dataclass
class _Work:
    """One layout's votes as they come in."""

    index: int
    scene: Scene
    pictures: tuple[bytes, ...]
    votes: int
    _until: float | None = None
    _outcomes: dict[int, Vote | str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, deadline: float) -> float:
        """When the layout's time is over; it begins to run with the first call."""
        with self._lock:
            if self._until is None:
                self._until = time.monotonic() + deadline
            return self._until

    @property
    def late(self) -> bool:
        return self._until is not None and time.monotonic() > self._until + POLL

    def settle(self, vote: int, outcome: Vote | str) -> bool:
        """Note an outcome; whether it was the last."""
        with self._lock:
            self._outcomes[vote] = outcome
            return len(self._outcomes) == self.votes

    def outcomes(self) -> list[Vote | str]:
        """Each vote or why there is none; "" for one that did not come in time."""
        with self._lock:
            return [self._outcomes.get(vote, "") for vote in range(self.votes)]


class _Shared:
    """An iterator that several threads take from."""

    def __init__(self, items: Iterator[tuple[_Work, int]]) -> None:
        self._items = items
        self._lock = threading.Lock()

    def next(self) -> tuple[_Work, int] | None:
        with self._lock:
            return next(self._items, None)


def _hashed(asked: Any) -> Any:
    """The messages with each picture's hash in its place."""
    if isinstance(asked, dict):
        return {name: _hashed(value) for name, value in asked.items()}
    if isinstance(asked, list):
        return [_hashed(value) for value in asked]
    if isinstance(asked, str) and asked.startswith("data:image/png;base64,"):
        return hashlib.sha256(asked.encode("ascii")).hexdigest()
    return asked
