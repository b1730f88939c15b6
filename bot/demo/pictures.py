"""What a picture shows, as far as counting its pixels can tell; and plain pictures drawn on request."""

import io
import warnings
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "black": (0, 0, 0),
    "dark grey": (70, 70, 70),
    "grey": (128, 128, 128),
    "light grey": (200, 200, 200),
    "white": (255, 255, 255),
    "red": (220, 20, 30),
    "dark red": (120, 0, 10),
    "orange": (255, 140, 0),
    "brown": (120, 70, 30),
    "beige": (230, 215, 180),
    "yellow": (250, 230, 40),
    "olive": (128, 128, 0),
    "light green": (140, 220, 130),
    "green": (20, 160, 40),
    "dark green": (0, 80, 20),
    "turquoise": (40, 200, 190),
    "light blue": (140, 190, 250),
    "blue": (30, 80, 220),
    "dark blue": (10, 20, 100),
    "purple": (120, 40, 160),
    "pink": (250, 150, 190),
}

_MOST_PIXELS = 50_000_000
_SAMPLE = 64


class NoPicture(ValueError):
    """These bytes are no picture that can be looked at; the text says why."""


def describe(data: bytes) -> str:
    """Format, size in pixels and main colours, as a phrase. Raises `NoPicture`. Takes a while: use a thread."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                width, height = picture.size
                if width * height > _MOST_PIXELS:
                    raise NoPicture(f"it claims {width} × {height} pixels, and that is too many to look at")
                picture.draft("RGB", (_SAMPLE, _SAMPLE))
                return f"a {picture.format} picture of {width} × {height} pixels, {_colours(picture)}"
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoPicture("its bytes are no picture that I can open") from error


def draw(words: str, size: tuple[int, int] = (256, 256)) -> bytes:
    """A PNG of the shape and colour that the words name: a blue circle, unless they say otherwise."""
    from PIL import Image, ImageDraw

    spoken = words.lower()
    colour = named_colour(words)
    picture = Image.new("RGB", size, COLOURS["white" if colour != "white" else "grey"])
    pen = ImageDraw.Draw(picture)
    width, height = size
    left, top, right, bottom = width // 8, height // 8, width - width // 8, height - height // 8
    if "square" in spoken or "rectangle" in spoken:
        pen.rectangle((left, top, right, bottom), fill=COLOURS[colour])
    elif "triangle" in spoken:
        pen.polygon(((width // 2, top), (right, bottom), (left, bottom)), fill=COLOURS[colour])
    else:
        pen.ellipse((left, top, right, bottom), fill=COLOURS[colour])
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def recolour(data: bytes, words: str) -> bytes:
    """The picture again, whatever is not white in it in the colour that the words name. Raises `NoPicture`."""
    from PIL import Image, ImageChops

    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise NoPicture("it has too many pixels to be changed")
            picture = opened.convert("RGB")
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise NoPicture("its bytes are no picture that I can open") from error
    paper = Image.new("RGB", picture.size, COLOURS["white"])
    ink = ImageChops.difference(picture, paper).convert("L").point(lambda value: 255 if value > 24 else 0)
    paper.paste(Image.new("RGB", picture.size, COLOURS[named_colour(words)]), mask=ink)
    out = io.BytesIO()
    paper.save(out, "PNG", optimize=True)
    return out.getvalue()


def named_colour(words: str) -> str:
    """The colour that is named; blue, unless one is."""
    spoken = words.lower()
    longest_first = sorted(COLOURS, key=len, reverse=True)
    return next((name for name in longest_first if name in spoken), "blue")


def nearest_colour(colour: Colour) -> str:
    """The name of the named colour that looks most like this one."""
    red, green, blue = colour

    def distance(name: str) -> int:
        r, g, b = COLOURS[name]
        return 2 * (red - r) ** 2 + 4 * (green - g) ** 2 + 3 * (blue - b) ** 2

    return min(COLOURS, key=distance)


def _colours(picture: "Image") -> str:
    small = picture.convert("RGBA")
    small.thumbnail((_SAMPLE, _SAMPLE))
    counts: Counter[str] = Counter()
    for share, (red, green, blue, alpha) in _counted(small):
        counts["transparent" if alpha < 32 else nearest_colour((red, green, blue))] += share
    total = counts.total()
    main = [f"{name} ({100 * n // total} %)" for name, n in counts.most_common(3) if n * 20 >= total]
    return f"mostly {', '.join(main)}" if main else "in very many colours"


def _counted(small: "Image") -> list[tuple[int, tuple[int, int, int, int]]]:
    found = small.getcolors(_SAMPLE * _SAMPLE) or []
    return [(n, pixel) for n, pixel in found if isinstance(pixel, tuple) and len(pixel) == 4]
