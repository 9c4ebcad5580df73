"""What may go wrong with a hub, in words."""

from __future__ import annotations

from collections.abc import Sequence

from paddle_lab.errors import HubError
from paddle_lab.hubs.names import HubName
from paddle_lab.i18n import T, Text
from paddle_lab.text.short import first_line


def reason_of(error: BaseException) -> Text:
    """The first cause, in one line: the messages of network libraries run over many."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    kind, line = type(error).__name__, first_line(error, 200)
    told = kind if line == kind else f"{kind}: {line}"
    return T("{error}", "{error}", error=told)


def not_found(name: HubName, endpoint: str | None) -> HubError:
    """The hub has no such repository, or does not show it to this person."""
    return HubError(
        T("There is no {name} on the hub.", "模型库中没有 {name}。", name=name.repository),
        T("{hub} does not have it, or it is private.", "{hub} 上没有它，或它是私有的。",
          hub=endpoint or name.root or name.hub),
        T("Check the name. For a private one log in first: {login}",
          "请检查名称。私有仓库请先登录：{login}", login=_login(name)),
        code="hub.not_found",
    )  # fmt: skip


def _mirror(name: HubName) -> Text:
    """How another address of a hub is named."""
    known = {"ms": "MODELSCOPE_ENDPOINT", "aistudio": "STUDIO_GIT_HOST"}
    variable = known.get(name.hub)
    if variable is None:
        return T("%config PaddleLab.hf_endpoints = 'https://MIRROR'",
                 "%config PaddleLab.hf_endpoints = 'https://镜像'")  # fmt: skip
    return T("{variable}=https://MIRROR in the environment", "环境变量 {variable}=https://镜像",
             variable=variable)  # fmt: skip


def _login(name: HubName) -> str:
    known = {"ms": "modelscope login", "aistudio": "aistudio config --token TOKEN"}
    return known.get(name.hub, "huggingface-cli login")


def no_revision(name: HubName, known: Sequence[str]) -> HubError:
    """The repository has no such branch, tag or commit."""
    return HubError(
        T("{name} has no revision {revision}.", "{name} 没有版本 {revision}。",
          name=name.repository, revision=name.revision),
        T("It has: {known}", "已有版本：{known}", known=", ".join(known[:12]) or "-"),
        T("Name one of them behind @, or leave it out for the main branch.",
          "请在 @ 之后写其中之一；省略则为主分支。"),
        code="hub.no_revision",
    )  # fmt: skip


def denied(name: HubName, endpoint: str | None, *, writing: bool = False) -> HubError:
    """The hub knows the person, or does not, and refuses."""
    return HubError(
        T("The hub does not let you write to {name}.", "模型库不允许写入 {name}。",
          name=name.repository)
        if writing
        else T("The hub does not let you read {name}.", "模型库不允许读取 {name}。",
               name=name.repository),
        T("{hub} refuses: no login, a wrong one, or its owner has to agree first.",
          "{hub} 拒绝访问：未登录、登录无效，或需要所有者同意。", hub=endpoint or name.hub),
        T("Log in with the hub's own command: {login}. Paddle Lab keeps no token.",
          "请用模型库自己的命令登录：{login}。Paddle Lab 不保存令牌。", login=_login(name)),
        code="hub.denied",
    )  # fmt: skip


def unreachable(name: HubName, why: Text, *, folder: object = None) -> HubError:
    """No address of the hub answers, and nothing was downloaded before."""
    return HubError(
        T("{name} is not on this machine, and the network does not give it.",
          "本机没有 {name}，也无法通过网络取得。", name=name.shown),
        why,
        T("Behind a wall name a mirror: {mirror}. Or copy the files from a machine that has them "
          "and give their folder{where}.",
          "网络受限时请指定镜像：{mirror}。或从有这些文件的机器复制，并给出其目录{where}。",
          mirror=_mirror(name),
          where="" if folder is None else Text(f", or put them in {folder}",
                                               f"，或放入 {folder}")),
        code="hub.unreachable",
    )  # fmt: skip


def not_here(name: HubName, missing: Sequence[str], why: Text) -> HubError:
    """Offline, and something was never downloaded."""
    return HubError(
        T("{name} is not whole on this machine: {files}.", "本机的 {name} 不完整：{files}。",
          name=name.shown, files=", ".join(missing[:6]) or T("nothing of it", "没有任何文件")),
        why,
        T("Download it once with a network, or copy the folder of the hub's cache.",
          "请联网下载一次，或复制模型库的缓存目录。"),
        code="hub.not_here",
    )  # fmt: skip


def busy(name: HubName, endpoint: str | None, status: int) -> HubError:
    """The hub answers that it will not answer now."""
    return HubError(
        T("The hub is too busy to give {name}.", "模型库繁忙，暂时无法提供 {name}。",
          name=name.shown),
        T("{hub} answered {status} several times.", "{hub} 多次返回 {status}。",
          hub=endpoint or name.hub, status=status),
        T("Try again later; what has arrived is kept.", "请稍后重试；已下载的部分会保留。"),
        code="hub.busy",
    )  # fmt: skip


def interrupted(name: HubName, file: str, why: Text) -> HubError:
    """A download that broke off again and again."""
    return HubError(
        T("The download of {name} broke off: {file}", "{name} 下载中断：{file}", name=name.shown,
          file=file),
        why,
        T("Call it again: it goes on where it ended.", "请重新执行：会从中断处继续。"),
        code="hub.interrupted",
    )  # fmt: skip


def damaged(name: HubName, file: str, endpoint: str | None) -> HubError:
    """What arrived is not what the hub says that it is."""
    return HubError(
        T("{file} of {name} arrived damaged, twice.", "{name} 的 {file} 两次下载均已损坏。",
          file=file, name=name.shown),
        T("Its SHA-256 is not the one that {hub} names.", "其 SHA-256 与 {hub} 给出的不一致。",
          hub=endpoint or name.hub),
        T("Try again, or use another mirror. The file was removed.",
          "请重试或换用其他镜像。该文件已删除。"),
        code="hub.damaged",
    )  # fmt: skip


def unsupported(name: HubName, what: Text, why: Text, fix: Text) -> HubError:
    """A hub that does not offer this to anybody but its own program."""
    return HubError(
        T("{name} is refused: {what}", "不支持 {name}：{what}", name=name.shown, what=what),
        why, fix,
        code="hub.unsupported",
    )  # fmt: skip


def changed_meanwhile(name: HubName) -> HubError:
    """Somebody else made a version at the same moment: theirs stays."""
    return HubError(
        T("{name} is another version now.", "{name} 现在是其他版本。", name=name.repository),
        T("Somebody else has pushed at the same moment.", "有人同时推送了内容。"),
        T("Look at it, and push again.", "请查看后重新推送。"),
        code="hub.changed",
    )  # fmt: skip


def refused(name: HubName, endpoint: str | None, status: int, why: Text) -> HubError:
    """An answer that stands for nothing else."""
    return HubError(
        T("The hub refuses what was asked of {name} ({status}).",
          "模型库拒绝了对 {name} 的请求（{status}）。", name=name.shown, status=status),
        why,
        T("Look at the repository on {hub}.", "请在 {hub} 上查看该仓库。",
          hub=endpoint or name.hub),
        code="hub.refused",
    )  # fmt: skip
