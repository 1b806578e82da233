# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts: what votes add up to, and what is missing when they don't come."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

import pytest
from metaspatial.backend.rewards.judge import JudgeError, JudgeSettings, Price, RenderJudge
from metaspatial.backend.rewards.score import Judge, Verdict
from metaspatial.backend.scene import Scene
from metaspatial.tests import chat_server as fake
from metaspatial.tests.backend.rewards.judge.answers import KEYS, PICTURES, marks, picture
from metaspatial.tests.chat_server import MODEL, Behaviour, ChatServer, fails, says

MakeJudge = Callable[..., RenderJudge]


def completion(**choice: object) -> Behaviour:
    """A completion whose choice says what `says` can't."""
    usage = {"prompt_tokens": 30, "completion_tokens": 7}
    return fake.raw(json.dumps({"choices": [{"index": 0, **choice}], "usage": usage}).encode())


def test_the_grade_is_the_mean_of_the_marks(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(8, 7.5, 6, 5, 4)))
    judge: Judge = make_judge()
    verdict = judge.judge(scene, PICTURES)
    assert verdict.criteria == dict(zip(KEYS, (8, 7.5, 6, 5, 4), strict=True))
    assert verdict.grade == pytest.approx((30.5 / 5 - 1) / 9)
    assert (verdict.votes, verdict.remarks, verdict.missing) == (1, ("The desk blocks the door.",), "")


@pytest.mark.parametrize(("mark", "grade"), [(1, 0.0), (10, 1.0), (5.5, 0.5)])
def test_the_scale_runs_from_1_to_10(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, mark: float, grade: float
) -> None:
    server.script(says(marks(mark)))
    assert make_judge().judge(scene, PICTURES).grade == pytest.approx(grade)


def test_votes_are_averaged_and_their_spread_is_told(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(4, 7, 7, 7, 7)), says(marks(6, 7, 7, 7, 7)), says(marks(8, 7, 7, 7, 10)))
    verdict = make_judge(votes=3, concurrency=1).judge(scene, PICTURES)
    assert verdict.criteria["realism"] == pytest.approx(6)
    assert verdict.spread["realism"] == pytest.approx((8 / 3) ** 0.5)
    assert verdict.criteria["aesthetic"] == pytest.approx(8)
    assert verdict.spread["aesthetic"] == pytest.approx(2**0.5)
    assert verdict.spread["layout"] == 0
    assert verdict.grade == pytest.approx((6 + 7 + 7 + 7 + 8 - 5) / 45)
    assert verdict.votes == 3


def test_every_other_vote_sees_the_pictures_in_reverse(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(5)))
    make_judge(votes=3, concurrency=1).judge(scene, PICTURES)
    orders = []
    for request in server.chats:
        parts = request.body["messages"][1]["content"]
        urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        captions = [part["text"] for part in parts if part["type"] == "text" and part["text"].startswith("Picture")]
        orders.append((urls, ["above" in caption for caption in captions]))
    assert orders[0] == orders[2]
    assert orders[1] == (orders[0][0][::-1], orders[0][1][::-1])
    assert orders[0][1] == [False, True]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("A lovely room! I would give it 8 out of 10.", "not JSON"),
        (f"Here are my marks:\n{marks(8)}", "not JSON"),
        (marks("8"), "the mark for realism is not a number"),
        (marks(8, 8, 8, 8, "8/10"), "the mark for aesthetic is not a number"),
        (marks(8, "unknown", 8, 8, 8), "the mark for functionality is not a number"),
        (marks(8, None, 8, 8, 8), "the mark for functionality is not a number"),
        (marks(True), "not a number"),
        (marks(0), "not between 1 and 10"),
        (marks(8, 8, 8, 8, 10.5), "the mark for aesthetic is not between 1 and 10"),
        (marks(8).replace("8", "NaN"), "not between 1 and 10"),
        (marks(8).replace("8", "1e999"), "not between 1 and 10"),
        (marks(8).replace('"layout": 8, ', ""), "the mark for layout is missing"),
        (marks(8).replace('"layout"', '"realism"'), "a key is given twice"),
        (marks(8)[:-20], "not JSON"),
        ("[" * 10_000, "not JSON"),
        ("[8, 8, 8, 8, 8]", "not a JSON object"),
        ("", "not JSON"),
        (marks(8, remark="a" * 30_000), "more than 20000 characters"),
    ],
)
def test_what_is_no_vote_is_missing_and_never_a_number(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, answer: str, reason: str
) -> None:
    server.script(says(answer))
    judge = make_judge()
    verdict = judge.judge(scene, PICTURES)
    assert verdict.grade is None
    assert not verdict.criteria
    assert reason in verdict.missing
    assert (judge.usage.calls, judge.usage.failures) == (1, 1)
    assert judge.usage.completion_tokens == 5, "a useless answer is paid for too"


