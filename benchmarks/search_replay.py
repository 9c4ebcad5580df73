"""How ways of leaving trials early differ: ``python benchmarks/search_replay.py [FILE ...]``.

A file holds recorded curves of trials that went to the end (``search.py --record FILE``; left out:
``search_curves.json``). Each pruner meets the curves of one search one after the other, in many
random orders, and leaves what it would have left, so that no trial is trained again. With
``--halving 2`` a half goes on in place of a quarter. Printed for each pruner: the share of all
steps that it makes, how far its best whole trial is behind the best of all, in points, how often it
keeps the best, and how many trials it lets end. What a search would have proposed after other
trials is not replayed: the trials are always the same.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
from pathlib import Path
from typing import Any

from paddle_lab.search.study import PRUNERS, optuna_module, pruner_of

CURVES = Path(__file__).with_name("search_curves.json")


def main() -> None:
    """Replay, and print one line of JSON for each pruner."""
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="*", type=Path, default=[CURVES])
    parser.add_argument("--orders", type=int, default=200, help="random orders of each search")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--halving", type=int, help="of so many trials halving lets one go on")
    args = parser.parse_args()
    searches = [one for file in args.files for one in json.loads(file.read_text("utf-8"))]
    searches = [one for one in searches if len(one["curves"]) > 2]
    number = sum(len(one["curves"]) for one in searches)
    print(f"{number} curves of {len(searches)} searches, {args.orders} orders of each")
    for pruner in PRUNERS:
        chance = random.Random(args.seed)
        found = [replayed(pruner, one, chance, args.halving)
                 for one in searches for _ in range(args.orders)]  # fmt: skip
        print(json.dumps({"pruner": pruner, **summed_up(found)}), flush=True)


def replayed(
    pruner: str, search: dict[str, Any], chance: random.Random, halving: int | None
) -> dict[str, float]:
    """One pruner on the curves of one search in a random order."""
    optuna = optuna_module()
    order = chance.sample(range(len(search["curves"])), len(search["curves"]))
    evaluations = max(len(curve) for curve in search["curves"])
    made = pruner_of(optuna, pruner, evaluations)
    if pruner == "halving" and halving is not None:
        made = optuna.pruners.SuccessiveHalvingPruner(made._min_resource, halving)
    study = optuna.create_study(
        direction="maximize", pruner=made,
        study_name=str(chance.random()),  # by it Hyperband deals trials out
    )  # fmt: skip
    steps, best, whole = 0.0, 0.0, 0
    for place in order:
        curve, trial = search["curves"][place], study.ask()
        for evaluation, value in enumerate(curve, start=1):
            trial.report(value, evaluation)
            if evaluation < len(curve) and trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                break
        else:
            study.tell(trial, max(curve))
            best, whole = max(best, *curve), whole + 1
        steps += search["steps"][place] * evaluation / len(curve)
    top = max(max(curve) for curve in search["curves"])
    return {
        "steps": steps / sum(search["steps"]),
        "behind": 100 * (top - best),
        "kept": float(best == top),
        "whole": whole / len(order),
    }


def summed_up(found: list[dict[str, float]]) -> dict[str, Any]:
    """Means over all orders of all searches, and how bad it gets in one of twenty."""
    behind = sorted(one["behind"] for one in found)
    return {
        "share_of_steps": round(statistics.mean(one["steps"] for one in found), 3),
        "points_behind_best": round(statistics.mean(behind), 2),
        "points_behind_in_the_worst_of_20": round(behind[len(behind) * 19 // 20], 2),
        "keeps_the_best": round(statistics.mean(one["kept"] for one in found), 3),
        "whole_trials": round(statistics.mean(one["whole"] for one in found), 3),
    }


if __name__ == "__main__":
    main()
