"""The one way out: every outgoing HTTP request goes through send().

The host is resolved once, every address must be public, and the connection goes to those very addresses, so a name
can't point elsewhere a moment later. Redirects are walked here, each hop checked again. A proxy is used only where
OUTGOING_PROXY names one.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

import httpx
from django.conf import settings

from agents.transport import BadAnswer, Pinned, pinned_transport, proxied_transport, read_body

MAX_BODY = 1_000_000  # bytes, after decompression
MAX_REDIRECTS = 5
MAX_SECONDS = 60.0
PORTS = frozenset({80, 443, 8080, 8443})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What goes along to another host; any other header may hold a secret that somebody wrote into the step.
_HARMLESS = frozenset({"accept", "accept-language", "content-type", "idempotency-key"})
# They say where a message ends or where it goes, which is not for a step to say.
_OURS = frozenset(
    {"accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization",
     "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)  # fmt: skip

# The standard library's is_private and is_global leave holes; these are written out.
_FORBIDDEN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32",
        "::/96", "::1/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip

Resolve = Callable[[str, int], Sequence[str]]


class Refused(Exception):
    """The address may not be reached; no connection was made."""


class Unreachable(Exception):
    """The other side did not answer as it should; trying again may help."""


@dataclass(frozen=True)
class Credential:
    """A header that goes to its own hosts only, also after a redirect."""

    hosts: frozenset[str]
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")


def resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"The host {host} is not known.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    return not any(parsed.version == network.version and parsed in network for network in _FORBIDDEN)


@dataclass(frozen=True)
class _Target:
    url: httpx.URL
    host: str
    port: int
    addresses: tuple[str, ...]
    is_listed: bool  # in OUTGOING_ALLOWED

    @property
    def may_hear_secrets(self) -> bool:
        return self.url.scheme == "https" or self.is_listed


def check(url: str | httpx.URL, *, resolver: Resolve = resolve) -> _Target:
    """Where a request to the URL would really go; raises Refused."""
    try:
        # The parser of the client that connects: two parsers could be made to disagree about the host.
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError) as error:
        raise Refused("This is no web address.") from error
    if parsed.scheme not in ("http", "https") or not host:
        raise Refused("Only http:// and https:// addresses with a host can be reached.")
    if parsed.userinfo:
        raise Refused("A web address must not hold a name or password. Use a connection.")
    port = parsed.port or (443 if parsed.scheme == "https" else 80)
    addresses = checked_addresses(host, port, ports=PORTS, resolver=resolver)
    return _Target(parsed, host, port, addresses, is_listed(host, port))


def is_listed(host: str, port: int) -> bool:
    """Whether the installation names the host as one that may be reached, public or not."""
    return f"{host}:{port}" in settings.OUTGOING_ALLOWED


def checked_addresses(host: str, port: int, *, ports: Collection[int], resolver: Resolve = resolve) -> tuple[str, ...]:
    """The addresses of a host that may be reached; raises Refused."""
    listed = is_listed(host, port)
    if port not in ports and not listed:
        raise Refused(f"The port {port} is not allowed; {', '.join(map(str, sorted(ports)))} are.")
    addresses = tuple(resolver(host, port))
    if not addresses or not (listed or all(map(is_public, addresses))):
        raise Refused(f"The host {host} is not a public one.")
    return addresses


def send(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None,
    credential: Credential | None = None, timeout: float = 20, resolver: Resolve = resolve,
) -> Answer:  # fmt: skip
    """Sends a request and follows redirects; raises Refused or Unreachable."""
    until = monotonic() + min(timeout, MAX_SECONDS)
    given = _given(headers or {})
    target = check(url, resolver=resolver)
    if credential and target.host in credential.hosts and not target.may_hear_secrets:
        raise Refused("The connection's secret goes to https:// addresses only.")
    first = target
    for _ in range(MAX_REDIRECTS + 1):
        answer = _exchange(method, target, _told(given, first, target, credential), content, until)
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS or not location:
            return answer
        target = check(_joined(target.url, location), resolver=resolver)
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, content = "GET", None
    raise Unreachable(f"The address redirects more than {MAX_REDIRECTS} times.")


def _given(headers: Mapping[str, str]) -> dict[str, str]:
    given = {name.strip().lower(): value for name, value in headers.items()}
    if refused := sorted(_OURS & given.keys()):
        raise Refused(f"The header {refused[0]} can't be set by a step.")
    if not all(f"{name}{value}".isascii() and f"{name}{value}".isprintable() for name, value in given.items()):
        raise Refused("Headers hold plain text of one line only.")
    return given


def _told(given: Mapping[str, str], first: _Target, target: _Target, credential: Credential | None) -> dict[str, str]:
    """What this hop is told: of the step's headers, and of the connection's secret."""
    at_home = (target.url.scheme, target.host, target.port) == (first.url.scheme, first.host, first.port)
    told = {name: value for name, value in given.items() if at_home or name in _HARMLESS}
    if credential and target.host in credential.hosts and target.may_hear_secrets:
        told |= {name.lower(): value for name, value in credential.headers.items()}
    return told


def _joined(url: httpx.URL, location: str) -> httpx.URL:
    try:
        return url.join(location)
    except httpx.InvalidURL as error:
        raise Refused("The address redirects to something that is no web address.") from error


def _exchange(method: str, target: _Target, headers: Mapping[str, str], content: bytes | None, until: float) -> Answer:
    left = until - monotonic()
    if left <= 0:
        raise Unreachable("The other side took too long.")
    limits = httpx.Timeout(left, connect=min(left, 10.0))
    asked = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "Rapport", **headers}
    request = httpx.Request(
        method, target.url, headers=asked, content=content, extensions={"timeout": limits.as_dict()}
    )
    try:
        with _transport(target, until) as transport:
            response = transport.handle_request(request)
            try:
                body = read_body(response, most=MAX_BODY, until=until)
            finally:
                response.close()
    except httpx.HTTPError as error:
        raise Unreachable(f"{target.host} did not answer: {type(error).__name__}.") from error
    except BadAnswer as bad:
        raise Unreachable(str(bad)) from bad
    return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)


def _transport(target: _Target, until: float) -> httpx.HTTPTransport:
    if settings.OUTGOING_PROXY:
        return proxied_transport(settings.OUTGOING_PROXY)
    return pinned_transport(Pinned(target.host, target.port, target.addresses, until))
