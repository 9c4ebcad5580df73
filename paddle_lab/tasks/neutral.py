"""Texts of many kinds that belong to nobody."""

from __future__ import annotations

from typing import Final

# They travel in a bundle with the trained model's outputs, so that it can be checked again on
# another machine without carrying a row of anyone's data.
NEUTRAL_TEXTS: Final = (
    "今天天气很好。",
    "这家店的服务态度非常差，再也不会来了！",
    "质量不错，物流也快，推荐购买。",
    "一般般吧，没有想象中那么好，但也不算太差，价格倒是便宜。",
    "我们明天上午九点在图书馆门口见面，记得带上身份证和两张照片。",
    "Paddle 3.0 was released in 2025，性能提升了 20%。",
    "hello world",
    "😀👍🏽 真香！！！",
    "２０２４年１２月３１日，ＡＢＣ公司",
    "龘靐齉爩",
    "。，、；：？！",
    " \t\n",
    "",
    "好",
    "春天来了，公园里的花都开了，孩子们在草地上奔跑，老人们坐在长椅上聊天。" * 6,
    "这句话会重复很多次，直到超过模型一次能读的长度。" * 60,
)
