"""An option that a ``docker run`` in the text leaves out, where its error shows that it counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from paddle_lab.environment.findings import Finding
from paddle_lab.environment.said.common import SCORE, SOURCE
from paddle_lab.i18n import T, Text

_RUN: Final = re.compile(
    r"(?P<engine>docker|podman|nerdctl) (?:container )?run(?P<options>(?: [^\n\\]*(?:\\\n)?){1,12})"
)


class Left(NamedTuple):
    """An option that is left out: what shows it, what takes its place, what follows, the option."""

    name: str
    error: re.Pattern[str]
    given: re.Pattern[str]
    asked: re.Pattern[str]
    title: Text
    cause: Text
    option: str


_ANY: Final = re.compile("")
OPTIONS: Final = (
    Left(
        "container-without-card",
        re.compile(
            r"nvidia-smi[^\n]{0,60}(?:not found|couldn't communicate)|NVML(?!: "
            r"(?:Driver/|Function))|no CUDA-capable device"
            r"|libcuda\.so\.1: cannot open|driver version is insufficient|cudaErrorNoDevice"
            r"|NVIDIA-SMI has failed"
        ),
        re.compile(r"--gpus|--runtime[= ]nvidia|--device[= ]nvidia\.com|nvidia-docker"),
        _ANY,
        T("The container was started without the card", "容器启动时没有带上显卡"),
        T(
            "Its docker run does not ask for cards (--gpus), so the host's driver libraries do not "
            "exist inside, whatever the host has and whichever device files are passed.",
            "docker run 没有指定显卡（--gpus），因此容器内既没有显卡也没有驱动，与宿主机无关。",
        ),
        "--gpus all",
    ),
    Left(
        "container-without-home",
        re.compile(r"(?:Permission denied|Errno 13)[^\n]{0,60}['\"](?P<path>/\.[\w.\-]{1,60})"),
        re.compile(r"HOME="),
        re.compile(r"(?:-u|--user)[ =]"),
        T(
            "The user of this container has no home folder",
            "该容器的用户没有主目录",
        ),
        T(
            "--user (-u) gives a number that no user of the image has, so HOME is / and {path} "
            "cannot be written there.",
            "--user（-u）给出的编号在镜像中没有对应用户，HOME 变成 /，{path} 无法写入。",
        ),
        "-e HOME=/tmp",
    ),
)
_COMPOSE: Final = re.compile(
    r"\b(?:docker|podman)(?:-| )(?:compose|run|logs|exec)\b|compose\.ya?ml"
)
_REFUSED: Final = re.compile(
    r"(?:Permission denied|\[Errno 13\][^'\n]{0,40}): '(?P<path>/[\w\-][^'\n]{1,200})'"
)
#: Whoever is started by a number has no home in the image: a rule knows that.
_BY_NUMBER: Final = re.compile(r"(?:-u|--user)[ =]\d")
_MOUNT: Final = re.compile(
    r"error while creating mount source path '(?P<path>[^'\n]{1,300})': mkdir [^\n:]{1,300}: "
    r"(?P<why>[^\n]{1,80})"
)


_EXEC: Final = re.compile(
    r"(?:exec:? |exec )\"(?P<path>[^\"\n]{1,300})\": "
    r"(?P<why>permission denied|no such file or directory)"
)
#: A step of a Dockerfile, as BuildKit numbers it, and what its program was refused.
_BUILD_STEP: Final = re.compile(
    r"(?m)^[ >=#\d.]*(?:ERROR )?\[[\w .\-]{0,60}?\d+/\d+\] RUN (?P<step>[^\n]{1,200})\n"
    r"(?:[^\n]{0,500}\n){0,60}?[^\n]{0,200}(?:\[Errno 13\] )?Permission denied:? "
    r"['\"]?(?P<path>/[^'\"\n ]{1,200})"
)
#: The driver's libraries are not in a container that asked for the cards.
_NO_DRIVER: Final = re.compile(
    r"libcuda\.so\.1: cannot open|CUDA Version: (?:N/A|ERR)|libnvidia-ml\.so\.1: cannot open"
)


def findings(text: str, facts: Mapping[str, Any]) -> list[Finding]:
    """One finding: an option that the run needs, or a folder that the engine cannot see."""
    del facts
    mount = _MOUNT.search(text)
    if mount is not None:
        return [_mount(mount)]
    if started := _EXEC.search(text):
        return [_not_started(started)]
    if built := _BUILD_STEP.search(text):
        return [_build_refused(built)]
    run = _RUN.search(text)
    # What the engine says before the program starts is about the host.
    asked = run is not None and OPTIONS[0].given.search(run["options"])
    no = _NO_DRIVER.search(text)
    if asked and no and "Error response from daemon" not in text:
        return [_without_driver(no.group(0))]
    for left in OPTIONS:
        if run is None:
            break
        error = left.error.search(text)
        options = run["options"]
        if error and left.asked.search(options) and not left.given.search(options):
            line = f"{run['engine']} run {left.option} ...   # ...: as before"
            fix = T("Give it that option, and start it anew:", "加上该选项后重新启动：")
            cause = Text(left.cause.en, left.cause.zh, error.groupdict())
            return [_finding(left.name, left.title, cause, fix, (line,), error.group(0))]
    mounted = _COMPOSE.search(text) and not _BY_NUMBER.search(text)
    refused = _REFUSED.search(text) if mounted else None
    return [] if refused is None else [_not_its_own(refused)]


def _not_its_own(refused: re.Match[str]) -> Finding:
    folder = refused["path"].rpartition("/")[0] or "/"
    return _finding(
        "container-user-refused",
        T(
            "The user of this container may not write {path}",
            "该容器的用户无权写入 {path}",
            path=refused["path"],
        ),
        T(
            "The folder of the host, or the volume, that is mounted there belongs to another user "
            "(root, where Docker made it); numbers of users count, not names.",
            "挂载到该处的主机目录或卷属于其他用户（由 Docker 创建时属于 root）；"
            "起作用的是用户编号，而不是名称。",
        ),
        T(
            "Give the folder to the container's user, on the host or once as root inside, or start "
            "it as the user who owns it (--user, user: in compose):",
            "把该目录交给容器的用户（在主机上，或以 root 在容器内执行一次），"
            "或以其所有者启动（--user，compose 中的 user:）：",
        ),
        (
            "docker compose exec SERVICE id   # the number of the container's user",
            f"docker compose run --rm --user root --entrypoint chown SERVICE -R UID {folder}",
        ),
        refused.group(0),
    )


def _not_started(started: re.Match[str]) -> Finding:
    path = started["path"]
    closed = started["why"] == "permission denied"
    return _finding(
        "container-program-refused",
        T(
            "The container's program {path} may not be run",
            "容器的程序 {path} 没有执行权限",
            path=path,
        )
        if closed
        else T("The container's program {path} is not there", "容器中没有程序 {path}", path=path),
        T(
            "Docker starts this file as a program, inside the container; it lacks the right to be "
            "executed there (a checkout from Windows or an unpacked archive loses it), or a folder "
            "is named.",
            "Docker 在容器内把该文件当作程序启动，但它没有执行权限"
            "（从 Windows 检出或解压时会丢失），或写的是目录。",
        )
        if closed
        else T(
            "Docker starts this file inside the container: it is not in the image (a mount hides "
            "it, or it stands before the image's name), or its first line names an interpreter "
            "that is not there (line ends of Windows).",
            "Docker 在容器内启动该文件：镜像中没有它（被挂载遮住，或写在了镜像名之前），"
            "或其首行指定的解释器不存在（Windows 换行）。",
        ),
        T(
            "Give it the right where the image is built (RUN chmod +x FILE), and build it anew; or "
            "name the interpreter (python FILE, bash FILE) as what is started.",
            "在构建镜像时加上执行权限（RUN chmod +x 文件）并重新构建；"
            "或改为用解释器启动（python 文件、bash 文件）。",
        )
        if closed
        else T(
            "Look into the image, and name a file that is there:",
            "查看镜像中的内容，改用其中存在的文件：",
        ),
        (f"chmod +x {path.rpartition('/')[2]}   # then: docker build ...",)
        if closed
        else ("docker run --rm --entrypoint ls IMAGE -la",),
        started.group(0),
    )


def _without_driver(words: str) -> Finding:
    return _finding(
        "container-without-driver",
        T(
            "The container asked for the cards and got no driver",
            "容器请求了显卡，但没有得到驱动",
        ),
        T(
            "--gpus is there, and still the driver's libraries are not inside: the host's NVIDIA "
            "Container Toolkit is old or not set up for this engine, or the image restricts what "
            "is passed in (NVIDIA_DRIVER_CAPABILITIES).",
            "已写 --gpus，但容器内没有驱动库：宿主机的 NVIDIA Container Toolkit 过旧或未为该引擎"
            "配置，或镜像限制了传入内容（NVIDIA_DRIVER_CAPABILITIES）。",
        ),
        T(
            "Name the capabilities; if that is not enough, upgrade and set up the toolkit on the "
            "host, and restart the engine:",
            "指明所需能力；仍不行时，在宿主机上升级并配置工具包，然后重启引擎：",
        ),
        (
            "docker run --gpus all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility ...   # ...: as "
            "before",
            "sudo nvidia-ctk runtime configure --runtime=docker && sudo systemctl restart docker",
        ),
        words,
    )


def _build_refused(built: re.Match[str]) -> Finding:
    folder = built["path"].rstrip("/")
    owner = re.match(r"/home/([\w.\-]+)/", folder + "/")
    user = owner[1] if owner else "USER"
    return _finding(
        "build-step-refused",
        T(
            "The user of this image may not write {path} while it is built",
            "构建镜像时，其用户无权写入 {path}",
            path=folder,
        ),
        T(
            "A step of the Dockerfile runs as the user that the last USER line (or the image "
            "below) names, and that folder belongs to root or was copied without --chown.",
            "Dockerfile 的步骤以最后一个 USER（或基础镜像）指定的用户运行，"
            "而该目录属于 root，或复制时没有使用 --chown。",
        ),
        T(
            "Install as root and go back to the user after it (USER {user}), or give the folder to "
            "the user first. The line before that step:",
            "以 root 安装，之后再切换回该用户（USER {user}）；或先把目录交给该用户。"
            "在该步骤之前加入：",
            user=user,
        ),
        ("USER root   # a line of the Dockerfile",),
        built["step"],
    )


def _mount(mount: re.Match[str]) -> Finding:
    return _finding(
        "folder-unknown-to-engine",
        T(
            "The container engine cannot see the folder {path}",
            "容器引擎看不到目录 {path}",
            path=mount["path"],
        ),
        T(
            "It found no such folder and could not make it ({why}): the engine runs in a system of "
            "its own, as Docker from snap and Docker Desktop do, and sees a part of the disk only; "
            "or the folder is not there.",
            "引擎没有找到该目录，也无法创建（{why}）：引擎运行在自己的系统中"
            "（snap 版 Docker、Docker Desktop 都是如此），只能看到部分磁盘；或该目录不存在。",
            why=mount["why"],
        ),
        T(
            "Mount a folder below your home, or install Docker from its own apt repository in "
            "place of snap's (Docker Desktop: allow the folder under Settings, File sharing).",
            "改用主目录下的目录，或用 Docker 官方 apt 源安装以代替 snap 版"
            "（Docker Desktop：在 设置 > 文件共享 中允许该目录）。",
        ),
        ("command -v docker   # /snap/bin/docker: from snap", "docker context ls"),
        mount.group(0),
    )


def _finding(
    name: str, title: Text, cause: Text, fix: Text, commands: tuple[str, ...], words: str
) -> Finding:
    return Finding(
        id=name,
        family="container",
        severity="error",
        certainty="likely",
        title=title,
        cause=cause,
        fix=fix,
        commands=commands,
        sources=SOURCE,
        evidence=(words[:200],),
        score=SCORE + 8,
    )
