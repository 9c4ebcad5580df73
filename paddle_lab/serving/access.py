"""Who may ask: those with the token, where there is one; else pages of this machine alone."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from paddle_lab.serving.problems import no_token, wrong_host


@dataclass(frozen=True)
class Access:
    """``token`` None asks for none. ``loopback``: only this machine is listened to.

    Without a token a request to the loopback address must name it as its host: a page of somebody
    else, whose name leads to 127.0.0.1, cannot read answers in a browser here.
    """

    token: str | None = None
    loopback: bool = True

    def check(self, headers: Mapping[str, str], *, token: bool = True) -> None:
        """Raises Refused. ``token`` False: for whom nothing but its own name is asked."""
        if self.token is None:
            if self.loopback and not is_loopback(host := _host_of(headers.get("host", ""))):
                raise wrong_host(host)
        elif token:
            self.check_token(headers.get("authorization", ""))

    def check_token(self, given: str) -> None:
        """Raises Refused. Enough by itself where no page in a browser can ask: gRPC."""
        if self.token is not None and not self._has_token(given):
            raise no_token()

    def _has_token(self, given: str) -> bool:
        kind, _, value = given.partition(" ")
        asked = (self.token or "").encode("utf-8")
        same = hmac.compare_digest(value.strip().encode("utf-8", "replace"), asked)
        return same and kind.lower() == "bearer"


def is_loopback(host: str) -> bool:
    """Whether a name is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of(header: str) -> str:
    """Without the port: ``127.0.0.1:8000``, ``[::1]:8000``."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]
