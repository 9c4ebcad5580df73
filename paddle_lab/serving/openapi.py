"""The description of the service: OpenAPI for programs, a page for people. Both know the models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from paddle_lab._version import __version__
from paddle_lab.i18n import T, Text
from paddle_lab.serving.models import Model, Models
from paddle_lab.serving.requests import Bounds
from paddle_lab.text.html import escape

_EXAMPLES: Final = {
    "text": "质量很好，推荐！",
    "text2": "很好用，值得买",
    "question": "什么时候见面？",
    "context": "我们明天上午九点在图书馆门口见面。",
}
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "pre{background:#f4f4f4;color:#222;padding:.7rem;overflow:auto}td,th{text-align:left;"
    "padding:.2rem 1rem .2rem 0;vertical-align:top}"
)
_ROUTES: Final = (
    ("post", "/predict", T("rows in, answers out", "输入文本，返回结果")),
    ("get", "/models", T("what is served", "可用的模型")),
    (
        "get",
        "/v2/models/{name}",
        T("Open Inference Protocol: inputs and outputs", "开放推理协议：输入与输出"),
    ),
    (
        "post",
        "/v2/models/{name}/infer",
        T("Open Inference Protocol: tensors in, tensors out", "开放推理协议：张量输入，张量输出"),
    ),
    ("get", "/health/live", T("the process answers", "进程存活")),
    ("get", "/health/ready", T("every model takes requests", "所有模型均可接受请求")),
    ("get", "/metrics", T("figures for Prometheus", "Prometheus 指标")),
    ("get", "/openapi.json", T("this page for programs", "供程序读取的接口描述")),
)
_TEXT: Final = {"type": "string"}


def example_row(roles: Iterable[str]) -> dict[str, str]:
    """A row that a model of these roles reads."""
    return {role: _EXAMPLES.get(role, _EXAMPLES["text"]) for role in roles}


def example_of(model: Model) -> dict[str, Any]:
    """A body for ``POST /predict`` that this model answers."""
    about = model.described()
    return {"model": about["name"], **example_row(about.get("reads", ["text"]))}


def described(models: Models, bounds: Bounds) -> dict[str, Any]:
    """The service as OpenAPI 3.1."""
    paths: dict[str, Any] = {}
    named = {"parameters": [{"name": "name", "in": "path", "required": True, "schema": _TEXT}]}
    for method, path, does in _ROUTES:
        about = {"summary": does.en, "responses": {"200": {"description": "OK"}}}
        paths[path] = {**(named if "{name}" in path else {}), method: about}
    paths["/predict"] = {"post": _predict(models, bounds)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Paddle Lab", "version": __version__},
        "paths": paths,
        "components": {"schemas": {"Error": _error()}},
    }


def _predict(models: Models, bounds: Bounds) -> dict[str, Any]:
    row = {
        "anyOf": [
            _TEXT,
            {"type": "object", "additionalProperties": _TEXT},
            {"type": "array", "items": _TEXT},
        ]
    }
    properties: dict[str, Any] = {
        "model": {**_TEXT, "description": "the first when left out"},
        "version": {**_TEXT, "description": "the last when left out"},
        "texts": {"type": "array", "items": row, "maxItems": bounds.rows},
        "long_text": {"enum": ["truncate", "windows"]},
        "deadline_ms": {"type": "number", "maximum": 1e3 * bounds.deadline_s},
    }
    roles = {role for model in models for role in model.described().get("reads", [])}
    for role in sorted(roles):
        properties[role] = {**_TEXT, "description": "of a single row", "maxLength": bounds.chars}
    refusals = {
        "400": "not understood, or no row of the model's task",
        "401": "no token", "404": "no such model", "413": "too large",
        "503": "busy, not ready, or its worker ended: see Retry-After", "504": "deadline passed",
    }  # fmt: skip
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    return {
        "summary": "rows in, answers out",
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "properties": properties,
                        "additionalProperties": False,
                    },
                    "examples": {
                        model.place.name: {"value": example_of(model)} for model in models
                    },
                }
            },
        },
        "responses": {
            "200": {
                "description": '"answer" of a single row, "answers" of texts, in their order',
                "content": {"application/json": {"schema": _answers()}},
            },
            **{code: {"description": why, "content": error} for code, why in refusals.items()},
        },
    }


def _answers() -> dict[str, Any]:
    answer = {"type": "object", "description": "as paddle-lab predict --json gives it"}
    return {
        "type": "object",
        "properties": {
            "model": _TEXT, "version": _TEXT, "answer": answer,
            "answers": {"type": "array", "items": answer},
        },
        "required": ["model", "version"],
    }  # fmt: skip


def _error() -> dict[str, Any]:
    text = {"type": ["object", "null"], "properties": {"en": _TEXT, "zh": _TEXT}}
    parts = {"type": _TEXT, "code": _TEXT, "what": text, "why": text, "fix": text}
    return {
        "type": "object",
        "properties": {"error": {"type": "object", "properties": parts}, "message": _TEXT},
        "required": ["error", "message"],
    }


def curl_line(base: str, body: Mapping[str, Any]) -> str:
    """A line for a shell that asks it."""
    text = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
    return f"curl {base.rstrip('/')}/predict -d '{text}'"


def grpc_line(address: str) -> Text:
    """Where the service is called over gRPC."""
    return T("gRPC (Open Inference Protocol): {address}", "gRPC（开放推理协议）：{address}",
             address=address)  # fmt: skip


def page(models: Models, bounds: Bounds, base: str, language: str) -> str:
    """The page of ``/docs``: routes, models, and a line to try each."""

    def say(text: Text) -> str:
        return escape(text.in_language(language))

    routes = "".join(
        f"<tr><td><code>{method.upper()} {path}</code></td><td>{say(does)}</td></tr>"
        for method, path, does in _ROUTES
    )
    parts = [f"<h2>{say(T('Models', '模型'))}</h2>"]
    for model in models:
        about = model.described()
        facts = [about["version"], about["state"], about.get("task"), about.get("runtime")]
        line = curl_line(base, example_of(model))
        parts.append(
            f"<h3>{escape(about['name'])}</h3>"
            f"<p>{escape(' · '.join(str(fact) for fact in facts if fact))}</p>"
            f"<pre>{escape(line)}</pre>"
        )
    limits = T(
        "Several rows: {{\"texts\": [...]}}, at most {rows}, each of at most {chars} characters. "
        "Options: model, version, long_text (truncate or windows), deadline_ms (at most {most:g}).",
        "多行：{{\"texts\": [...]}}，最多 {rows} 行，每条最多 {chars} 个字符。"
        "选项：model、version、long_text（truncate 或 windows）、deadline_ms（最大 {most:g}）。",
        rows=bounds.rows, chars=bounds.chars, most=1e3 * bounds.deadline_s,
    )  # fmt: skip
    return (
        f"<!doctype html><html lang='{language}'><meta charset='utf-8'><title>Paddle Lab</title>"
        f"<style>{_STYLE}</style><h1>Paddle Lab</h1><table>{routes}</table><p>{say(limits)}</p>"
        + "".join(parts)
        + "</html>"
    )
