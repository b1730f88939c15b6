"""Fetches what is behind a link, within limits of size and time, and never reaches what is not public."""

import ipaddress
import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import aiohttp

from bot.errors import FileRefused

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_REDIRECTS: Final = 4
_CHUNK: Final = 64 * 1024
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
_ENCODINGS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""The compressed forms that are undone, with zlib's name for each."""

_LONGEST_URL: Final = 4_000


def is_public(address: Address) -> bool:
    """Whether this is an address of the open internet; so has to be one that is packed into it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


@dataclass(frozen=True, slots=True)
class Reach:
    """What a fetch may reach. The defaults are for use; a test opens them for a server of its own."""

    allowed: Callable[[Address], bool] = is_public
    scheme: str = "https"
    port: int = 443
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a link is opened for. `name` is what it is called in sentences, which end with `way_out`.

    `check` is shown the first bytes, and the type that the server names, and raises `FileRefused` for what is not
    wanted. Without `compressed`, what comes compressed is not wanted either.
    """

    name: str
    way_out: str
    accept: str
    most: int
    check: Callable[[bytes, str], None]
    compressed: bool = False


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was behind a link, where it was in the end, and what its server calls it."""

    data: bytes
    url: str
    media_type: str


async def fetch(url: str, wanted: Wanted, reach: Reach) -> Fetched:
    """What is behind a link, at most so many bytes. Raises `FileRefused`.

    The address is checked as the socket for it is made, so that what is checked is what is connected to,
    whatever a name resolves to and however the address is written. Every redirect is checked the same way.
    """
    connector = aiohttp.TCPConnector(socket_factory=_checked_sockets(reach.allowed), force_close=True)
    timeout = aiohttp.ClientTimeout(total=reach.seconds)
    encodings = "gzip, deflate" if wanted.compressed else "identity"
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            trust_env=False,  # a proxy would connect for us, to anything
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": wanted.accept, "Accept-Encoding": encodings, "User-Agent": "Gatepost"},
        ) as session:
            return await _follow(session, url, wanted, reach)
    except TimeoutError as error:
        said = f"{wanted.name} was not fetched: its server took too long. {wanted.way_out}"
        raise FileRefused(said) from error
    except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
        raise FileRefused(f"{wanted.name} could not be fetched from its link. {wanted.way_out}") from error


class _NotPublic(OSError):
    """An address that is not to be reached."""


def _checked_sockets(allowed: Callable[[Address], bool]) -> Callable[[aiohttp.AddrInfoType], socket.socket]:
    def make(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, where = info
        if not allowed(ipaddress.ip_address(str(where[0]).partition("%")[0])):
            raise _NotPublic("not a public address")
        return socket.socket(family, kind, protocol)

    return make


async def _follow(session: aiohttp.ClientSession, url: str, wanted: Wanted, reach: Reach) -> Fetched:
    for _ in range(_REDIRECTS):
        _check(url, wanted, reach)
        async with session.get(url, allow_redirects=False) as response:
            location = response.headers.get("Location")
            if response.status in (301, 302, 303, 307, 308) and location:
                url = urljoin(url, location)
                continue
            if response.status != 200:
                said = f"{wanted.name} is not there: its server answered {response.status}. {wanted.way_out}"
                raise FileRefused(said)
            return Fetched(await _collect(response, wanted), url, response.content_type)
    raise FileRefused(f"{wanted.name} was not fetched: its link leads on and on. {wanted.way_out}")


def _check(url: str, wanted: Wanted, reach: Reach) -> None:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    plain = parts.scheme == reach.scheme and port == reach.port and parts.username is None and parts.hostname
    if not plain or len(url) > _LONGEST_URL:
        said = f"{wanted.name} was not fetched: only plain https links are. {wanted.way_out}"
        raise FileRefused(said)


async def _collect(response: aiohttp.ClientResponse, wanted: Wanted) -> bytes:
    opened = _Opened(response.headers.get("Content-Encoding", "identity"), wanted)
    data = bytearray()
    checked = False
    async for piece in response.content.iter_chunked(_CHUNK):
        data += opened.open(piece, wanted.most + 1 - len(data))
        if len(data) > wanted.most:
            size = f"{wanted.most // 1_000_000} MB are the most"
            raise FileRefused(f"{wanted.name} is too large: {size}. {wanted.way_out}")
        if not checked and len(data) >= 16:
            wanted.check(bytes(data[:4096]), response.content_type)
            checked = True
    if not checked:
        wanted.check(bytes(data), response.content_type)
    return bytes(data)


class _Opened:
    """Undoes a compressed form piece by piece, never by more than is wanted: a small body may hold a huge one."""

    def __init__(self, encoding: str, wanted: Wanted) -> None:
        form = encoding.strip().lower() or "identity"
        bits = _ENCODINGS.get(form) if wanted.compressed else None
        if form != "identity" and bits is None:
            raise FileRefused(f"{wanted.name} came in a form that I can't open. {wanted.way_out}")
        self._inflate = zlib.decompressobj(bits) if bits is not None else None

    def open(self, piece: bytes, most: int) -> bytes:
        """The piece as it was before, at most so many bytes of it."""
        return piece if self._inflate is None else self._inflate.decompress(piece, most)
