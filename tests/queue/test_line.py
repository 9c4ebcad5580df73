"""Who comes when: turns go round between notebooks, and people may change the order."""

from __future__ import annotations

from paddle_lab.queue.line import CHECK, Entry, Line


def line(*names: str) -> Line:
    """``a1``: the first run of notebook a."""
    found = Line()
    for name in names:
        found = found.joined(Entry(name, f"/runs/{name}", name[0]))
    return found


def order(found: Line) -> str:
    return " ".join(entry.run for entry in found.waiting)


def test_the_first_of_every_notebook_comes_before_the_second_of_any() -> None:
    assert order(line("a1", "a2", "a3", "b1", "b2", "c1")) == "a1 b1 c1 a2 b2 a3"


def test_a_run_at_work_counts_as_its_notebooks_turn() -> None:
    begun, entry = line("a1", "a2").begun(1)
    assert entry is not None and (entry.run, entry.slot) == ("a1", 0)
    assert order(begun.joined(Entry("b1", "/runs/b1", "b"))) == "b1 a2"
    assert begun.begun(1) == (begun, None), "the one slot is taken"


def test_slots_are_filled_and_freed_one_by_one() -> None:
    first, one = line("a1", "a2", "a3").begun(2)
    second, other = first.begun(2)
    assert one is not None and other is not None and {one.slot, other.slot} == {0, 1}
    assert second.begun(2)[1] is None
    third, next_one = second.left("a1").begun(2)
    assert next_one is not None and next_one.slot == one.slot
    assert third.left("a2").left("a3").empty


def test_a_run_moves_up_by_one_place_and_never_past_the_first() -> None:
    found = line("a1", "a2", "a3").moved_up("a3")
    assert order(found) == "a1 a3 a2" and found.place_of("a3") == 2
    assert order(found.moved_up("a3").moved_up("a3")) == "a3 a1 a2"
    assert found.moved_up("nobody") == found


def test_the_file_holds_all_of_it() -> None:
    found, _ = line("a1", "b1").begun(1)
    data = found.to_json()
    assert CHECK(data) is None and Line.from_json(data) == found
    assert CHECK({**data, "waiting": [{"run": 3}]}) is not None
