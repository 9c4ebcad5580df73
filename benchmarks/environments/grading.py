"""Each kind made, asked, mended and graded: what is right, and what is not."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from environments import asking
from environments.kinds import Kind
from environments.place import Place
from environments.templates import Templates

NOTHING = re.compile(r"nothing (?:is )?to (?:be done|do|install)|no plan is needed", re.IGNORECASE)


def grade(
    kind: Kind, templates: Templates, inside: bool = True, quick: bool = False
) -> dict[str, Any]:
    """All of it for one kind; ``faults`` is empty when the doctor was right from first to last.

    ``quick``: nothing is mended.
    """
    place = templates.copy(kind.layout)
    try:
        kind.harm(place)
        record = _ask(kind, place, inside)
        if not quick:
            record.update(_mend(kind, place, inside, record))
        record["faults"] = faults(kind, record)
    finally:
        place.remove()
    return {"kind": kind.name, "fails": kind.fails, "inside": inside, **record}


def _ask(kind: Kind, place: Place, inside: bool) -> dict[str, Any]:
    seen = asking.truth(place, kind.truth)
    record: dict[str, Any] = {"broken": seen.code != 0, "truth": _last_line(seen.text)}
    said, page = asking.ask(place, inside=inside)
    record["page"] = reading(kind, page, said)
    said, check = asking.ask(place, "--check", inside=inside)
    record["check"] = reading(kind, check, said)
    said, again = asking.ask(place, inside=inside)
    record["again"] = reading(kind, again, said)
    record["shown"] = _names(kind, place.shell(asking.command(place, inside=inside)).out)
    if record["broken"]:
        record["explain"] = _explained(kind, place, seen.text, inside)
    record["commands"] = asking.fixes(check) or asking.fixes(again)
    return record


def _mend(kind: Kind, place: Place, inside: bool, record: dict[str, Any]) -> dict[str, Any]:
    if not (record["commands"] and record["broken"]):
        return {}
    pasted = asking.paste(place, record["commands"])
    tried = asking.truth(place, kind.truth)
    return {
        "paste": pasted,
        "mended": tried.code == 0 or kind.network,
        "truth after": "" if tried.code == 0 else _last_line(tried.text),
        "after": _after(kind, place, inside),
    }


def _after(kind: Kind, place: Place, inside: bool) -> dict[str, Any]:
    if asking.other_python(place):  # a new environment was made: Paddle Lab may not be in it
        python = place.shell("command -v python").out.strip()
        place.python = Path(python)
        inside = False
    said, page = asking.ask(place, "--check", inside=inside)
    return reading(kind, page, said)


def _explained(kind: Kind, place: Place, text: str, inside: bool) -> dict[str, Any]:
    (place.root / "error.txt").write_text(text, "utf-8")
    said, answer = asking.ask(place, "--explain", str(place.root / "error.txt"), inside=inside)
    return reading(kind, answer, said)


def reading(kind: Kind, page: Any, said: Any) -> dict[str, Any]:
    """What a page or an explanation said, short."""
    seconds = round(said.seconds, 1)
    answer: dict[str, Any] = page if isinstance(page, dict) else {}
    found = answer.get("findings", [])
    # Of an import that fails, the page says first that it does, then why: that is what is graded.
    chosen = (answer.get("first") or {}).get("id")
    first = next((f for f in found if f["id"] == chosen), found[0] if found else {})
    return {
        "light": answer.get("light", "" if answer else "none"),
        "error": "" if answer else _last_line(said.text),
        "seconds": seconds,
        "first": first.get("id", ""),
        "certainty": first.get("certainty", ""),
        "title": first.get("title", ""),
        "evidence": first.get("evidence", [])[:4],
        "named": bool(first) and _names(kind, _words(first)),
        "all": [finding["id"] for finding in found],
        "commands": first.get("commands", []),
        "plan": (answer.get("plan") or {}).get("commands") or [],
        "idle": bool(NOTHING.search(str(answer))),
    }


def _words(finding: dict[str, Any]) -> str:
    return "\n".join([finding["title"], finding["cause"], *finding["evidence"]])


def _names(kind: Kind, text: str) -> bool:
    return all(re.search(pattern, text, re.IGNORECASE) for pattern in kind.names)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def faults(kind: Kind, record: dict[str, Any]) -> list[str]:
    """What the doctor did wrong, in a few words each."""
    if kind.fails in ("nothing", "healthy"):
        return _false_alarms(kind, record)
    if not record["broken"]:
        return ["not broken: the kind proves nothing"]
    wrong = []
    page, check, again = record["page"], record["check"], record["again"]
    if page["light"] == "green":
        wrong.append("page green")
    seen = ("red",) if kind.fails == "import" else ("red", "yellow")
    if check["light"] not in seen:
        wrong.append(f"check {check['light']}")
    if again["light"] not in seen:
        wrong.append(f"page after check {again['light']}")
    wrong += [
        f"{ask} names another cause" for ask in ("check", "again") if not record[ask]["named"]
    ]
    if not record["shown"]:
        wrong.append("not on the human page")
    if not record["explain"]["named"]:
        wrong.append(
            "explain names another cause" if record["explain"]["first"] else "explain silent"
        )
    if not record["commands"]:
        wrong.append("no commands")
    if check["light"] == "red" and check["idle"]:
        wrong.append("red, and nothing is to be done")
    wrong += _mending(record)
    return wrong


def _mending(record: dict[str, Any]) -> list[str]:
    if "paste" not in record:
        return []
    wrong = [record["paste"]["fault"]] if record["paste"]["fault"] else []
    if not record["mended"]:
        wrong.append("fix does not mend")
    if record["after"]["light"] not in ("green", "yellow"):
        wrong.append(f"after the fix {record['after']['light']}")
    return wrong


def _false_alarms(kind: Kind, record: dict[str, Any]) -> list[str]:
    if record["broken"]:
        return ["broken: the kind should work"]
    wrong = []
    for name in ("page", "check", "again"):
        reading = record[name]
        if reading["light"] in ("red", "none"):
            wrong.append(f"{name} {reading['light']}")
        elif kind.fails == "healthy" and reading["first"]:
            wrong.append(f"{name} finds {reading['first']}")
    if kind.fails == "healthy" and record["check"]["light"] != "green":
        wrong.append(f"check {record['check']['light']}")
    return wrong


def timed(kind: Kind, templates: Templates, inside: bool, quick: bool) -> dict[str, Any]:
    """:func:`grade` with the seconds that it took."""
    started = time.monotonic()
    record = grade(kind, templates, inside, quick)
    return {**record, "seconds": round(time.monotonic() - started)}
