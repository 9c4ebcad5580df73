"""Does the doctor find and mend what is broken? ``python benchmarks/broken_environments.py``.

Environments are made in a temporary folder from hard links to the one that runs this, each harmed
in one way that is written down (``environments/``: damaged, hidden, versions, machine), or left
healthy. Then, as a person would: the imports, the page, ``--check``, ``--explain`` of the real
traceback, the printed commands pasted into bash, and all again. What was said is graded against
what was harmed. At the end the checksums of the original are compared: nothing may have changed.

``--only WORDS`` takes the kinds whose name holds them; ``--outside`` asks ``--python PATH`` instead
of the doctor inside; with ``--results FILE`` what is there already is not run again.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from environments import damaged, healthy, hidden, machine, unplanned, versions  # noqa: F401
from environments.grading import timed
from environments.kinds import KINDS
from environments.place import Skipped, fingerprint
from environments.templates import Templates


def run(name: str, templates: Templates, inside: bool, quick: bool) -> dict[str, Any]:
    try:
        return timed(KINDS[name], templates, inside, quick)
    except Skipped as reason:
        return {"kind": name, "inside": inside, "skipped": str(reason)}
    except Exception:
        return {"kind": name, "inside": inside, "failed": traceback.format_exc()[-800:]}


def row(record: dict[str, Any]) -> str:
    if "faults" not in record:
        return f"| {record['kind']} | | | | | {record.get('skipped') or 'not made'} |"
    page, check = record["page"], record["check"]
    explain = record.get("explain", {}).get("first", "")
    mended = {True: "mended", False: "not mended", None: ""}[record.get("mended")]
    lights = f"{page['light']} {page['seconds']} s | {check['light']} {check['seconds']} s"
    found = f"{check.get('first', '')} ({check.get('certainty', '')})"
    faults = "; ".join(record["faults"]) or "right"
    return f"| {record['kind']} | {lights} | {found} | {explain} | {mended} | {faults} |"


def figures(records: list[dict[str, Any]]) -> str:
    graded = [record for record in records if "faults" in record]
    broken = [record for record in graded if record["fails"] in ("import", "use")]
    others = [record for record in graded if record["fails"] in ("nothing", "healthy")]
    seen = sum(record["check"]["light"] in ("red", "yellow") for record in broken)
    named = sum(record["check"]["named"] for record in broken)
    explained = sum(record.get("explain", {}).get("named", False) for record in broken)
    mended = sum(bool(record.get("mended")) for record in broken)
    right = sum(not record["faults"] for record in broken)
    quiet = sum(not record["faults"] for record in others)
    return (
        f"broken: {len(broken)}; the light says so: {seen}; cause named exactly: {named}; "
        f"explained: {explained}; mended by the printed commands: {mended}; "
        f"right from first to last: {right}. "
        f"Healthy or harmless: {len(others)}, no false alarm: {quiet}."
    )


def read(path: Path | None) -> dict[tuple[str, bool], dict[str, Any]]:
    lines = path.read_text("utf-8").splitlines() if path and path.exists() else []
    records = [json.loads(line) for line in lines]
    return {(record["kind"], record["inside"]): record for record in records}


def table(names: list[str], templates: Templates, args: argparse.Namespace) -> list[dict[str, Any]]:
    """Run what is not in the results yet, and print a row for each."""
    done = {} if args.again else read(args.results)
    print("| kind | page | check | first finding | explained as | fix | faults |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    records = []
    for name in names:
        record = done.get((name, not args.outside))
        if record is None or "faults" not in record:
            record = run(name, templates, not args.outside, args.quick)
            if args.results:
                with args.results.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(record, ensure_ascii=False) + "\n")
        records.append(record)
        print(row(record), flush=True)
    return records


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", nargs="*", default=[], metavar="WORDS")
    parser.add_argument("--outside", action="store_true")
    parser.add_argument("--quick", action="store_true", help="ask, but mend nothing")
    parser.add_argument("--results", type=Path, metavar="FILE")
    parser.add_argument("--again", action="store_true", help="run what is in the results, too")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is mounted is unmounted first
    names = [name for name in KINDS if not args.only or any(word in name for word in args.only)]
    if args.list:
        print("\n".join(names))
        return 0
    before = fingerprint(Path(sys.prefix))
    with tempfile.TemporaryDirectory(prefix="environments-") as folder:
        records = table(names, Templates(Path(folder)), args)
    print(figures(records))
    after = fingerprint(Path(sys.prefix))
    changed = [path for path in before if after.get(path) != before[path]]
    print(f"files of the original that changed: {len(changed)} of {len(before)} {changed[:5]}")
    return 1 if changed or any(record.get("faults") for record in records) else 0


if __name__ == "__main__":
    sys.exit(main())
