"""To which project a failure belongs, as the metadata of the package that raised say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from paddle_lab.environment.blame.owning import owned
from paddle_lab.environment.blame.places import expanded
from paddle_lab.environment.blame.structure import PERSON, Traceback
from paddle_lab.environment.probes.packages import distributions, header

_TRACKER = re.compile(r"(?i)issue|bug|tracker|support|feedback")
_SOURCE = re.compile(r"(?i)source|repository|code|github|home")
_FORGE = re.compile(r"^https?://(?:www\.)?(?:github\.com|gitee\.com|gitlab\.com)/[\w.\-]+/[\w.\-]+")
_LONGEST = 300


@dataclass(frozen=True)
class Project:
    """The distribution whose code raised; ``url`` is where to post, empty when it names nothing.

    ``tracker``: the address is one for issues, and not only a home page.
    """

    name: str
    version: str | None
    url: str
    tracker: bool

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "name": self.name,
            "version": self.version,
            "url": self.url or None,
            "tracker": self.tracker,
        }


def project_of(trace: Traceback, facts: Mapping[str, Any]) -> Project | None:
    """The project of the package that raised; None for a person's own code or without frames."""
    top = trace.raiser
    if top is None and trace.native:
        top = trace.native[-1].partition("::")[0]
        top = top if re.fullmatch(r"[a-z_]\w*", top) else None
    if top in (None, PERSON):
        return None
    package = owned(str(top), facts, trace.sites)
    sites = [str(expanded(site)) for site in trace.sites] or None
    for item in (*distributions(sites), *(distributions() if sites else ())):
        if item.name == package.name:
            url, tracker = _address(dict(_urls(header(item.folder))))
            return Project(package.name, package.version or item.version, url, tracker)
    return Project(package.name, package.version, "", False)


def _urls(metadata: str) -> Iterator[tuple[str, str]]:
    """Label to address, as far as they are addresses of the web."""
    for line in metadata.splitlines():
        key, _, value = line.partition(":")
        if key == "Project-URL":
            label, _, url = value.partition(",")
        elif key == "Home-page":
            label, url = "home", value
        else:
            continue
        url = url.strip()
        if re.fullmatch(r"https?://[^\s<>\"`|]+", url) and len(url) <= _LONGEST:
            yield label.strip(), url


def _address(urls: Mapping[str, str]) -> tuple[str, bool]:
    for label, url in urls.items():
        if _TRACKER.search(label):
            return url, True
    for url in urls.values():
        forge = _FORGE.match(url)
        if forge:
            return f"{forge.group(0).removesuffix('.git')}/issues", True
    for label, url in urls.items():
        if _SOURCE.search(label):
            return url, False
    return next(iter(urls.values()), ""), False
