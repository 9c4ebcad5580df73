"""Lesson 3: from a trained model to a service, smaller, faster, and measured."""

from __future__ import annotations

from typing import Final

from lessons import Cell, Code, Prose

CELLS: Final[list[Cell]] = [
    Prose(
        "# Lesson 3: from the model to a service\n\n[Lesson 2](lesson2_en.ipynb) comes before it; it can be run alone all "
        "the same.It takes about six minutes on two CPU cores.",
        "# 第 3 课：从模型到服务\n\n前一课是[第 2 课](lesson2_zh.ipynb)，但本课也可以单独运行。在两个 CPU 核心上约需六分钟。",
    ),
    Code("%load_ext paddle_lab\n%ernie_finetune reviews --limit 2000 --name shop"),
    Prose(
        "## 1. Faster and smaller, at what price?\n\nThe run ended with a bundle: a program of Paddle, proven against the "
        "trained model. The cell below makes it anew for ONNX Runtime, in float32 and with weights of 8 bits, and asks each "
        "all evaluation rows. One that loses more than half a point is not kept, and the fastest that passes is the one that "
        "predictions take from now on.\n\n**Look at:** same answers and accuracy before the milliseconds. 8 bits change "
        "some answers; whether these few rows matter is yours to say.",
        "## 1. 更快更小，代价是什么？\n\n运行结束时得到一个模型包：与训练好的模型核对过的 Paddle 程序。下面的单元格为 ONNX Runtime 重新制作它"
        "（float32 和 8 位权重），并用全部评估数据逐一检验。下降超过半个百分点的不保留；通过的里面最快的，就是此后预测所用的。\n\n"
        "**请观察：** 先看答案是否相同和准确率，再看毫秒数。8 位会改变少数答案；这几行是否要紧，由您判断。",
    ),
    Code("%ernie_export shop --runtime auto"),
    Prose(
        "For a small machine there is a bundle of its own: only the words that the training rows use, 8-bit weights, and no "
        "Paddle at all. The table says what each step alone costs and gains, and how many tokens of the evaluation rows "
        "are unknown now. **Think:** what happens to a word that nobody wrote in these 2,000 reviews?",
        "对于小型机器，还有单独的小模型包：只保留训练数据用到的词，权重为 8 位，完全不含 Paddle。表中列出每一步单独的代价和收益，"
        "以及评估数据中现在有多少词元未知。**思考：** 这 2,000 条评论中没有人写过的词会怎样？",
    ),
    Code("%ernie_export shop --small --max-drop 1"),
    Prose(
        "## 2. A service\n\nOne line starts it beside this notebook, in processes of its own, on a free port. It ends with "
        "the kernel.",
        "## 2. 服务\n\n一行命令即可在本笔记本旁启动服务：使用自己的进程和空闲端口，随内核结束而结束。",
    ),
    Code("%ernie_serve shop -o service"),
    Code(
        "import json\nimport urllib.request\n\n\n"
        "def ask(*texts):\n"
        '    body = json.dumps({"texts": texts}).encode()\n'
        '    with urllib.request.urlopen(f"{service.url}/predict", data=body) as answer:\n'
        '        return json.load(answer)["answers"]\n\n\n'
        '[(one["label"], round(one["probability"], 3)) for one in ask("质量很好，推荐！", "太差了，退货")]'
    ),
    Prose(
        "## 3. Many at once\n\nEight clients ask at the same time, one text a request. Those that wait are answered "
        "together, texts of like length in one batch.\n\n**Look at** the slowest of a hundred, not at the mean: that is what "
        "your users will remember. The clients run on the same cores here, so the figures are those of this machine "
        "doing both.",
        "## 3. 同时有许多请求\n\n八个客户端同时提问，每个请求一条文本。等待中的请求会一起回答，长度相近的文本组成一批。\n\n"
        "**请看**一百个请求中最慢的那个，而不是平均值：用户记住的是它。这里客户端与服务共用同样的核心，因此数字反映的是本机同时做两件事的速度。",
    ),
    Code(
        "import time\nfrom concurrent.futures import ThreadPoolExecutor\n\n"
        "from paddle_lab.data import prepare\nfrom paddle_lab.tasks import get_task\n\n"
        'texts = prepare(get_task("classify"), "reviews", limit=100).test.texts[:400]\n\n\n'
        "def timed(text):\n"
        "    begun = time.perf_counter()\n"
        "    ask(text)\n"
        "    return 1000 * (time.perf_counter() - begun)\n\n\n"
        "def measure(clients):\n"
        "    begun = time.perf_counter()\n"
        "    with ThreadPoolExecutor(clients) as pool:\n"
        "        took = sorted(pool.map(timed, texts))\n"
        "    seconds = time.perf_counter() - begun\n"
        "    middle, slow = took[len(took) // 2], took[int(0.99 * len(took))]\n"
        '    print(f"{clients}: {len(took) / seconds:.0f}/s, {middle:.0f} ms, {slow:.0f} ms")\n\n\n'
        "for clients in (1, 8):\n"
        "    measure(clients)"
    ),
    Prose(
        "Each line: clients, texts a second, the median, and the 99th of a hundred. The service counts for itself as well, "
        "in the form that Prometheus reads, among it how many texts each batch had.",
        "每行依次为：客户端数、每秒文本数、中位数、百分之九十九分位。服务自身也会统计，以 Prometheus 的格式给出，其中包括每批的文本数。",
    ),
    Code(
        'with urllib.request.urlopen(f"{service.url}/metrics") as answer:\n'
        "    lines = answer.read().decode().splitlines()\n"
        'print("\\n".join(line for line in lines if line.startswith("paddle_lab_batch_rows")))'
    ),
    Prose(
        "## 4. Somewhere else\n\nA kit is a folder with the bundle and the files that build its image and start it: here in "
        "a temporary place, for Docker Compose, for Kubernetes with `%ernie_kit k8s`. What to type next stands below it.",
        "## 4. 部署到别处\n\n部署方案是一个目录，包含模型包以及构建镜像和启动服务的文件：这里写到临时位置，使用 Docker Compose；Kubernetes 用 `%ernie_kit k8s`。"
        "接下来要输入的命令列在下面。",
    ),
    Code(
        "import tempfile\nfrom pathlib import Path\n\n"
        'place = Path(tempfile.mkdtemp(), "shop-compose")\n'
        "%ernie_kit compose shop --out {place}"
    ),
    Code("%ernie_serve --stop"),
    Prose(
        "**Take home:** measure the answers before the speed, the slowest before the mean, and on the machine that will do "
        "the work. What each path of the service answers, its limits, and how it is secured stands in "
        "`docs/serving.md`.",
        "**结论：** 先测答案再测速度，先看最慢的再看平均，并且要在真正工作的机器上测量。服务的各个路径、限制和安全措施见 `docs/serving.zh.md`。",
    ),
]
