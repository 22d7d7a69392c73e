"""The wire of agents.http: to checked addresses only, within a deadline and a size, whatever the other side does."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from time import monotonic

import httpcore
import httpx

_GZIP = 31  # zlib's word for "with a gzip header"


class BadAnswer(Exception):
    """The answer breaks a limit or can't be read."""


class Deadline(httpcore.NetworkStream):
    """A stream of which every read and write gets what is left of one span, so that drops of data can't stretch it."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def _left(self) -> float:
        left = self.until - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("The other side took too long.")
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self._left())

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return Deadline(self.stream.start_tls(ssl_context, server_hostname, self._left()), self.until)

    def get_extra_info(self, info: str) -> object:
        return self.stream.get_extra_info(info)


class Pinned(httpcore.NetworkBackend):
    """Connects to the addresses that were checked, whatever the name says by now."""

    def __init__(self, host: str, port: int, addresses: Sequence[str], until: float) -> None:
        self.place, self.addresses, self.until = (host, port), addresses, until
        self.plain = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        if (host, port) != self.place:
            raise httpcore.ConnectError("Only the checked address may be connected to.")
        failure: Exception = httpcore.ConnectError("There is no address to connect to.")
        for address in self.addresses:
            try:
                return Deadline(self.plain.connect_tcp(address, port, timeout=timeout), self.until)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: object = None
    ) -> httpcore.NetworkStream:
        raise httpcore.ConnectError("Unix sockets can't be reached.")


@cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes longer than most requests."""
    context = httpx.create_ssl_context(trust_env=False)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def pinned_transport(backend: Pinned) -> httpx.HTTPTransport:
    transport = httpx.HTTPTransport(verify=_tls(), retries=0, trust_env=False)
    transport._pool._network_backend = backend  # httpx offers no other place for it
    return transport


def proxied_transport(proxy: str) -> httpx.HTTPTransport:
    """The proxy resolves names by itself, so it is the proxy that must keep to public addresses."""
    return httpx.HTTPTransport(verify=_tls(), retries=0, trust_env=False, proxy=proxy)


def read_body(response: httpx.Response, *, most: int, until: float) -> bytes:
    """The body, unpacked no further than `most` bytes; only gzip is asked for, so only gzip is taken."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", ""):
        raise BadAnswer("The answer is packed in a way that was not asked for.")
    parts = response.iter_raw()
    return _bounded(_unpacked(parts, most) if encoding == "gzip" else parts, most, until)


def _unpacked(parts: Iterable[bytes], most: int) -> Iterable[bytes]:
    unpack: Callable[[bytes, int], bytes] = zlib.decompressobj(_GZIP).decompress
    for part in parts:
        try:
            yield unpack(part, most + 1)
        except zlib.error as error:
            raise BadAnswer("The answer is packed, but broken.") from error


def _bounded(parts: Iterable[bytes], most: int, until: float) -> bytes:
    body = bytearray()
    for part in parts:
        body += part
        if len(body) > most:
            raise BadAnswer(f"The answer is larger than {most:,} bytes.")
        if monotonic() > until:
            raise BadAnswer("The other side took too long.")
    return bytes(body)
