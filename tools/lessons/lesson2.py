"""Lesson 2: wrong labels, tasks of other kinds, and data of one's own."""

from __future__ import annotations

from typing import Final

from lessons import Cell, Code, Prose

CELLS: Final[list[Cell]] = [
    Prose(
        "# Lesson 2: which labels are wrong, other tasks, your own data\n\nThe [welcome](welcome_en.ipynb) comes before "
        "it; it can be run alone all the same. It takes about five minutes on two CPU cores.",
        "# 第 2 课：哪些标签是错的、其他任务、自己的数据\n\n前一课是[欢迎](welcome_zh.ipynb)，但本课也可以单独运行。"
        "在两个 CPU 核心上约需五分钟。",
    ),
    Code(
        "%load_ext paddle_lab\n%ernie_finetune reviews --limit 2000 --name before --no-export -o before"
    ),
    Prose(
        "## 1. Which labels are wrong?\n\nRead the worst mistakes in the report above. Some of them are not the model's: "
        "nobody read these reviews one by one, and a wrong label counts as a mistake of whoever reads the text "
        "right. The cell below takes each fifth of the rows, lets a quick model of the *other* four fifths say what it "
        "would have called them, and lists the labels that it contradicts most (confident learning; Northcutt and "
        "others, 2021). It takes some seconds and trains no large model.\n\n**Read the ten, and judge:** is the label "
        "wrong, is the review mixed, or is the quick model wrong?",
        "## 1. 哪些标签是错的？\n\n请读上面报告中最严重的错误，其中有些并不是模型的错：这些评论没有人逐条检查过，"
        "标签错了，读对文本的一方反而被算作出错。下面的单元格把数据分成五份，每一份由只见过**其余**四份的快速模型来判断，"
        "并列出与判断矛盾最大的标签（置信学习，Northcutt 等，2021）。只需几秒，不训练大模型。\n\n"
        "**请读这十条并判断：** 是标签错了，是评论有褒有贬，还是快速模型错了？",
    ),
    Code("%paddle_data reviews --label-issues --out issues.tsv"),
    Code(
        "# Your verdict: which of the ten, by their place in the list, have a wrong label?\n"
        "wrong = [1, 2, 3, 4, 5, 7, 8, 9]\n\nimport pandas as pd\n\n"
        'issues = pd.read_csv("issues.tsv", sep="\\t", dtype=str)\n'
        'issues.loc[[place - 1 for place in wrong], "confirmed"] = "yes"\n'
        'issues.to_csv("issues.tsv", sep="\\t", index=False)\n'
        'issues.head(10)[["label", "suggested", "score", "confirmed", "text"]]',
        "# 您的判断：这十条中，第几条的标签是错的？\n"
        "wrong = [1, 2, 3, 4, 5, 7, 8, 9]\n\nimport pandas as pd\n\n"
        'issues = pd.read_csv("issues.tsv", sep="\\t", dtype=str)\n'
        'issues.loc[[place - 1 for place in wrong], "confirmed"] = "yes"\n'
        'issues.to_csv("issues.tsv", sep="\\t", index=False)\n'
        'issues.head(10)[["label", "suggested", "score", "confirmed", "text"]]',
    ),
    Prose(
        "Now train without the rows that you confirmed, and set both runs side by side.\n\n**What to expect:** nothing "
        "that can be measured. A handful of rows among thousands moves the accuracy by less than its interval of about "
        "two points, up or down. Compare says that the training rows differ; the test rows are the same. What has "
        "changed is what you know: the test part has wrong labels as well (see *Labels that the data contradict* in "
        "the report), so no model can reach 100% here, and a difference of one point between two models means little.",
        "现在去掉您确认的那些行再训练一次，并把两次运行放在一起比较。\n\n**预期结果：** 没有可测量的变化。几千行里的几行对准确率的影响"
        "小于约两个百分点的区间，可能升也可能降。比较时会提示训练数据不同；测试数据是相同的。真正改变的是您的认识：测试部分同样有错误标签"
        "（见报告中的“与数据矛盾的标签”），因此任何模型在这里都达不到 100%，两个模型之间一个百分点的差别意义不大。",
    ),
    Code(
        "%ernie_finetune reviews --limit 2000 --name after --drop-issues issues.tsv --no-export\n"
        "%ernie_runs compare before after"
    ),
    Prose(
        "## 2. Other tasks\n\nReviews have one label each. Names in a sentence (`tag`), several labels, scores, pairs of "
        "texts and answers to questions are learnt with the same commands; the task is told by the rows. More samples "
        "come with Paddle Lab. The cells below show the data and the plan: take `--dry-run` away to train, which takes "
        "a few minutes each on two cores.\n\n**Look at:** what is counted in each, and that contexts longer than the model "
        "reads become several windows. 200 questions are too few to learn to answer; see what the report says of that.",
        "## 2. 其他任务\n\n每条评论只有一个标签。句子中的名称（`tag`）、多个标签、分数、文本对和问题的答案用同样的命令学习，"
        "任务由数据内容决定。Paddle Lab 还附带其他示例。下面的单元格只显示数据和计划：去掉 `--dry-run` 即可训练，"
        "在两个核心上各需几分钟。\n\n**请观察：** 各自统计的内容，以及超过模型长度的上下文如何成为多个窗口。"
        "200 个问题不足以学会回答；请看报告对此怎么说。",
    ),
    Code("%ernie_finetune people --dry-run"),
    Code("%ernie_finetune cmrc --dry-run"),
    Prose(
        "## 3. Your own data\n\nA file with a text and a label on each line is enough; here is one of six lines. Put your "
        "own in its place: CSV, TSV, JSON lines, Excel, a folder for each class, or a DataFrame by its name. Columns are "
        "found by what they hold, and `%paddle_data` says what was found, and what is odd.",
        "## 3. 自己的数据\n\n每行一条文本和一个标签的文件就够了；这里是一个六行的例子，请换成您自己的文件：CSV、TSV、JSON lines、"
        "Excel、每个类别一个目录，或 DataFrame 变量名。列由内容识别，`%paddle_data` 会说明识别到了什么，以及有什么异常。",
    ),
    Code(
        "from pathlib import Path\n\n"
        'Path("mine.tsv").write_text(\n'
        '    "质量很好\\t好评\\n太差了\\t差评\\n非常满意\\t好评\\n再也不买了\\t差评\\n物流很快\\t好评\\n客服态度差\\t差评\\n",\n'
        '    encoding="utf-8",\n'
        ")\n"
        "%paddle_data mine.tsv"
    ),
    Prose(
        "With some hundred lines: `%ernie_finetune mine.tsv`. Your runs, also those of other notebooks, stand in "
        "`%ernie_runs`, in the sidebar, and on the page **Training runs** of the launcher.\n\n**[Lesson 3](lesson3_en.ipynb)** makes "
        "a model smaller and faster, and puts it behind HTTP.",
        "有几百行之后：`%ernie_finetune mine.tsv`。所有运行（包括其他笔记本中的）见 `%ernie_runs`、侧边栏，"
        "以及启动页中的**训练运行**。\n\n**[第 3 课](lesson3_zh.ipynb)** 让模型更小、更快，并通过 HTTP 提供服务。",
    ),
    Code("%ernie_runs"),
]