@pytest.mark.parametrize(
    "answer",
    [
        marks(7, overall=3, note="more than asked"),
        f"```json\n{marks(7)}\n```",
        f'<think>The {{bed}} is "1".</think>\n{marks(7)}',
        marks(7, remark=["not", "a", "text"]),
    ],
)
def test_what_wraps_or_extends_a_vote_does_not_change_it(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, answer: str
) -> None:
    server.script(says(answer))
    verdict = make_judge().judge(scene, PICTURES)
    assert verdict.criteria == dict.fromkeys(KEYS, 7)


@pytest.mark.parametrize(("good", "graded"), [(0, False), (1, False), (2, True), (3, True)])
def test_half_of_the_votes_must_be_usable(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, good: int, graded: bool
) -> None:
    server.script(*[says(marks(6))] * good, *[says(marks("unknown"))] * (3 - good), says("never asked"))
    verdict = make_judge(votes=3).judge(scene, PICTURES)
    assert (verdict.grade is not None) == graded
    assert verdict.votes == (good if graded else 0)
    if graded:
        assert verdict.grade == pytest.approx(5 / 9), "bad votes do not count at all"
    else:
        assert f"{good} of 3 votes are usable" in verdict.missing


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (completion(message={"content": None, "refusal": "I can't judge rooms."}), "refused (I can't judge rooms)"),
        (completion(message={"content": "{"}, finish_reason="content_filter"), "content filter"),
        (completion(message={"content": '{"remark": "The'}, finish_reason="length"), "raise that"),
        (completion(message={}), "not JSON"),
        (completion(), "not a chat completion"),
        (fake.raw(b'{"choices": []}'), "not a chat completion"),
        (fake.raw(b'{"choices": "yes"}'), "not a chat completion"),
        (fake.raw(b"[1]"), "not a chat completion"),
        (fake.raw(b"\xff\xfe"), "not JSON"),
        (fake.web_page(), "not JSON"),
        (fake.hangs_up, "closed the connection"),
        (fake.half_a_body, "closed the connection"),
        (fake.floods_bytes(), "more than 2 MB"),
        (fake.redirects("http://127.0.0.1:9/v1/chat/completions"), "not followed"),
        (fails(401, "Incorrect API key"), "METASPATIAL_JUDGE_KEY"),
        (fails(404, "The model `x` does not exist"), "check the judge's model"),
        (fails(400, "Server is pinned to 'a'; requested 'b': no such model"), "check the judge's model"),
        (fails(413, "Payload too large"), "HTTP 413"),
        (fails(429, "Slow down"), "busy"),
        (fails(500, "CUDA out of memory"), "CUDA out of memory"),
        (fails(400, "The response was filtered by the content management policy"), "content filter"),
    ],
)
def test_a_judge_that_fails_is_missing_with_a_reason(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, behaviour: Behaviour, reason: str
) -> None:
    server.script(behaviour)
    verdict = make_judge().judge(scene, PICTURES)
    assert verdict == Verdict(None, missing=verdict.missing)
    assert reason in verdict.missing
    server.script(says(marks(8)))


def test_nobody_there(make_judge: MakeJudge, scene: Scene) -> None:
    verdict = make_judge(base_url="http://127.0.0.1:9/v1").judge(scene, PICTURES)
    assert verdict.grade is None
    assert "metaspatial serve" in verdict.missing


