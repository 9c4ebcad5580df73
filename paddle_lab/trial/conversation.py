"""One box's conversation: what a page asks about one run, and the messages that answer it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from paddle_lab.bundle import Manifest, Predictor, load_manifest
from paddle_lab.bundle.exchange import in_place
from paddle_lab.bundle.explain import explain
from paddle_lab.bundle.kept import kept_bundle
from paddle_lab.bundle.locate import find_bundle
from paddle_lab.bundle.predictor import codec_of
from paddle_lab.data.corrections import keep_correction
from paddle_lab.errors import PaddleLabError, RunError, UsageError
from paddle_lab.i18n import T, Text
from paddle_lab.runs import Registry, RunFolder
from paddle_lab.runs.reproduce import commands
from paddle_lab.tasks import Task, get_task
from paddle_lab.tasks.codec import Codec, Rows
from paddle_lab.tasks.encoding import as_texts
from paddle_lab.tasks.files import row_of
from paddle_lab.tasks.trial import Control, TrialBase

Reply = dict[str, Any]

_LONGEST_TEXT: Final = 200_000


class Conversation:
    """About the run ``run_id``; corrections go into ``beside``.

    ``ready`` is called before a bundle is first loaded, to import Paddle where it must be imported.
    """

    def __init__(self, run_id: str, beside: Path, ready: Callable[[], None]) -> None:
        self._run_id = run_id
        self._beside = beside
        self._ready = ready
        self._folder: RunFolder | None = None
        self._codec: Codec | None = None
        self._task: Task | None = None

    def answer(self, request: Any) -> Iterator[Reply]:
        """The replies to a request, which may be anything. Never raises PaddleLabError."""
        number = request.get("id") if isinstance(request, dict) else None
        try:
            yield from self._answered(request)
        except PaddleLabError as error:
            yield refused(error, number if isinstance(number, int) else None)

    def _answered(self, request: Any) -> Iterator[Reply]:
        match request:
            case {"op": "hello"}:
                yield self._introduction()
            case {"op": "ask", "id": int(number), "given": dict(given)}:
                yield from self._ask(number, given)
            case {"op": "row", "id": int(number), "row": int(row)}:
                yield self._row(number, row)
            case {"op": "keep", "id": int(number), "given": dict(given), "value": value}:
                yield self._keep(number, given, value)
            case _:
                raise UsageError(
                    T("The page asked for something unknown.", "页面发来了未知的请求。"),
                    fix=T("Reload the page.", "请重新加载页面。"),
                    code="usage.trial_request",
                )

    def _introduction(self) -> Reply:
        trial, codec = self._trial(), self._known_codec()
        control = trial.control(codec)
        titles = {role.name: role.title for role in self._known_task().roles}
        roles = [
            {"name": role, "title": titles.get(role, Text(role, role)).to_json()}
            for role in codec.neutral_rows()
        ]
        return {"type": "ready", "roles": roles, "control": _control(control)}

    def _ask(self, number: int, given: dict[Any, Any]) -> Iterator[Reply]:
        trial, predictor = self._trial(), self._predictor()
        row = self._texts(given)
        rows: Rows = {role: [text] for role, text in row.items()}
        answer = predictor.answers(rows)[0]
        shown = trial.shown(answer)
        yield {
            "type": "answer",
            "id": number,
            "said": shown.said.to_json(),
            "right": shown.right,
            "bars": [asdict(bar) for bar in shown.bars],
            "marks": [
                {"role": role, "start": mark.start, "end": mark.end, "label": mark.label}
                for role, marks in shown.marks.items()
                for mark in marks
            ],
            "notes": [note.to_json() for note in _notes(answer, predictor)],
            "more": not answer.empty,
        }
        if not answer.empty:
            found = explain(predictor, row, answer)
            pieces = [asdict(piece) for piece in found.pieces]
            yield {"type": "explained", "id": number, "method": found.method.to_json(),
                   "pieces": pieces}  # fmt: skip

    def _row(self, number: int, row: int) -> Reply:
        found = row_of(self._run(), row)
        if found is None or set(found[0]) != set(self._known_codec().neutral_rows()):
            raise RunError(
                T("The run does not hold the whole of this row.",
                  "运行中没有保存这一行的完整内容。"),
                T("It is very long, or the run is of an earlier version.",
                  "它非常长，或运行来自较早的版本。"),
                T("Correct the label in the data file.", "请在数据文件中更正标签。"),
                code="run.no_row",
            )  # fmt: skip
        given, target = found
        try:
            right = self._trial().value_of(target)
        except (KeyError, TypeError, IndexError):
            right = None
        return {"type": "row", "id": number, "given": given, "right": right}

    def _keep(self, number: int, given: dict[Any, Any], value: Any) -> Reply:
        trial, task = self._trial(), self._known_task()
        row = trial.row(value, self._texts(given), trial.control(self._known_codec()))
        path = keep_correction(self._beside, row, task.name)
        shown = os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
        spec = self._run().spec()
        known = shown in spec.add or str(path.absolute()) in spec.add
        again = spec if known else replace(spec, add=(*spec.add, shown))
        return {"type": "kept", "id": number, "path": shown, "again": commands(again)["magic"]}

    def _texts(self, given: dict[Any, Any]) -> dict[str, str]:
        """The row by role, as every text is taken; blank ones are refused where nothing is said."""
        roles = list(self._known_codec().neutral_rows())
        if set(given) != set(roles) or not all(isinstance(text, str) for text in given.values()):
            raise UsageError(
                T("The page asked about other texts than this task reads.",
                  "页面发来的文本与该任务不符。"),
                fix=T("Reload the page.", "请重新加载页面。"),
                code="usage.trial_request",
            )  # fmt: skip
        if max(map(len, given.values())) > _LONGEST_TEXT:
            raise UsageError(
                T("The text is longer than {n} characters.", "文本超过 {n} 个字符。",
                  n=_LONGEST_TEXT),
                fix=T("Ask in a cell: %ernie_predict {id} --file FILE",
                      "请在单元格中使用：%ernie_predict {id} --file 文件", id=self._run_id),
                code="usage.trial_text",
            )  # fmt: skip
        return {role: as_texts(given[role])[0] for role in roles}

    # -- what is found once ---------------------------------------------------------------------

    def _run(self) -> RunFolder:
        if self._folder is None:
            ref = Registry().get(self._run_id)
            if ref is None:
                raise RunError(
                    T("This kernel knows no run {id}.", "此内核不知道运行 {id}。",
                      id=self._run_id[:64]),
                    T("It was removed, or made by another user or on another machine.",
                      "它已被删除，或由其他用户、在其他机器上创建。"),
                    T("Ask its bundle by its folder: %ernie_predict FOLDER",
                      "请用目录指定模型包：%ernie_predict 目录"),
                    code="run.not_found",
                )  # fmt: skip
            self._folder = ref.folder
        return self._folder

    def _bundle(self) -> Path:
        return find_bundle(self._run().path)

    def _known_codec(self) -> Codec:
        """The bundle's codec, without the program: labels are known before Paddle is."""
        if self._codec is None:
            bundle = self._bundle()

            def read() -> tuple[Manifest, Codec]:
                manifest = load_manifest(bundle, check_hashes=False)
                return manifest, codec_of(bundle, manifest)

            manifest, self._codec = in_place(bundle, read)
            self._task = get_task(manifest.task)
        return self._codec

    def _known_task(self) -> Task:
        self._known_codec()
        assert self._task is not None
        return self._task

    def _trial(self) -> TrialBase:
        trial = self._known_task().trial
        if trial is None:
            raise UsageError(
                T("The task {task} cannot be tried in the card.", "任务 {task} 不能在卡片中试用。",
                  task=self._known_task().name),
                fix=T("In a cell: %ernie_predict {id} TEXT", "在单元格中：%ernie_predict {id} 文本",
                      id=self._run_id),
                code="usage.trial_task",
            )  # fmt: skip
        return trial

    def _predictor(self) -> Predictor:
        bundle = self._bundle()
        self._ready()
        return kept_bundle(bundle)


def refused(error: PaddleLabError, number: int | None) -> Reply:
    """The reply that something cannot be done."""
    content = error.to_json()
    kept = {name: content.get(name) for name in ("code", "what", "why", "fix")}
    return {"type": "refused", "id": number, "error": kept}


def _control(control: Control) -> dict[str, Any]:
    return {"kind": control.kind, "choices": list(control.choices), "of": control.of}


def _notes(answer: Any, predictor: Predictor) -> Iterator[Text]:
    if answer.truncated:
        yield T("Longer than {most} tokens: only the beginning was read.",
                "超过 {most} 个词元：只读取了开头。", most=predictor.max_len)  # fmt: skip
    if answer.empty:
        yield T("There is nothing in it that the model reads: the answer means nothing.",
                "其中没有模型能读取的内容：结果没有意义。")  # fmt: skip
