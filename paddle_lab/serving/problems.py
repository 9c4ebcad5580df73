"""What goes wrong in a service, each with its HTTP status, and none with more than is known."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from paddle_lab.errors import DataError, EnvError, PaddleLabError, ServerError, UsageError
from paddle_lab.i18n import T, Text

#: The status of an error by its code; any other error is the request's own fault, or ours.
_STATUS: Final[dict[str, int]] = {
    "server.bad_request": HTTPStatus.BAD_REQUEST,
    "server.busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "server.not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "server.worker_died": HTTPStatus.SERVICE_UNAVAILABLE,
    "server.deadline": HTTPStatus.GATEWAY_TIMEOUT,
    "server.no_such_model": HTTPStatus.NOT_FOUND,
    "server.no_such_page": HTTPStatus.NOT_FOUND,
    "server.wrong_method": HTTPStatus.METHOD_NOT_ALLOWED,
    "server.body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "server.slow_body": HTTPStatus.REQUEST_TIMEOUT,
    "server.no_token": HTTPStatus.UNAUTHORIZED,
    "server.wrong_host": HTTPStatus.MISDIRECTED_REQUEST,
}


class Refused(Exception):
    """A request is answered with ``error``, after ``retry_s`` it may be worth trying again."""

    def __init__(self, error: PaddleLabError, retry_s: int | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_s = retry_s

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return status_of(self.error)


def status_of(error: PaddleLabError) -> int:
    """400 for what the request asks wrongly, 500 for what is nobody's fault outside."""
    if error.code in _STATUS:
        return int(_STATUS[error.code])
    asked = isinstance(error, (DataError, UsageError))
    return int(HTTPStatus.BAD_REQUEST if asked else HTTPStatus.INTERNAL_SERVER_ERROR)


def answer_of(error: PaddleLabError, language: str) -> dict[str, Any]:
    """The body that tells of an error: both languages for programs, the reader's as "message"."""
    return {"error": error.to_json(), "message": error.in_language(language)}


_PREDICT_FORM: Final = T(
    'Send JSON such as {"text": "..."} or {"texts": ["...", "..."]}; see /docs.',
    '请发送 JSON，例如 {"text": "..."} 或 {"texts": ["...", "..."]}；详见 /docs。',
)
_TENSOR_FORM: Final = T(
    "Send what the Open Inference Protocol asks for; the model's path says its inputs: "
    "GET /v2/models/NAME",
    "请按开放推理协议（Open Inference Protocol）发送；模型的输入见 GET /v2/models/名称",
)


def not_understood(why: Text) -> Refused:
    """The body is not what the route takes."""
    return _bad_request(why, _PREDICT_FORM)


def wrong_tensors(why: Text) -> Refused:
    """The body is no request of the Open Inference Protocol, or none for this model."""
    return _bad_request(why, _TENSOR_FORM)


def _bad_request(why: Text, fix: Text) -> Refused:
    return Refused(
        ServerError(
            T("The request is not understood: {why}.", "无法理解该请求：{why}。", why=why),
            None,
            fix,
            code="server.bad_request",
        )
    )  # fmt: skip


def too_large(what: Text, most: int, option: str) -> Refused:
    """More than one request may hold."""
    return Refused(
        ServerError(
            T("The request is too large: {what}.", "请求过大：{what}。", what=what),
            T("At most {most} are taken ({option}).", "最多 {most}（{option}）。",
              most=most, option=option),
            T("Send it in parts.", "请分成几次发送。"),
            code="server.body_too_large",
        )
    )  # fmt: skip


def slow_body() -> Refused:
    """The body did not come in time."""
    return Refused(
        ServerError(
            T("The request did not come whole in time.", "请求未能在时限内完整到达。"),
            None,
            T("Send it again.", "请重新发送。"),
            code="server.slow_body",
        )
    )


def busy(retry_s: int) -> Refused:
    """The queue is as long as can be answered in time."""
    return Refused(
        ServerError(
            T("The service has more requests than it can answer in time.",
              "请求数量超过服务能及时处理的数量。"),
            T("This one would wait longer than its deadline.", "该请求的等待时间会超过其时限。"),
            T("Try again in {n} s.", "请在 {n} 秒后重试。", n=retry_s),
            code="server.busy",
        ),
        retry_s,
    )  # fmt: skip


def not_ready(why: Text, retry_s: int = 1) -> Refused:
    """There is no worker that could answer now."""
    return Refused(
        ServerError(
            T("The model is not ready: {why}.", "模型尚未就绪：{why}。", why=why),
            None,
            T("Try again in {n} s.", "请在 {n} 秒后重试。", n=retry_s),
            code="server.not_ready",
        ),
        retry_s,
    )


LOADING: Final = T("it is being loaded", "正在加载")
RESTARTING: Final = T("its process is being started again", "其进程正在重新启动")
ENDING: Final = T("the service is ending", "服务正在结束")


def deadline_passed(seconds: float) -> Refused:
    """It was not answered in time, and is not any more."""
    return Refused(
        ServerError(
            T("The request was not answered within {n:g} s.", "请求未在 {n:g} 秒内得到结果。",
              n=seconds),
            T("The service is busy, or the deadline is short.", "服务繁忙，或时限过短。"),
            T("Try again, with fewer texts or a longer deadline.",
              "请重试，减少文本数量或延长时限。"),
            code="server.deadline",
        )
    )  # fmt: skip


