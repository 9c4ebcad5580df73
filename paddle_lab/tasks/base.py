"""What most tasks share: a task derives from :class:`TaskBase` and says what is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from paddle_lab.i18n import Text

if TYPE_CHECKING:
    from paddle_lab.data import Dataset
    from paddle_lab.data.records import Records
    from paddle_lab.errors import DataError
    from paddle_lab.tasks.api import Baseline, Evaluation, Untrained
    from paddle_lab.tasks.blocks import Mark
    from paddle_lab.tasks.codec import Codec, IntArray, Windows
    from paddle_lab.tasks.trial import TrialBase


#: As in `compare_seconds`, on one core: importing scikit-learn, a character of the rows.
_IMPORTS_S: Final = 0.1
_CHARACTER_S: Final = 2e-6


class TaskBase:
    """Defaults of the members of :class:`~paddle_lab.tasks.api.Task`; see there."""

    name: str
    forms: tuple[str, ...] = ("table",)
    long_text: str = "truncate"
    options: type | None = None
    answer_columns: Sequence[str] = ("prediction",)
    trial: TrialBase | None = None
    classes: Text | None = None
    soft_target: str | None = None
    problem_type: str | None = None
    decode_token_s: float = 0.0

    def other_form(self, records: Records, name: str) -> DataError:
        """The error for records of another form, with the tasks that take it."""
        from paddle_lab.tasks.recognition import other_form

        return other_form(records, name, self.name)

    def target_text(self, given: Mapping[str, Any], target: Any) -> str:
        """The label, or all of them."""
        return ", ".join(map(str, target)) if isinstance(target, (list, tuple)) else str(target)

    def unusable(self, train: Dataset, part: Dataset) -> list[int]:
        """None: every row that can be read can be used."""
        return []

    def notices(self, parts: Mapping[str, Dataset], keys: Mapping[str, list[str]]) -> list[Text]:
        """None beside what holds for all tasks."""
        return []

    def advised(self, model: str) -> Mapping[str, Any]:
        """What the model's own card advises."""
        return {}

    def trained(self, windows: Windows, targets: Mapping[str, Any], own: Any) -> IntArray | None:
        """All windows."""
        return None

    def most_windows(self, own: Any) -> float | None:
        """All windows."""
        return None

    def learn(self, codec: Codec, model: Any, evaluation: Evaluation) -> Codec:
        """The codec as it is: all is in the program."""
        return codec

    def features(self, data: Dataset) -> Any:
        """None: its target is not one label."""
        return None

    def alternatives(
        self, train: Dataset, evaluation: Dataset, codec: Codec, untrained: Untrained
    ) -> Sequence[Baseline]:
        """None."""
        return ()

    def compare_seconds(self, train: Dataset, evaluation: Dataset) -> float:
        """That of a simple model which is fitted on TF-IDF."""
        return _IMPORTS_S + _CHARACTER_S * (characters(train) + characters(evaluation))

    def asked_untrained(self, train: Dataset, evaluation: Dataset) -> int:
        """None."""
        return 0

    def answer_from(self, content: Mapping[str, Any]) -> Any:
        """Its fields by name, those of the pieces that it lists, too."""
        fields = {
            name: [SimpleNamespace(**one) if isinstance(one, dict) else one for one in value]
            if isinstance(value, list)
            else value
            for name, value in content.items()
        }
        return SimpleNamespace(**fields)

    def beside(self, answer: Any) -> dict[str, Any]:
        """All that the answer says."""
        states = ("truncated", "windows", "empty")
        return {"prediction": {key: value for key, value in answer.to_json().items()
                               if key not in states}}  # fmt: skip

    def is_right(self, answer: Any, cell: Any) -> bool | None:
        """Not told by one cell."""
        return None

    def marks(self, answer: Any) -> Mapping[str, Sequence[Mark]]:
        """No spans."""
        return {}


def characters(rows: Dataset) -> int:
    """Of all that the rows give."""
    return sum(len(str(value)) for values in rows.given.values() for value in values)
