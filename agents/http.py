"""The one way out: every outgoing HTTP request goes through send().

The host is resolved once, every address must be public, and the connection goes to that very address, so a name
can't point elsewhere a moment later. Redirects are walked here, each hop checked again. No proxy is taken from
the environment.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx
from django.conf import settings

MAX_BODY = 1_000_000  # bytes, after decompression
MAX_REDIRECTS = 5
MAX_SECONDS = 60.0
PORTS = frozenset({80, 443, 8080, 8443})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

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
    except OSError as error:
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
    host: str
    port: int
    address: str


def check(url: str, *, resolver: Resolve = resolve) -> _Target:
    """Where a request to the URL would really go; raises Refused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Refused("This is no web address.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise Refused("Only http:// and https:// addresses with a host can be reached.")
    if parts.username is not None or parts.password is not None:
        raise Refused("A web address must not hold a name or password. Use a connection.")
    port = port or (443 if parts.scheme == "https" else 80)
    addresses = resolver(host, port)
    if f"{host}:{port}" in settings.OUTGOING_ALLOWED:
        return _Target(host, port, addresses[0])
    if port not in PORTS:
        raise Refused(f"The port {port} is not allowed; {', '.join(map(str, sorted(PORTS)))} are.")
    if not addresses or not all(map(is_public, addresses)):
        raise Refused(f"The host {host} is not a public one.")
    return _Target(host, port, addresses[0])


class _Pinned(httpcore.NetworkBackend):
    """Connects to the address that was checked, whatever the name says by now."""

    def __init__(self, target: _Target) -> None:
        self.target = target
        self.plain = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        if (host, port) != (self.target.host, self.target.port):
            raise httpcore.ConnectError("Only the checked address may be connected to.")
        return self.plain.connect_tcp(self.target.address, port, timeout=timeout)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: object = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("Unix sockets can't be reached.")


def _transport(target: _Target) -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(retries=0, trust_env=False, proxy=settings.OUTGOING_PROXY or None)
    if not settings.OUTGOING_PROXY:
        pool = transport._pool
        pool._network_backend = _Pinned(target)  # httpx offers no other place for it
    return transport


def send(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None,
    credential: Credential | None = None, timeout: float = 20, resolver: Resolve = resolve,
) -> Answer:  # fmt: skip
    """Sends a request and follows redirects; raises Refused or Unreachable."""
    until = monotonic() + min(timeout, MAX_SECONDS)
    for _ in range(MAX_REDIRECTS + 1):
        target = check(url, resolver=resolver)
        given = dict(headers or {})
        if credential and target.host in credential.hosts:
            given.update(credential.headers)
        answer = _exchange(method, url, given, content, target, until)
        location = answer.headers.get("location")
        if answer.status not in _REDIRECTS or not location:
            return answer
        url = urljoin(url, location)
        if answer.status == 303 or (answer.status in (301, 302) and method == "POST"):
            method, content = "GET", None
    raise Unreachable(f"The address redirects more than {MAX_REDIRECTS} times.")


def _exchange(
    method: str, url: str, headers: Mapping[str, str], content: bytes | None, target: _Target, until: float
) -> Answer:
    left = until - monotonic()
    if left <= 0:
        raise Unreachable("The other side took too long.")
    limits = httpx.Timeout(left, connect=min(left, 10.0))
    # gzip and deflate only: their expansion is watched while it is read.
    asked = {"accept-encoding": "gzip, deflate", "user-agent": "Rapport", **headers}
    try:
        with (
            httpx.Client(
                transport=_transport(target), timeout=limits, follow_redirects=False, trust_env=False
            ) as client,
            client.stream(method, url, headers=asked, content=content) as response,
        ):
            return Answer(response.status_code, _plain(response.headers), _read(response, until))
    except httpx.HTTPError as error:
        raise Unreachable(f"{target.host} did not answer: {type(error).__name__}.") from error
    except httpx.InvalidURL as error:
        raise Refused("This is no web address.") from error


def _plain(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _read(response: httpx.Response, until: float) -> bytes:
    body = bytearray()
    for part in response.iter_bytes(chunk_size=16_384):
        body += part
        if len(body) > MAX_BODY:
            raise Unreachable(f"The answer is larger than {MAX_BODY:,} bytes.")
        if monotonic() > until:
            raise Unreachable("The other side took too long.")
    return bytes(body)