def worker_died() -> Refused:
    """The process that had the request ended while it ran it."""
    return Refused(
        ServerError(
            T("The process that ran this request ended.", "处理该请求的进程已结束。"),
            T("It was killed, or ran out of memory; a new one is started.",
              "它被终止或内存不足；新的进程正在启动。"),
            T("Try again.", "请重试。"),
            code="server.worker_died",
        ),
        1,
    )  # fmt: skip


def model_failed() -> Refused:
    """The program failed on these inputs; the log of the service says how."""
    return Refused(
        ServerError(
            T("The model could not be run on this request.", "模型无法处理该请求。"),
            T("The log of the service says why.", "原因见服务的日志。"),
            T("Try again; if it stays so, tell who runs the service.",
              "请重试；如仍失败，请告知服务的维护者。"),
            code="server.model_failed",
        )
    )  # fmt: skip


def no_such_model(name: str, known: list[str]) -> Refused:
    """No model of that name or version is served."""
    return Refused(
        ServerError(
            T("There is no model '{name}' here.", "这里没有模型“{name}”。", name=name),
            T("Served are: {names}", "可用的模型：{names}", names=", ".join(known)),
            T("Take one of those; /models lists them.", "请使用其中之一；/models 列出全部。"),
            code="server.no_such_model",
        )
    )  # fmt: skip


def no_such_page(path: str) -> Refused:
    """There is no such route."""
    return Refused(
        ServerError(
            T("There is nothing at {path}.", "{path} 处没有内容。", path=path[:100]),
            None,
            T("See /docs.", "请见 /docs。"),
            code="server.no_such_page",
        )
    )


def wrong_method(method: str) -> Refused:
    """The route has other methods."""
    return Refused(
        ServerError(
            T("This path does not take {method}.", "该路径不支持 {method}。", method=method[:20]),
            None,
            T("See /docs.", "请见 /docs。"),
            code="server.wrong_method",
        )
    )


def no_token() -> Refused:
    """The token is missing or another."""
    return Refused(
        ServerError(
            T("This service asks for a token.", "该服务需要令牌。"),
            T("None was sent, or not the right one.", "没有发送令牌，或令牌不正确。"),
            T("Send it: Authorization: Bearer TOKEN", "请发送：Authorization: Bearer 令牌"),
            code="server.no_token",
        )
    )


def wrong_host(host: str) -> Refused:
    """A name that is not this machine's own: a page elsewhere may have led a browser here."""
    return Refused(
        ServerError(
            T("This service does not answer for the host '{host}'.",
              "该服务不接受以“{host}”为主机名的请求。", host=host[:100]),
            T("It has no token, so it answers to names of this machine alone.",
              "它没有设置令牌，因此只接受以本机名称发来的请求。"),
            T("Use 127.0.0.1, or give the service a token (--token-file).",
              "请使用 127.0.0.1，或为服务设置令牌（--token-file）。"),
            code="server.wrong_host",
        )
    )  # fmt: skip


def fault() -> Refused:
    """A mistake of ours, which the log tells."""
    return Refused(
        ServerError(
            T("The service made a mistake.", "服务内部出错。"),
            T("Its log says which.", "详情见服务日志。"),
            T("Please report it.", "请反馈该问题。"),
            code="server.fault",
        )
    )


def not_started(model: str, why: str) -> ServerError:
    """A worker ended before it was ready and said nothing."""
    return ServerError(
        T("The process of the model {model} ended before it was ready.",
          "模型 {model} 的进程在就绪之前结束。", model=model),
        T("{why}", "{why}", why=why),
        T("Most often memory is short: fewer --workers need less.",
          "多半是内存不足：减少 --workers 可降低内存用量。"),
        code="server.worker_not_started",
    )  # fmt: skip


def port_taken(host: str, port: int, reason: str, option: str = "--port") -> ServerError:
    """The address cannot be listened on."""
    return ServerError(
        T("The service cannot listen on {host}, port {port}.",
          "服务无法监听 {host} 的端口 {port}。", host=host, port=port),
        T("{reason}", "{reason}", reason=reason),
        T("Choose another with {option}; {option} 0 takes a free one.",
          "请用 {option} 选择其他端口；{option} 0 会选用空闲端口。", option=option),
        code="server.port",
    )  # fmt: skip


def no_serving(error: ImportError) -> EnvError:
    """The packages of the HTTP server are not installed."""
    return EnvError(
        T("There is no HTTP server in this environment.", "当前环境中没有 HTTP 服务器。"),
        T("{error}", "{error}", error=str(error)[:300]),
        T('Install it: pip install "paddle-lab[serve]"', '请安装：pip install "paddle-lab[serve]"'),
        code="env.no_serving",
    )


def no_grpc(error: ImportError) -> EnvError:
    """The packages of the gRPC server are not installed."""
    return EnvError(
        T("There is no gRPC server in this environment.", "当前环境中没有 gRPC 服务器。"),
        T("{error}", "{error}", error=str(error)[:300]),
        T('Install it: pip install "paddle-lab[grpc]", or leave out --grpc-port',
          '请安装：pip install "paddle-lab[grpc]"，或去掉 --grpc-port'),
        code="env.no_grpc",
    )  # fmt: skip
