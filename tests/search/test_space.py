"""What a person may write for an option that varies, and what is refused with which reason."""

from __future__ import annotations

from typing import Any

import pytest

from paddle_lab.errors import PaddleLabError
from paddle_lab.options import options_of
from paddle_lab.runs import RunSpec
from paddle_lab.search.space import Dimension, options_with, space_of, usual_values


def only(**given: Any) -> Dimension:
    return space_of(given)[1][0]


def test_a_range_of_the_learning_rate_goes_by_powers_of_ten_and_others_are_linear() -> None:
    lr = only(lr="1e-5..1e-4")
    assert (lr.low, lr.high, lr.log) == (1e-5, 1e-4, True)
    epochs = only(epochs="2..6")
    assert (epochs.kind, epochs.low, epochs.high, epochs.log) == ("float", 2.0, 6.0, False)


def test_a_list_is_typed_as_its_option_and_one_word_is_for_all_trials() -> None:
    fixed, (batch, model) = space_of(
        {"train": "a.tsv", "batch_size": "16, 32", "model": "a,b", "lr": "5e-5", "task": "auto"}
    )
    assert fixed == {"train": "a.tsv", "lr": 5e-5}
    assert batch.values == (16, 32) and model.values == ("a", "b")
    assert batch.range == "16,32" and batch.shown == "--batch-size"


def test_settings_vary_as_well_and_reach_a_trial_beside_the_fixed_ones() -> None:
    given, space = space_of({"extra": {"max_grad_norm": "0.5..2", "adam_beta1": 0.9, "k": (1, 2)}})
    assert [one.name for one in space] == ["set.max_grad_norm", "set.k"]
    options = options_with(given, {"set.max_grad_norm": 1.5, "lr": 1e-4})
    assert options == {"lr": 1e-4, "extra": {"adam_beta1": 0.9, "max_grad_norm": 1.5}}


@pytest.mark.parametrize(
    "given",
    [
        {"seed": "1,2,3"},
        {"metric": "accuracy,macro_f1"},
        {"limit": "100..200"},
        {"early_stopping": "1..3"},
        {"threads": "1,2"},
        {"lr": "1e-4..1e-5"},
        {"lr": "1e-5.."},
        {"lr": "nan..1"},
        {"lr": "0..1"},
        {"epochs": "1..2000"},
        {"batch_size": "16,16"},
        {"batch_size": "16,"},
        {"batch_size": "auto,16"},
        {"precision": "fp32,bf17"},
        {"extra": {"a": "2..1"}},
        {"lr": "5e-5"},
    ],
)
def test_what_cannot_be_searched_is_refused_with_a_reason(given: dict[str, Any]) -> None:
    with pytest.raises(PaddleLabError) as caught:
        space_of(given)
    assert caught.value.code in ("usage.search", "usage.value")
    assert caught.value.why is not None or caught.value.fix is not None


def test_every_number_and_choice_of_a_run_says_whether_a_search_may_vary_it() -> None:
    for one in options_of(RunSpec):
        numeric = one.kind in ("int", "float") or (one.kind == "str" and bool(one.choices))
        if numeric:
            assert bool(one.scale) != bool(one.unsearched), one.name
        if one.scale in ("linear", "log"):
            assert one.kind in ("int", "float"), one.name


def test_the_usual_values_are_those_that_fine_tuning_would_take_and_the_space_holds() -> None:
    _, space = space_of({"lr": "1e-5..1e-4", "batch_size": "8,16", "epochs": "2..6"})
    spec = RunSpec(train="a.tsv", lr=5e-5, batch_size=32, epochs=3.0)
    assert usual_values(spec, space) == {"lr": 5e-5, "epochs": 3.0}
    assert all(Dimension.from_json(one.to_json()) == one for one in space)
