"""Questions of many kinds that belong to nobody: they travel in a bundle for its proof."""

from __future__ import annotations

from typing import Final

_MEETING: Final = "我们明天上午九点在图书馆门口见面，记得带上身份证和两张照片。"
_PADDLE: Final = "Paddle 3.0 was released in 2025，性能提升了 20%。"
_SPRING: Final = "春天来了，公园里的花都开了，孩子们在草地上奔跑，老人们坐在长椅上聊天。"

NEUTRAL_QUESTIONS: Final = (
    ("什么时候见面？", _MEETING),
    ("在哪里见面？", _MEETING),
    ("需要带什么？", _MEETING),
    ("When was it released?", _PADDLE),
    ("性能提升了多少？", _PADDLE),
    ("谁坐在长椅上？", _SPRING),
    ("孩子们在哪里奔跑？", _SPRING * 3),
    ("谁在聊天？", _SPRING * 40),
    ("今天星期几？", "😀👍🏽 真香！！！"),
    ("金额是多少？", "２０２４年１２月３１日，ＡＢＣ公司"),
    ("问", "答"),
    ("？", "。，、；：？！"),
    ("问题很长，" * 80, _MEETING),
    ("问题很长，" * 80, _SPRING * 20),
    ("有答案吗？", "龘靐齉爩"),
    ("有答案吗？", " \t\n"),
)
