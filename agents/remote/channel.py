"""gRPC on the one way out: the rules of agents.http for hosts, ports, secrets and sizes hold here too.

The host is resolved once, every address must be public, and the channel goes to those very addresses under the host's
name, so a name can't point elsewhere a moment later.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import certifi
import grpc
from django.conf import settings

from agents.http import (
    MAX_BODY,
    MAX_SECONDS,
    Credential,
    Refused,
    Resolve,
    Unreachable,
    checked_addresses,
    is_listed,
    resolve,
)
from agents.protocol import agent_pb2_grpc

PORTS = frozenset({443, 8443, 50051})
_MAY_PASS = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNKNOWN,
    }
)
A = TypeVar("A")


class Answered(Exception):
    """The other side refused the call, with a status of its own."""

    def __init__(self, status: grpc.StatusCode, detail: str) -> None:
        super().__init__(f"The other side answered {status.name}: {detail[:500]}")
        self.status = status


@dataclass(frozen=True)
class Place:
    """An address that was checked."""

    host: str
    port: int
    target: str
    is_secure: bool


def check(address: str, *, resolver: Resolve = resolve) -> Place:
    """Where a call to grpcs://host:port would really go; raises Refused."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Refused("This is no address of a gRPC service.") from error
    if parts.scheme not in ("grpc", "grpcs") or not host or parts.username or parts.password:
        raise Refused("Write the address like grpcs://agents.example.com:443, without a name or password.")
    port = port or 443
    if settings.OUTGOING_PROXY:
        raise Refused("gRPC can't go through this installation's proxy. Use the REST protocol of the agent.")
    addresses = checked_addresses(host, port, ports=PORTS, resolver=resolver)
    if parts.scheme == "grpc" and not is_listed(host, port):
        raise Refused("Calls without TLS go to hosts of OUTGOING_ALLOWED only. Use grpcs://.")
    return Place(host, port, _target(addresses, port), parts.scheme == "grpcs")


def _target(addresses: tuple[str, ...], port: int) -> str:
    """In gRPC's words; a list is of one family."""
    fours = [f"{address}:{port}" for address in addresses if ":" not in address]
    if fours:
        return f"ipv4:{','.join(fours)}"
    return f"ipv6:{','.join(f'[{address}]:{port}' for address in addresses)}"


def ask(
    address: str, call: Callable[[agent_pb2_grpc.AgentServiceStub], Callable[..., A]], request: Any,
    *, credential: Credential | None, timeout: float, resolver: Resolve = resolve,
) -> A:  # fmt: skip
    """One call; raises Refused, Unreachable or Answered."""
    place = check(address, resolver=resolver)
    told = credential.headers if credential and place.host in credential.hosts else {}
    metadata = tuple((name.lower(), value) for name, value in told.items())
    with _channel(place) as channel:
        try:
            return call(agent_pb2_grpc.AgentServiceStub(channel))(
                request, metadata=metadata, timeout=min(timeout, MAX_SECONDS)
            )
        except grpc.RpcError as error:
            raise _told(place, error) from None


def _channel(place: Place) -> grpc.Channel:
    options = [
        ("grpc.default_authority", f"{place.host}:{place.port}"),
        # No way past the checked addresses: no proxy of the environment, no settings from the name's TXT record.
        ("grpc.enable_http_proxy", 0),
        ("grpc.service_config_disable_resolution", 1),
        ("grpc.enable_retries", 0),
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.max_receive_message_length", MAX_BODY),
        ("grpc.max_metadata_size", 16_384),
    ]
    if not place.is_secure:
        return grpc.insecure_channel(place.target, options=options)
    options.append(("grpc.ssl_target_name_override", place.host))
    return grpc.secure_channel(place.target, grpc.ssl_channel_credentials(_roots()), options=options)


@cache
def _roots() -> bytes:
    """The same authorities as for HTTP, whatever the environment says."""
    return Path(certifi.where()).read_bytes()


def _told(place: Place, error: Any) -> Exception:
    status, detail = error.code(), str(error.details() or "")
    if status in _MAY_PASS:
        return Unreachable(f"{place.host} did not answer: {status.name}.")
    return Answered(status, detail)
