"""Finds the address that a request came from, believing our own proxies only.

A client of IPv4 that comes by a socket of IPv6 has the address `::ffff:1.2.3.4`. It is named `1.2.3.4` all the same,
or it would have every limit per address twice.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

_MAPPED = IPv6Network("::ffff:0:0/96")


def client_address(request: HttpRequest) -> str:
    """Walk X-Forwarded-For from the right and stop at the first hop that is no proxy of ours."""
    address = _parsed(request.META.get("REMOTE_ADDR") or "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
    while hops and address is not None and _is_trusted(address):
        address = _parsed(hops.pop())
    return "0.0.0.0" if address is None else str(address)  # noqa: S104 - a placeholder, nothing binds to it


def network_of(proxy: str) -> IPv4Network | IPv6Network:
    """Raises ValueError for what is neither an address nor a network."""
    network = ip_network(proxy, strict=False)
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        return ip_network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - _MAPPED.prefixlen))
    return network


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network_of(proxy) for proxy in settings.TRUSTED_PROXIES)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
