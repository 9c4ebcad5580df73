"""Ordinary errors of a person's own code, as cells: none is the environment's fault.

Each cell fails by itself after :data:`BEFORE`, in a folder with the files of :data:`FILES`.
"""

from __future__ import annotations

from pathlib import Path

FILES = {
    "utils.py": "def read_all(path):\n    return open(path, encoding='utf-8').read()\n",
    "model.py": "class Net:\n    def __init__(self, size):\n        self.size = size\n",
    "broken.py": "def f(:\n    pass\n",
    "circle_a.py": "from circle_b import b\na = 1\n",
    "circle_b.py": "from circle_a import a\nb = 1\n",
    "config.json": "{'name': 1}",
    "empty.json": "",
    "data.csv": "text,label\ngood,1\nbad,0\n",
}
GBK_FILE = ("gbk.csv", "文本,标签\n很好,1\n".encode("gbk"))

BEFORE = """\
import asyncio, json, os, re
import numpy as np
import pandas as pd
"""
#: Only for what needs it: importing these takes seconds.
BEFORE_PADDLE = "import paddle\nimport paddle.nn as nn\n"
BEFORE_NLP = "import paddlenlp\n"

PLAIN = {
    "key of a dict": "{'a': 1}['b']",
    "index of a list": "[1, 2][5]",
    "own function's argument": "def f(a): pass\nf(b=1)",
    "own function's missing argument": "def f(a, b): pass\nf(1)",
    "name": "print(undefined_name)",
    "name of a module not imported": "torch.tensor([1])",
    "attribute of None": "re.match('a', 'b').group(0)",
    "attribute of a str": "'abc'.appendd('x')",
    "int of a word": "int('three')",
    "division": "1 / 0",
    "str and int": "'a' + 1",
    "unpacking": "a, b = [1, 2, 3]",
    "assertion": "assert len([]) == 3, 'no rows'",
    "recursion": "def f(n): return f(n + 1)\nf(0)",
    "syntax": "for i in range(3)\n    print(i)",
    "indentation": "def f():\nreturn 1",
    "syntax of an own module": "import broken",
    "circle of own modules": "import circle_a",
    "name of an own module": "from utils import load_data",
    "attribute of an own module": "import model\nmodel.Network()",
    "argument of an own class": "from model import Net\nNet(sise=3)",
    "own module missing": "import my_dataset_tools",
    "own package missing": "from project.data import load",
    "misspelt library": "import nunpy as np2",
    "misspelt name of a library": "from collections import OrderDicts",
    "misspelt attribute of the library": "json.load_string('{}')",
    "empty json": "json.loads('')",
    "json with single quotes": "json.load(open('config.json'))",
    "empty json file": "json.load(open('empty.json'))",
    "object that is no json": "json.dumps({1, 2})",
    "file not there": "open('train.tsv')",
    "folder as a file": "open('.')",
    "no permission": "os.mkdir('/proc/mine')",
    "encoding of an own file": "open('gbk.csv', encoding='utf-8').read()",
    "own exception": "class Stop(Exception): pass\nraise Stop('no more data')",
    "raised own ImportError": "raise ImportError('please install my thing')",
    "raised by words that rules know": "raise RuntimeError('CUDA error(700), out of memory')",
    "await outside": "async def f(): return 1\nasyncio.run(f())",
    "async exception": "async def f(): return {}['x']\nawait f()",
    "coroutine used as a value": "async def f(): return 1\nlen(f())",
    "time out": "await asyncio.wait_for(asyncio.sleep(1), 0.01)",
    "regular expression": "re.compile('(a')",
    "generator": "next(x for x in [])",
    "float of a str": "float('1,5')",
    "bytes": "b'\\xff\\xfe'.decode()",
    "chained": "try:\n    {}['a']\nexcept KeyError as e:\n    raise ValueError('bad row') from e",
    "subprocess": "import subprocess\nsubprocess.run(['false'], check=True)",
    "own thread pool": "from concurrent.futures import ThreadPoolExecutor as P\n"
    "list(P(1).map(lambda x: 1 / x, [0]))",
}
TABLES = {
    "numpy index": "np.zeros(3)[5]",
    "numpy shape": "np.zeros((2, 3)) + np.zeros((2, 4))",
    "numpy matmul": "np.zeros((2, 3)) @ np.zeros((2, 3))",
    "numpy reshape": "np.arange(5).reshape(2, 3)",
    "numpy ragged": "np.array([[1, 2], [3]], dtype='float32')",
    "numpy dtype": "np.zeros(3, dtype='float33')",
    "numpy attribute misspelt": "np.zeroes(3)",
    "numpy removed alias": "np.float(3)",
    "numpy argument misspelt": "np.zeros(3, dtyp='int')",
    "numpy load": "np.load('data.csv')",
    "pandas column": "pd.read_csv('data.csv')['txt']",
    "pandas file": "pd.read_csv('nothing.csv')",
    "pandas encoding": "pd.read_csv('gbk.csv')",
    "pandas argument misspelt": "pd.read_csv('data.csv', seperator=';')",
    "pandas merge": "pd.DataFrame({'a': [1]}).merge(pd.DataFrame({'b': [1]}), on='a')",
    "pandas lengths": "pd.DataFrame({'a': [1, 2], 'b': [1]})",
    "pandas attribute": "pd.DataFrame({'a': [1]}).appendd({'a': 2})",
    "pandas removed method": "pd.DataFrame({'a': [1]}).append({'a': 2})",
    "pandas own callback": "pd.Series([1, 0]).apply(lambda x: {}[x])",
    "pandas astype": "pd.Series(['a']).astype(int)",
    "pandas loc": "pd.DataFrame({'a': [1]}).loc[5]",
    "pandas query": "pd.DataFrame({'a': [1]}).query('b > 1')",
    "pandas excel": "pd.read_excel('data.csv')",
}
SCIENCE = {
    "sklearn shapes": "from sklearn.linear_model import LogisticRegression as L\n"
    "L().fit([[1], [2]], [0])",
    "sklearn not fitted": "from sklearn.linear_model import LogisticRegression as L\n"
    "L().predict([[1]])",
    "sklearn words": "from sklearn.linear_model import LogisticRegression as L\n"
    "L().fit([['a'], ['b']], [0, 1])",
    "sklearn argument": "from sklearn.model_selection import train_test_split\n"
    "train_test_split([1, 2], test_sise=0.5)",
    "sklearn one class": "from sklearn.linear_model import LogisticRegression as L\n"
    "L().fit([[1], [2]], [0, 0])",
    "sklearn misspelt import": "from sklearn.linear_model import LogisticRegresion",
    "matplotlib argument": "import matplotlib\nmatplotlib.use('agg')\n"
    "import matplotlib.pyplot as plt\nplt.plot([1, 2], colour='red')",
    "matplotlib lengths": "import matplotlib.pyplot as plt\nplt.plot([1, 2], [1])",
    "pandas plot argument": "pd.Series([1, 2]).plot(colour='red')",
    "requests url": "import requests\nrequests.get('example')",
    "requests refused": "import requests\nrequests.get('http://127.0.0.1:9/x', timeout=2)",
    "requests json": "import requests\nr = requests.Response()\nr._content = b''\nr.json()",
    "yaml": "import yaml\nyaml.safe_load('a: b: c')",
    "pillow": "from PIL import Image\nImage.open('data.csv')",
}
PADDLE = {
    "paddle shapes": "paddle.matmul(paddle.ones([2, 3]), paddle.ones([2, 3]))",
    "paddle add": "paddle.ones([2, 3]) + paddle.ones([2, 4])",
    "paddle dtype": "paddle.ones([2]).astype('float33')",
    "paddle linear": "nn.Linear(4, 2)(paddle.ones([3, 5]))",
    "paddle labels": "nn.CrossEntropyLoss()(paddle.ones([2, 3]), paddle.to_tensor([0, 7]))",
    "paddle embedding": "nn.Embedding(4, 2)(paddle.to_tensor([9]))",
    "paddle argument": "nn.Linear(4, 2, biass=False)",
    "paddle attribute": "paddle.zeroes([2])",
    "paddle own layer": "class N(nn.Layer):\n    def forward(self, x): return self.fc(x)\n"
    "N()(paddle.ones([1]))",
    "paddle own dataset": "class D(paddle.io.Dataset):\n"
    "    def __len__(self): return 2\n    def __getitem__(self, i): return {}['text']\n"
    "D()[0]",
    "paddle collate": "from paddle.io.dataloader.collate import default_collate_fn\n"
    "default_collate_fn([np.zeros(1), np.zeros(2)])",
    "paddle load": "paddle.load('nothing.pdparams')",
    "paddle load no model": "paddle.load('data.csv')",
    "paddle backward twice": "x = paddle.ones([1]); x.stop_gradient = False\n"
    "y = x * x; y.backward(); y.backward()",
    "paddle reshape": "paddle.ones([5]).reshape([2, 3])",
    "paddle concat": "paddle.concat([paddle.ones([2, 3]), paddle.ones([3, 2])])",
    "paddle to_tensor": "paddle.to_tensor([[1, 2], [3]])",
    "paddle state dict": "nn.Linear(2, 2).set_state_dict(5)",
    "paddle device": "paddle.device.set_device('gpux')",
}
NLP = {
    "paddlenlp no such class": "from paddlenlp.transformers import ErnieTokeniser",
    "paddlenlp model name": "from paddlenlp.transformers import ErnieTokenizer\n"
    "ErnieTokenizer.from_pretrained('./no_such_model_folder')",
    "paddlenlp task name": "from paddlenlp import Taskflow\nTaskflow('sentiment')",
    "paddlenlp argument": "from paddlenlp.data import Pad\nPad(pad_value=0)",
    "paddlenlp own function": "from paddlenlp.datasets import load_dataset\n"
    "def rows(path):\n    yield {}['x']\n"
    "load_dataset(rows, path='data.csv', lazy=False)",
    "paddlenlp ragged rows": "from paddlenlp.data import Stack\nStack()([[1], [1, 2]])",
}


def write_files(folder: Path) -> None:
    """The files that the cells speak of."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / GBK_FILE[0]).write_bytes(GBK_FILE[1])
