"""Who really asks, behind proxies that are named: X-Forwarded-For and -Proto count from those and from nobody else."""

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

KEPT = 4096
HOPS_MAX = 20


def networks_of(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """`10.0.0.0/8, 127.0.0.1`. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


class Proxies:
    def __init__(self, trusted: str) -> None:
        """Networks, separated by commas."""
        self._networks = networks_of(trusted)
        self._client_of = lru_cache(maxsize=KEPT)(self._find)

    def client_of(self, peer: str | None, headers: list[tuple[bytes, bytes]]) -> str | None:
        """The address that counts as the caller's: the last one in X-Forwarded-For that is no proxy of ours."""
        if not self._networks or peer is None:
            return peer
        return self._client_of(peer, b",".join(value for name, value in headers if name == b"x-forwarded-for"))

    def is_secure(self, peer: str | None, headers: list[tuple[bytes, bytes]]) -> bool:
        """Whether a trusted proxy says that the caller came by TLS."""
        if not self._networks or peer is None or not self._is_trusted(peer):
            return False
        said = [value for name, value in headers if name == b"x-forwarded-proto"]
        return bool(said) and said[-1].rpartition(b",")[2].strip().lower() == b"https"

    def _find(self, peer: str, forwarded: bytes) -> str:
        client = peer
        for hop in reversed(forwarded.decode("latin-1").split(",")[-HOPS_MAX:]):
            if not self._is_trusted(client):
                break
            try:
                client = str(ip_address(hop.strip()))
            except ValueError:  # nothing that a proxy of ours has written
                break
        return client

    def _is_trusted(self, address: str) -> bool:
        parsed = ip_address(address)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks if network.version == parsed.version)
