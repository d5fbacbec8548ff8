"""From a host's name to the addresses that may be asked; never one inside a private network.

A redirect or a name under someone else's control can point at the machines beside us, so the address is
checked after resolving and that very address is connected to.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from pipeline.fetch.answer import FetchError

NAT64 = IPv6Network("64:ff9b::/96")
Address = IPv4Address | IPv6Address


async def resolve(host: str, port: int, *, allow_private: bool, seconds: float) -> list[str]:
    """The addresses of a host, IPv4 first.

    Raises:
        FetchError: `dns_error`; `address_forbidden` when any of them is not public.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError:
        raise FetchError("dns_error", host=host, reason=f"no answer in {seconds:g} s") from None
    except (OSError, UnicodeError) as error:
        raise FetchError("dns_error", host=host, reason=str(error)) from error
    addresses = sorted({ip_address(str(entry[4][0]).partition("%")[0]) for entry in found}, key=_order)
    for address in addresses:
        if not allow_private and not is_public(address):
            raise FetchError("address_forbidden", host=host, address=str(address))
    return [str(address) for address in addresses]


def is_public(address: Address) -> bool:
    """Whether an address is on the public internet, also where it stands inside another one."""
    return all(inner.is_global and not inner.is_multicast for inner in _unwrapped(address))


def _unwrapped(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 one carries, or the address itself where it carries none."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if address in NAT64:
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address]


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)
