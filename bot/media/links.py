"""Links to pictures in what people say, and how they are fetched without reaching anything that is not public."""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import unquote, urljoin, urlsplit

import aiohttp

from bot.errors import FileRefused
from bot.media.sniff import is_picture
from bot.media.text import plain_name

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_LINK: Final = re.compile(r"https://[^\s<>\"'`|\\]+", re.I)
_PICTURE_PATH: Final = re.compile(r"\.(png|jpe?g|gif|webp)$", re.I)
_CODE: Final = re.compile(r"```.*?(```|\Z)|`[^`\n]*`", re.S)
_OPENING: Final = {")": "(", "]": "["}
_REDIRECTS: Final = 3
_SNIFFED: Final = 16
_CHUNK: Final = 64 * 1024
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")


def picture_links(text: str) -> tuple[str, ...]:
    """The https links in the text that end as a picture's name does, each once and in order; none from code."""
    found = (_trimmed(link[0]) for link in _LINK.finditer(_CODE.sub(" ", text)))
    return tuple(dict.fromkeys(link for link in found if _is_picture_link(link)))


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


async def fetch_link(url: str, limit_bytes: int, reach: Reach | None = None) -> bytes:
    """The picture behind a link, at most so many bytes. Raises `FileRefused`.

    The address is checked as the socket for it is made, so that what is checked is what is connected to,
    whatever a name resolves to and however the address is written. Every redirect is checked the same way.
    """
    bounds = reach or Reach()
    name = plain_name(unquote(re.split(r"[?#]", url)[0]))
    connector = aiohttp.TCPConnector(socket_factory=_checked_sockets(bounds.allowed), force_close=True)
    timeout = aiohttp.ClientTimeout(total=bounds.seconds)
    try:
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=timeout,
            trust_env=False,  # a proxy would connect for us, to anything
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept": "image/png, image/jpeg, image/gif, image/webp", "Accept-Encoding": "identity"},
        ) as session:
            return await _follow(session, url, name, limit_bytes, bounds)
    except TimeoutError as error:
        raise FileRefused(
            f"{name} was not fetched: its server took too long. Attach the picture itself."
        ) from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise FileRefused(f"{name} could not be fetched from its link. Attach the picture itself.") from error


class _NotPublic(OSError):
    """An address that is not to be reached."""


def _checked_sockets(allowed: Callable[[Address], bool]) -> Callable[[aiohttp.AddrInfoType], socket.socket]:
    def make(info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, where = info
        if not allowed(ipaddress.ip_address(str(where[0]).partition("%")[0])):
            raise _NotPublic("not a public address")
        return socket.socket(family, kind, protocol)

    return make


async def _follow(session: aiohttp.ClientSession, url: str, name: str, most: int, reach: Reach) -> bytes:
    for _ in range(_REDIRECTS + 1):
        _check(url, name, reach)
        async with session.get(url, allow_redirects=False) as response:
            location = response.headers.get("Location")
            if response.status in (301, 302, 303, 307, 308) and location:
                url = urljoin(url, location)
                continue
            if response.status != 200:
                raise FileRefused(
                    f"{name} is not there: its server answered {response.status}. Attach it instead."
                )
            return await _collect(response, name, most)
    raise FileRefused(f"{name} was not fetched: its link leads on and on. Attach the picture itself.")


def _check(url: str, name: str, reach: Reach) -> None:
    parts = urlsplit(url)
    port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    if parts.scheme != reach.scheme or port != reach.port or parts.username is not None or not parts.hostname:
        raise FileRefused(f"{name} was not fetched: only plain https links are. Attach the picture itself.")


async def _collect(response: aiohttp.ClientResponse, name: str, most: int) -> bytes:
    data = bytearray()
    sniffed = False
    async for piece in response.content.iter_chunked(_CHUNK):
        data += piece
        if len(data) > most:
            said = f"{name} is too large: {most // 1_000_000} MB are the most. Send a smaller one."
            raise FileRefused(said)
        if not sniffed and len(data) >= _SNIFFED:
            _check_picture(name, data)
            sniffed = True
    _check_picture(name, data)
    return bytes(data)


def _check_picture(name: str, data: bytearray) -> None:
    if not is_picture(bytes(data[:_SNIFFED])):
        raise FileRefused(f"The link to {name} does not lead to a picture. Attach the picture itself.")


def _trimmed(link: str) -> str:
    """Without what belongs to the sentence around it."""
    link = link.rstrip(".,;:!?*_~")
    while link[-1:] in _OPENING and link.count(link[-1]) > link.count(_OPENING[link[-1]]):
        link = link[:-1].rstrip(".,;:!?*_~")
    return link


def _is_picture_link(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return bool(parts.hostname) and _PICTURE_PATH.search(parts.path) is not None
