"""The service as a person asks it: answers, errors, models, figures; its workers are fakes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from bundle.making import rewrite
from bundle.table_model import table_predictor
from serving.asking import Client, Workers, served
from word_model import word_bundle, word_predictor

from paddle_lab.bundle.problems import not_a_bundle
from paddle_lab.errors import PaddleLabError, ServerError
from paddle_lab.serving.access import Access
from paddle_lab.serving.generation import Settings
from paddle_lab.serving.models import Place, places_of

GOOD, BAD = "很好", "太差了"


def test_one_text_and_several_are_answered_as_by_the_predictor(
    tell: Any, words: Place, tmp_path: Path
) -> None:
    texts = [GOOD, BAD, "", "好" * 90]
    expected = [one.to_json() for one in word_predictor(words.folder).predict(texts)]

    async def story(client: Client) -> None:
        one = await client.ask("/predict", {"text": GOOD})
        assert one.status == 200 and one.json["answer"] == expected[0]
        assert one.json["model"] == "words" and one.json["version"] == "1"
        all_ = await client.ask("/predict", {"texts": texts})
        assert all_.json["answers"] == expected
        assert expected[3]["truncated"] and expected[2]["empty"]
        whole = await client.ask("/predict", {"text": "好" * 90, "long_text": "windows"})
        assert whole.json["answer"]["windows"] > 1 and not whole.json["answer"]["truncated"]

    tell(story, words)


ROWS = {
    "pair": {"text": GOOD, "text2": BAD},
    "multilabel": {"text": GOOD},
    "regress": {"text": GOOD},
    "tag": {"text": GOOD},
    "answer": {"question": "质量", "context": GOOD},
}
CODECS: dict[str, dict[str, Any]] = {
    "pair": {"labels": ["差评", "好评"]},
    "multilabel": {"labels": ["物流", "质量"], "thresholds": [0.01, 0.5]},
    "regress": {"pair": False, "mean": 3.0, "std": 1.5, "low": 1.0, "high": 5.0},
    "tag": {"types": ["物", "人"]},
    "answer": {"answer_length": 5, "threshold": None},
}


@pytest.mark.parametrize("task", ROWS)
def test_every_task_is_answered_as_by_the_predictor(tell: Any, tmp_path: Path, task: str) -> None:
    predictor = table_predictor(tmp_path / task, task, CODECS[task])
    rows = [ROWS[task], {role: text * 30 for role, text in ROWS[task].items()}]
    given = [tuple(row.values()) if len(row) > 1 else row["text"] for row in rows]
    # One by one: the outputs of this program depend on the padding.
    expected = [predictor.predict([one])[0].to_json() for one in given]

    async def story(client: Client) -> None:
        one = await client.ask("/predict", ROWS[task])
        assert one.json["answer"] == expected[0], one.body
        assert (await client.ask("/predict", {"texts": rows})).json["answers"] == expected
        (about,) = (await client.ask("/models")).json["models"]
        assert about["task"] == task and about["reads"] == list(ROWS[task])

    tell(story, Place(task, "1", tmp_path / task))


def test_clients_at_the_same_time_share_batches_and_get_their_own_answers(
    tell: Any, words: Place
) -> None:
    texts = [GOOD, BAD] * 20
    expected = [one.to_json() for one in word_predictor(words.folder).predict(texts)]

    async def story(client: Client) -> None:
        replies = await asyncio.gather(*(client.ask("/predict", {"text": t}) for t in texts))
        assert [reply.json["answer"] for reply in replies] == expected
        (worker,) = client.workers.started
        assert max(rows for rows, _ in worker.batches) == 4 and len(worker.batches) < 20

    tell(story, words)


def test_errors_have_a_code_both_languages_and_no_traceback(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        wrong = await client.ask("/predict", {"texts": [3]}, headers={"accept-language": "zh-CN"})
        assert wrong.status == 400 and wrong.json["error"]["code"] == "data.texts"
        assert (
            wrong.json["error"]["what"]["en"].startswith("Text 1")
            and "不是文本" in wrong.json["message"]
        )
        assert (await client.ask("/predict", b"{")).json["error"]["code"] == "server.bad_request"
        for path, content, status in (("/nothing", None, 404), ("/models/", None, 404),
                                      ("/predict", None, 405), ("/models", {}, 405)):  # fmt: skip
            reply = await client.ask(path, content)
            assert reply.status == status and reply.json["error"]["fix"]["zh"]
        unknown = await client.ask("/predict", {"model": "other", "text": "x"})
        assert unknown.status == 404 and "words:1" in unknown.json["message"]

    tell(story, words)


def test_a_mistake_of_ours_is_told_without_what_was_sent(
    tell: Any, words: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret text")

    async def story(client: Client) -> None:
        monkeypatch.setattr("paddle_lab.serving.requests.read", broken)
        reply = await client.ask("/predict", {"text": "secret text"})
        assert reply.status == 500 and reply.json["error"]["code"] == "server.fault"
        assert b"secret" not in reply.body and "secret" not in client.log.getvalue()
        fault = next(event for event in client.events() if event["event"] == "fault")
        assert fault["kind"] == "ZeroDivisionError" and "test_app" in fault["places"][-1]

    tell(story, words)


def test_the_log_has_no_texts(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        await client.ask("/predict", {"text": "很秘密"})
        await client.ask("/predict", {"texts": ["很秘密", 3]})
        assert "秘密" not in client.log.getvalue()
        statuses = [one["status"] for one in client.events() if one["event"] == "request"]
        assert statuses == [200, 400]

    tell(story, words)


def test_nothing_is_ready_before_it_is_loaded_and_live_all_the_while(
    tell: Any, words: Place
) -> None:
    async def story(client: Client) -> None:
        assert (await client.ask("/health/live")).status == 200
        assert (await client.ask("/health/ready")).status == 503
        early = await client.ask("/predict", {"text": GOOD})
        assert early.status == 503 and early.headers["retry-after"] == "1"
        await client.service.models.load()
        assert (await client.ask("/health/ready")).json == {"ready": True}
        client.service.ending = True
        assert (await client.ask("/health/ready")).status == 503
        assert (await client.ask("/predict", {"text": GOOD})).json["error"][
            "code"
        ] == "server.not_ready"

    tell(story, words, load=False)


def test_models_by_name_and_version(tell: Any, words: Place, tmp_path: Path) -> None:
    newer = word_bundle(tmp_path / "newer")
    rewrite(newer, lambda content: content["codec"].update(labels=["bad", "good"]))
    other = Place("other", "7", word_bundle(tmp_path / "other"))

    async def story(client: Client) -> None:
        async def label(**which: str) -> str:
            reply = await client.ask("/predict", {"text": GOOD, **which})
            assert reply.status == 200, reply.body
            return str(reply.json["answer"]["label"])

        assert await label() == "good"  # the first model, its last version
        assert await label(version="1") == "好评"
        assert await label(model="other", version="7") == "好评"
        missing = await client.ask("/predict", {"text": GOOD, "model": "other", "version": "1"})
        assert missing.status == 404 and "other:7" in missing.json["message"]
        listed = (await client.ask("/models")).json["models"]
        assert [(one["name"], one["version"]) for one in listed] == [
            ("words", "1"), ("words", "2"), ("other", "7")]  # fmt: skip
        assert not any(str(tmp_path) in str(one) for one in listed)

    tell(story, words, Place("words", "2", newer), other)


def test_a_token_is_asked_for_where_there_is_one(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        for given in ("", "Bearer", "Bearer wrong", "Basic right-token", "Bearer right-tokén"):
            reply = await client.ask("/models", headers={"authorization": given})
            assert reply.status == 401 and reply.headers["www-authenticate"] == "Bearer"
        right = {"authorization": "Bearer right-token"}
        assert (await client.ask("/predict", {"text": GOOD}, headers=right)).status == 200
        assert (await client.ask("/metrics")).status == 401
        assert (await client.ask("/health/ready")).status == 200

    tell(story, words, access=Access("right-token", loopback=False))


def test_without_a_token_a_page_of_another_name_is_refused(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        for host in ("localhost", "127.0.0.1:8000", "[::1]:8000"):
            assert (await client.ask("/models", headers={"host": host})).status == 200, host
        for host in ("evil.example:8000", "127.0.0.1.evil.example", ""):
            assert (await client.ask("/models", headers={"host": host})).status == 421, host

    tell(story, words)


def test_figures_and_the_pages_that_explain(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        await client.ask("/predict", {"texts": [GOOD, BAD]})
        text = (await client.ask("/metrics")).body.decode()
        for line in (
            'paddle_lab_texts_total{model="words",version="1"} 2.0',
            'paddle_lab_requests_total{code="",route="/predict",status="200"} 1.0',
            'paddle_lab_workers{model="words",version="1"} 1.0',
            'paddle_lab_queue_windows{model="words",version="1"} 0.0',
            'paddle_lab_memory_bytes{part="front"}',
            'paddle_lab_request_seconds_count{model="words",version="1"} 1.0',
        ):
            assert line in text
        openapi = (await client.ask("/openapi.json")).json
        body = openapi["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
        example = body["examples"]["words"]["value"]
        assert (await client.ask("/predict", example)).status == 200
        docs = await client.ask("/docs", headers={"accept-language": "zh"})
        assert "返回结果" in docs.body.decode() and "default-src 'none'" in docs.headers[
            "content-security-policy"]  # fmt: skip

    tell(story, words)


def test_a_model_that_cannot_be_started_says_why(
    monkeypatch: pytest.MonkeyPatch, words: Place
) -> None:
    async def story() -> None:
        workers = Workers(fail=not_a_bundle(words.folder))
        async with served(monkeypatch, words, workers=workers, load=False) as client:
            await client.service.models.load()

    with pytest.raises(Exception, match="not a bundle"):
        asyncio.run(story())


def test_how_bundles_are_called(tmp_path: Path) -> None:
    run = tmp_path / "reviews-1a2b"
    word_bundle(run / "bundle")
    odd = word_bundle(tmp_path / "a=b")
    assert [(one.name, one.version) for one in places_of(
        [str(run / "bundle"), f"评论={run / 'bundle'}", f"评论:2={run / 'bundle'}", str(odd)]
    )] == [("reviews-1a2b", "1"), ("评论", "1"), ("评论", "2"), ("model", "1")]  # fmt: skip
    for word in ("a\0b", "x" * 5000, "=", "a=", "评论=/nowhere/at/all"):
        with pytest.raises(PaddleLabError):
            places_of([word])
    with pytest.raises(ServerError, match="Two bundles") as refused:
        places_of([f"a={odd}", f"a:1={odd}"])
    assert refused.value.code == "server.same_name"


def test_workers_that_were_asked_for_all_work(tell: Any, words: Place) -> None:
    async def story(client: Client) -> None:
        await asyncio.sleep(0.05)
        asks = [asyncio.create_task(client.ask("/predict", {"text": GOOD})) for _ in range(3)]
        await asyncio.sleep(0.1)
        assert len(client.workers.started) == 3
        assert client.workers.gate is not None
        client.workers.gate.set()
        assert {(await one).status for one in asks} == {200}

    tell(story, words, settings=Settings(workers=3, rows=1), workers=Workers(gate=asyncio.Event()))