def test_a_silent_server_is_given_up(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(fake.silent)
    verdict = make_judge(timeout=0.2).judge(scene, PICTURES)
    assert verdict.grade is None
    assert "0.2 s" in verdict.missing


def test_a_trickling_server_is_given_up(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(fake.trickles(pause=0.05))
    verdict = make_judge(timeout=0.3).judge(scene, PICTURES)
    assert "did not answer within 0.3 s" in verdict.missing


def test_the_deadline_bounds_all_attempts(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(fake.silent)
    started = time.monotonic()
    verdict = make_judge(timeout=60, retries=100, deadline=0.3, votes=3, concurrency=1).judge(scene, PICTURES)
    assert "raise the judge's deadline" in verdict.missing
    assert time.monotonic() - started < 3


def test_retry_after_is_waited_for(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    times: list[float] = []

    def noting(behaviour: Behaviour) -> Behaviour:
        def behave(handler: fake.Handler) -> None:
            times.append(time.monotonic())
            behaviour(handler)

        return behave

    server.script(noting(fails(429, "slow down", {"Retry-After": "1"})), noting(says(marks(8))))
    judge = make_judge(retries=2)
    assert judge.judge(scene, PICTURES).grade is not None
    assert times[1] - times[0] >= 1
    assert (judge.usage.calls, judge.usage.retries, judge.usage.failures) == (1, 1, 0)


def test_a_wait_past_the_deadline_is_not_begun(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(fails(429, "slow down", {"Retry-After": "100"}))
    verdict = make_judge(retries=3, deadline=5).judge(scene, PICTURES)
    assert "busy (HTTP 429) (slow down)" in verdict.missing
    assert len(server.chats) == 1


@pytest.mark.parametrize("first", [fails(500, "oops"), fails(503, "loading"), fake.hangs_up])
def test_a_passing_failure_is_mended_by_another_attempt(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, first: Behaviour
) -> None:
    server.script(first, says(marks(8)))
    judge = make_judge(retries=1)
    assert judge.judge(scene, PICTURES).grade is not None
    assert judge.usage.retries == 1


def test_a_refused_key_is_not_tried_again(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(fails(401, "Incorrect API key provided: sk-secret"))
    judge = make_judge(retries=3, api_key="sk-secret")
    assert "sk-secret" not in judge.judge(scene, PICTURES).missing
    verdict = judge.judge(scene, PICTURES)
    assert "not asked for another" in verdict.missing
    assert len(server.chats) == 1


def test_an_outage_stops_the_asking_for_a_while(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(fails(500, "oops"))
    judge = make_judge(breaker_failures=2, breaker_pause=0.3)
    verdicts = [judge.judge(scene, PICTURES) for _ in range(4)]
    assert len(server.chats) == 2
    assert "failed (HTTP 500)" in verdicts[1].missing
    assert "not asked for another" in verdicts[2].missing
    server.script(says(marks(8)))
    time.sleep(0.35)
    assert judge.judge(scene, PICTURES).grade is not None


def test_failures_now_and_then_are_no_outage(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(*[fails(500, "oops"), says(marks(8))] * 3)
    judge = make_judge(breaker_failures=2)
    assert [judge.judge(scene, PICTURES).grade is None for _ in range(6)] == [True, False] * 3


def test_bad_answers_are_no_outage(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(*[says("Lovely.")] * 4, says(marks(8)))
    judge = make_judge(breaker_failures=2)
    assert [judge.judge(scene, PICTURES).grade is None for _ in range(5)] == [True] * 4 + [False]


@pytest.mark.parametrize(
    ("pictures", "reason"),
    [((), "no picture"), ((b"",), "not a PNG"), ((b"GIF89a",), "not a PNG"), ((picture(),) * 9, "too many")],
)
def test_without_proper_pictures_nothing_is_asked(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, pictures: tuple[bytes, ...], reason: str
) -> None:
    judge = make_judge()
    assert reason in judge.judge(scene, pictures).missing
    assert not server.chats
    assert judge.usage.calls == 0


def test_many_layouts_are_judged_at_once_but_never_too_many(
    server: ChatServer, make_judge: MakeJudge, scene: Scene
) -> None:
    under_way, most, lock = 0, 0, threading.Lock()

    def slowly(handler: fake.Handler) -> None:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with lock:
            under_way -= 1
        says(marks(8))(handler)

    server.script(slowly)
    judge = make_judge(votes=2, concurrency=3)
    done: list[int] = []
    here = threading.get_ident()

    def on_done(index: int, verdict: Verdict) -> None:
        assert threading.get_ident() == here
        done.append(index)

    others = [threading.Thread(target=judge.judge, args=(scene, PICTURES)) for _ in range(3)]
    for other in others:
        other.start()
    verdicts = judge.judge_many([(scene, (picture(bytes([n])),)) for n in range(6)], on_done)
    for other in others:
        other.join()
    assert [verdict.grade for verdict in verdicts] == [pytest.approx(7 / 9)] * 6
    assert sorted(done) == list(range(6))
    assert most == 3
    assert judge.usage.calls == len(server.chats) == 18


def test_each_verdict_is_that_of_its_own_pictures(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    def by_picture(handler: fake.Handler) -> None:
        said = json.dumps(handler.request_seen.body)
        says(marks(next(mark for mark, png in enumerate(pngs, 1) if fake_url(png) in said)))(handler)

    pngs = [picture(b"layout %d" % n) for n in range(5)]
    server.script(by_picture)
    verdicts = make_judge(concurrency=4).judge_many([(scene, (png,)) for png in pngs])
    assert [verdict.criteria["layout"] for verdict in verdicts] == [1, 2, 3, 4, 5]


def fake_url(png: bytes) -> str:
    import base64

    return base64.b64encode(png).decode()


def test_cancelling_returns_at_once_with_what_is_done(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(8)), fake.silent)
    done: list[int] = []
    started = time.monotonic()
    verdicts = make_judge(concurrency=1, timeout=30, deadline=30).judge_many(
        [(scene, PICTURES)] * 5, lambda index, verdict: done.append(index), lambda: bool(done)
    )
    assert time.monotonic() - started < 3
    assert verdicts[0].grade is not None
    assert [verdict.missing for verdict in verdicts[1:]] == ["cancelled"] * 4


def test_nothing_to_judge(make_judge: MakeJudge) -> None:
    assert make_judge().judge_many([]) == []


def test_cost_and_tokens_are_counted(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(8)))
    judge = make_judge(votes=3, price=Price(2.5, 10.0))
    judge.judge(scene, PICTURES)
    usage = judge.usage
    assert (usage.calls, usage.prompt_tokens, usage.completion_tokens) == (3, 3 * 56, 3 * 5)
    assert usage.cost == pytest.approx(3 * (56 * 2.5 + 5 * 10) / 1e6)


def test_the_cost_of_an_unknown_model_is_not_made_up(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(8)))
    judge = make_judge()
    judge.judge(scene, PICTURES)
    assert judge.usage.cost is None
    assert judge.usage.prompt_tokens == 56


def test_the_budget_of_calls_is_kept(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(8)))
    verdicts = make_judge(max_calls=2, concurrency=4).judge_many([(scene, PICTURES)] * 4)
    assert len(server.chats) == 2
    missing = [verdict.missing for verdict in verdicts if verdict.grade is None]
    assert len(missing) == 2
    assert all("budget of 2 calls" in reason for reason in missing)


def test_the_budget_of_money_is_kept(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(8)))
    judge = make_judge(price=Price(0, 1e6), max_cost=9.0)  # 5 dollars an answer
    grades = [judge.judge(scene, PICTURES).grade for _ in range(3)]
    assert [grade is None for grade in grades] == [False, False, True]
    assert "raise max_cost" in judge.judge(scene, PICTURES).missing


def test_the_schema_is_asked_for_and_given_up_where_it_is_not_taken(
    server: ChatServer, make_judge: MakeJudge, scene: Scene
) -> None:
    server.script(
        fails(400, "response_format: json_schema is not supported"),
        fails(422, "response_format is not supported"),
        fails(400, "Use max_completion_tokens instead of max_tokens"),
        fails(400, "temperature must be 1"),
        says(marks(8)),
    )
    judge = make_judge(temperature=0.5)
    assert judge.judge(scene, PICTURES).grade is not None
    assert judge.judge(scene, PICTURES).grade is not None
    bodies = [request.body for request in server.chats]
    kinds = [body.get("response_format", {}).get("type") for body in bodies]
    assert kinds == ["json_schema", "json_object", None, None, None, None], "what was learnt is kept"
    schema = bodies[0]["response_format"]["json_schema"]
    assert schema["strict"] is True
    assert set(schema["schema"]["required"]) == {"remark", *KEYS}
    assert schema["schema"]["additionalProperties"] is False
    assert "max_tokens" not in bodies[-1]
    assert "temperature" not in bodies[-1]
    assert judge.usage.calls == 2


def test_an_unnamed_model_is_the_only_one(server: ChatServer, make_judge: MakeJudge, scene: Scene) -> None:
    server.script(says(marks(8)))
    judge = make_judge(model="", cache=True)
    judge.judge(scene, PICTURES)
    assert judge.judge(scene, PICTURES).grade is not None
    assert [request.body["model"] for request in server.chats] == [MODEL]
    server.models = ("a", "b")
    assert "has 2 models (a, b)" in make_judge(model="").judge(scene, PICTURES).missing


def test_the_key_goes_where_it_belongs(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1")
    server.script(says(marks(8)))
    make_judge().judge(scene, PICTURES)
    monkeypatch.setenv("METASPATIAL_JUDGE_KEY", "judge-key")
    make_judge().judge(scene, PICTURES)
    sent = [{name.lower(): value for name, value in request.headers.items()} for request in server.chats]
    assert "sk-openai" not in str(sent), "OpenAI's key is for OpenAI"
    assert "org-1" not in str(sent)
    assert sent[1]["authorization"] == "Bearer judge-key"


def test_local_servers_are_asked_without_the_proxy(
    server: ChatServer, make_judge: MakeJudge, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server.script(says(marks(8)))
    assert make_judge().judge(scene, PICTURES).grade is not None


def test_without_a_key_openai_is_not_asked(scene: Scene) -> None:
    with RenderJudge(JudgeSettings(allow_remote=True, cache=False)) as judge:
        verdict = judge.judge(scene, PICTURES)
        assert verdict.grade is None
        assert "OPENAI_API_KEY" in verdict.missing
        assert judge.usage.calls == 0


@pytest.mark.parametrize(
    "url", ["https://api.openai.com/v1", "http://192.168.1.5:8000/v1", "http://127.0.0.1.evil.org"]
)
def test_another_computer_is_asked_only_if_allowed(url: str) -> None:
    with pytest.raises(JudgeError, match="--judge-allow-remote"):
        JudgeSettings(url)
    assert not JudgeSettings(url, allow_remote=True).local


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"base_url": "ftp://127.0.0.1"}, "http"),
        ({"base_url": "http://me:secret@127.0.0.1/v1"}, "password"),
        ({"votes": 0}, "votes"),
        ({"votes": 3, "temperature": 0.0}, "temperature 0"),
        ({"concurrency": 0}, "concurrency"),
        ({"timeout": float("nan")}, "timeout"),
        ({"max_cost": 5.0}, "price"),
        ({"max_calls": -1}, "max_calls"),
        ({"api_key": "sk-\n"}, None),
        ({"api_key": "sk-é"}, "key"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict, reason: str | None) -> None:
    given = {"base_url": "http://127.0.0.1:8000/v1", **settings}
    if reason is None:
        JudgeSettings(**given)
        return
    with pytest.raises(JudgeError, match=reason):
        JudgeSettings(**given)


def test_the_key_is_not_shown() -> None:
    assert "sk-secret" not in repr(JudgeSettings("http://127.0.0.1/v1", api_key="sk-secret"))


def test_prices_are_known_of_dated_names() -> None:
    def price(model: str, url: str = "https://api.openai.com/v1") -> Price | None:
        return JudgeSettings(url, model, allow_remote=True).known_price

    assert price("gpt-4o") == price("gpt-4o-2024-08-06") == Price(2.5, 10)
    assert price("gpt-4o-2024-05-13") == Price(5, 15)
    assert price("gpt-99") is None
    assert price("gpt-4o", "https://elsewhere.org/v1") is None, "another server has its own prices"
