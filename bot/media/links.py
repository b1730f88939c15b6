"""Links to pictures in what people say, and how those are fetched."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from bot.errors import FileRefused
from bot.media.fetching import Reach, Wanted, fetch
from bot.media.sniff import is_picture
from bot.media.text import plain_name

_LINK: Final = re.compile(r"https://[^\s<>\"'`|\\]+", re.I)
_PICTURE_PATH: Final = re.compile(r"\.(png|jpe?g|gif|webp)$", re.I)
_CODE: Final = re.compile(r"```.*?(```|\Z)|`[^`\n]*`", re.S)
_OPENING: Final = {")": "(", "]": "["}
_PICTURES: Final = "image/png, image/jpeg, image/gif, image/webp"


def picture_links(text: str) -> tuple[str, ...]:
    """The https links in the text that end as a picture's name does, each once and in order; none from code."""
    found = (_trimmed(link[0]) for link in _LINK.finditer(_CODE.sub(" ", text)))
    return tuple(dict.fromkeys(link for link in found if _is_picture_link(link)))


async def fetch_link(url: str, limit_bytes: int, reach: Reach | None = None) -> bytes:
    """The picture behind a link, at most so many bytes. Raises `FileRefused`."""
    name = plain_name(unquote(re.split(r"[?#]", url)[0]))

    def check(beginning: bytes, _media_type: str) -> None:
        if not is_picture(beginning):
            raise FileRefused(f"The link to {name} does not lead to a picture. Attach the picture itself.")

    wanted = Wanted(name, "Attach the picture itself.", _PICTURES, limit_bytes, check)
    return (await fetch(url, wanted, reach or Reach())).data


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
