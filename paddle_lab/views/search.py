"""A search in a cell and in a terminal, from ``search.json`` and ``trials.json`` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from paddle_lab.i18n import T, Text, current_language
from paddle_lab.text.html import escape
from paddle_lab.text.html_table import QUIET, Code, Unbroken, html_table
from paddle_lab.text.numbers import duration, figure
from paddle_lab.text.tables import aligned
from paddle_lab.text.visible import visible
from paddle_lab.views.search_svg import flag_of, history_svg, importance_svg, parallel_svg
from paddle_lab.views.words import name_of

MOST_ROWS: Final = 60
LEAST_FOR_IMPORTANCE: Final = 5

_STATES: Final[dict[str, Text]] = {
    "running": T("running", "进行中"),
    "finished": T("finished", "已完成"),
    "stopped": T("stopped", "已停止"),
    "failed": T("failed", "失败"),
    "crashed": T("crashed", "已崩溃"),
    "complete": T("whole", "完整"),
    "pruned": T("left early", "提前停止"),
}

Row = Mapping[str, Any]


class SearchView:
    """How a search stands, as text and as a page fragment; ``command`` is that of the best."""

    def __init__(self, plan: Row, content: Row, command: str | None, folder: str) -> None:
        self.plan, self.content, self.command = plan, content, command
        self.folder = folder
        self.rows: Sequence[Row] = content["trials"]
        self.best = content.get("best")
        limits = content.get("limits") or {"trials": plan["trials"]}
        self._all = max(limits["trials"], len(self.rows))

    # -- text ---------------------------------------------------------------------------------

    def text(self) -> str:
        """For a terminal: state, table, importance, command."""
        head = self._headings()
        body = [list(map(str, self._cells(row))) for row in self._shown()]
        table = aligned([head, ["-" * 3 for _ in head], *body]) if body else []
        return "\n".join(
            visible(line, lines=True)
            for line in [self.state_line(), *table, *self._more(), *self._below()]
        )

    def state_line(self) -> str:
        """``reviews-search-1a2b: running, 5 of 12 trials, 3 min 10 s; best: trial 4, ...``."""
        name = f"{self.plan['name']}-search-{self.plan['id']}"
        return str(T("{name}: {stands}", "{name}：{stands}", name=name, stands=self.stands()))

    def stands(self) -> str:
        """State, trials, time and best, without the name."""
        done = sum(row["state"] in ("complete", "pruned", "failed") for row in self.rows)
        line = T(
            "{state}, {done} of {all} trials, {time}",
            "{state}，{done}/{all} 次试验，{time}",
            state=_STATES.get(self.content["state"], self.content["state"]),
            done=done,
            all=self._all,
            time=duration(self.content["seconds"], current_language()),
        )
        best = self._best_row()
        if best is None:
            return str(line)
        return str(
            T("{line}; best: trial {n}, dev {metric} {value}",
              "{line}；最佳：试验 {n}，验证集{metric} {value}",
              line=line, n=best["number"] + 1, metric=name_of("metric", self.plan["metric"]),
              value=figure(self.plan["metric"], best["value"]))
        )  # fmt: skip

    def changes(self) -> list[tuple[int, str]]:
        """A line for each trial as it stands now; in a terminal each is said once."""
        found = []
        for row in self.rows:
            head = T("trial {n} of {all}", "试验 {n}/{all}", n=row["number"] + 1,
                     all=self._all)  # fmt: skip
            params = ", ".join(
                f"{flag_of(name)} {_plain(value)}" for name, value in row["params"].items()
            )
            if row["state"] == "running":
                found.append((row["number"], f"{head}: {params}"))
            else:
                cells = self._cells(row)
                found.append((row["number"], f"{head}: {cells[-4]} ({cells[-2]})"))
        if self.content.get("finishing"):
            found.append((-1, str(T("Making report and bundle of {run} …",
                                    "正在生成 {run} 的报告和模型包……",
                                    run=self.content["finishing"]))))  # fmt: skip
        return [(number, visible(line)) for number, line in found]

    # -- html ---------------------------------------------------------------------------------

    def html(self) -> str:
        """For a cell: the pictures, and the table that says the same."""
        parts = [f"<p><b>{escape(self.state_line())}</b></p>"]
        if any(row["value"] is not None for row in self.rows):
            parts.append(history_svg(self.plan, self.rows, self.best))
            parts.append(parallel_svg(self.plan, self.rows, self.best))
        rows = [self._cells(row) for row in self._shown()]
        if rows:
            label = escape(T("Table of trials", "试验列表"))
            parts.append(
                f"<div tabindex='0' role='region' aria-label='{label}' "
                "style='max-height:360px;margin-bottom:8px;overflow:auto'>"
                f"{html_table(self._headings(), rows)}</div>"
            )
        parts += [f"<p style='{QUIET}'>{escape(line)}</p>" for line in self._more()]
        shares = self.content.get("importance")
        if shares:
            names = {one["name"]: flag_of(one["name"]) for one in self.plan["space"]}
            title = escape(T("What made figures differ:", "造成指标差异的选项："))
            parts.append(f"<p>{title}</p>{importance_svg(shares, names)}")
        parts += [f"<p>{escape(line)}</p>" for line in self._said(pictured=bool(shares))]
        if self.command is not None:
            parts.append(f"<p>{escape(_AGAIN)}<br>{Code(self.command).html()}</p>")
        return f"<div>{''.join(parts)}</div>"

    # -- parts --------------------------------------------------------------------------------

    def _headings(self) -> list[str]:
        names = [flag_of(one["name"]) for one in self.plan["space"]]
        return [
            str(T("trial", "试验")),
            *names,
            str(T("dev {metric}", "验证集{metric}", metric=name_of("metric", self.plan["metric"]))),
            str(T("evaluations", "评估次数")),
            str(T("state", "状态")),
            str(T("run", "运行")),
        ]

    def _cells(self, row: Row) -> list[Any]:
        mark = " ★" if row["number"] == self.best else ""
        params = [row["params"].get(one["name"], "–") for one in self.plan["space"]]
        state = str(_STATES.get(row["state"], row["state"]))
        if row.get("error"):
            state += f": {Text.from_json(row['error']['what'])}"
        elif row.get("reason"):
            state = str(Text.from_json(row["reason"]))
        return [
            f"{row['number'] + 1}{mark}",
            *map(_plain, params),
            figure(self.plan["metric"], row["value"]),
            self._evaluations(row),
            state,
            Unbroken(row["run"] or "–"),
        ]

    def _evaluations(self, row: Row) -> str:
        """How many there were, of how many a whole trial has."""
        made = len(row["evaluations"])
        return str(made) if row["state"] == "complete" else f"{made}/{self.plan['evaluations']}"

    def _shown(self) -> list[Row]:
        """The last trials, and the best where it is not among them."""
        last = list(self.rows[-MOST_ROWS:])
        best = self._best_row()
        return last if best is None or best in last else [best, *last[1:]]

    def _more(self) -> list[str]:
        left = len(self.rows) - MOST_ROWS
        if left <= 0:
            return []
        return [str(T("{n} earlier trials are in {file}.", "另有 {n} 次较早的试验，见 {file}。",
                      n=left, file=f"{self.folder}/trials.json"))]  # fmt: skip

    def _best_row(self) -> Row | None:
        return next((row for row in self.rows if row["number"] == self.best), None)

    def _below(self) -> list[str]:
        lines = self._said(pictured=False)
        return [*lines, f"{_AGAIN}\n{self.command}"] if self.command is not None else lines

    def _said(self, *, pictured: bool) -> list[str]:
        """What is said under the table: importance, report of the best, how to go on."""
        lines: list[Text] = []
        others = self.content.get("workers")
        if others and self.content["state"] == "running":
            lines.append(T("Processes that joined: {n} ({hosts}).",
                           "已加入的进程：{n} 个（{hosts}）。",
                           n=len(others), hosts=", ".join(sorted(set(others)))))  # fmt: skip
        shares = self.content.get("importance")
        if shares and not pictured:
            parts = ", ".join(f"{flag_of(name)} {100 * share:.0f}%" for name, share in
                              sorted(shares.items(), key=lambda one: -one[1]))  # fmt: skip
            lines.append(T("What made figures differ: {parts}", "造成指标差异的选项：{parts}",
                           parts=parts))  # fmt: skip
        elif not shares and self.content["state"] != "running":
            whole = sum(row["state"] == "complete" for row in self.rows)
            lines.append(
                T("Too few whole trials ({n}) to say which option matters; {least} are needed.",
                  "完整的试验太少（{n} 次），无法判断哪个选项重要；至少需要 {least} 次。",
                  n=whole, least=LEAST_FOR_IMPORTANCE)
                if whole < LEAST_FOR_IMPORTANCE
                else T("Which option matters cannot be told: the figures are all level.",
                       "无法判断哪个选项重要：各指标相同。")
            )  # fmt: skip
        if self.content.get("finishing"):
            lines.append(T("Making report and bundle of {run} …", "正在生成 {run} 的报告和模型包……",
                           run=self.content["finishing"]))  # fmt: skip
        if self.content.get("finished"):
            lines.append(T("Report of the best: %ernie_runs show {run}",
                           "最佳试验的报告：%ernie_runs show {run}",
                           run=self.content["finished"]))  # fmt: skip
        if self.content["state"] in ("stopped", "crashed", "failed"):
            lines.append(
                T("Go on: %ernie_search --resume {id}", "继续：%ernie_search --resume {id}",
                  id=self.plan["id"])
            )  # fmt: skip
        return [str(line) for line in lines]


_WHY_LEFT: Final[dict[str, Text]] = {
    "no_more": T("No trials are left to begin.", "没有可开始的试验了。"),
    "search_ended": T("The search has ended.", "搜索已结束。"),
    "stopped": T("It was stopped; its trials go on with the search.",
                 "已停止；它的试验会随搜索继续。"),
    "owner_gone": T("The process that began the search has ended. Report and bundle of the best: "
                    "%ernie_search --resume {name}",
                    "开始该搜索的进程已结束。生成最佳试验的报告和模型包："
                    "%ernie_search --resume {name}"),
}  # fmt: skip


def joined_text(name: str, why: str, rows: Sequence[Row]) -> str:
    """What a process that joined search ``name`` says at its end: its trials, and why it ended."""
    states = [row["state"] for row in rows]
    done = T("Worked on {n} trials of search {name}: {whole} whole, {left} left early, {failed} "
             "failed.",
             "参与了搜索 {name} 的 {n} 次试验：完整 {whole} 次，提前停止 {left} 次，"
             "失败 {failed} 次。",
             n=len(rows), name=name, whole=states.count("complete"),
             left=states.count("pruned"), failed=states.count("failed"))  # fmt: skip
    reason = _WHY_LEFT[why]
    return visible(f"{done} {str(reason).replace('{name}', name)}")


_AGAIN: Final = T("The best again:", "重新运行最佳：")


def _plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
