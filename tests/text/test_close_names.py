"""A mistyped name is answered with the names it may have meant."""

from __future__ import annotations

from paddle_lab.text.close_names import close_names, did_you_mean


def test_the_closest_name_comes_first_and_strangers_are_left_out() -> None:
    known = ["batch_size", "epochs", "epoch_size"]
    assert close_names("epoch", known, most=3) == ["epochs", "epoch_size"]
    assert close_names("epoch", known) == ["epochs"]
    assert close_names("temperature", known) == []


def test_a_lower_cutoff_offers_more() -> None:
    assert close_names("acc", ["macro_f1", "accuracy"]) == []
    assert close_names("acc", ["macro_f1", "accuracy"], cutoff=0.4) == ["accuracy"]


def test_the_sentence_is_in_both_languages_or_absent() -> None:
    text = did_you_mean("epoch", ["epochs", "epoch_size"], most=2)
    assert text is not None
    assert text.in_language("en") == "Did you mean epochs, epoch_size?"
    assert text.in_language("zh") == "是不是想用 epochs, epoch_size？"
    assert did_you_mean("temperature", ["epochs"]) is None


def test_names_of_others_are_shown_as_the_caller_wants() -> None:
    text = did_you_mean("tex", ["text"], show=lambda name: f"--text {name}")
    assert str(text.in_language("en") if text else "") == "Did you mean --text text?"
