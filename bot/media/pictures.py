"""Pictures made ready to send: turned upright, scaled, packed small. Runs in the worker only."""

import io
import struct
import warnings
from typing import TYPE_CHECKING

from bot.errors import FileRefused
from bot.media.content import Content, Picture
from bot.media.limits import Limits
from bot.messages import ReadingKind

if TYPE_CHECKING:
    from PIL.Image import Image

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
# What Pillow's decoders raise over damaged files; its own error for unknown ones is an OSError.
_DAMAGED = (OSError, EOFError, ValueError, SyntaxError, LookupError, ArithmeticError, TypeError, struct.error)
_QUALITIES = (85, 60)
_FEW_COLOURS = 256
_PNG_LEVEL = 3  # higher ones take several times as long for a few per cent
_SMALL_PNG = 400_000
_SMALLEST_SIDE = 64


def read_picture(name: str, data: bytes, limits: Limits) -> Content:
    """The picture in the file, its first frame if it moves. Raises `FileRefused`."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
                return _read_opened(name, opened, limits)
    except MemoryError as error:
        raise FileRefused(f"{name} takes too much memory to open. Send a smaller picture.") from error
    except Image.DecompressionBombError as error:
        raise FileRefused(_too_many_pixels(name, limits)) from error
    except _DAMAGED as error:
        raise FileRefused(f"{name} is a damaged picture. Save it anew and send that.") from error


def _read_opened(name: str, opened: "Image", limits: Limits) -> Content:
    width, height = opened.size
    if width * height > limits.pixels:
        raise FileRefused(_too_many_pixels(name, limits))
    moves = bool(getattr(opened, "is_animated", False))
    kind = opened.format or "unknown"
    image = upright(opened, limits.long_side)
    text = f"{kind} picture, {width} × {height} pixels"
    if max(image.size) < max(width, height):
        text += f", shown at {image.size[0]} × {image.size[1]}"
    unread = f"Only the first frame of {name} was looked at: it is an animation." if moves else None
    picture = packed(name, image, limits.picture_bytes, lossless=kind != "JPEG")
    return Content(ReadingKind.PICTURE, text=text, pictures=(picture,), unread=unread)


def _too_many_pixels(name: str, limits: Limits) -> str:
    return (
        f"{name} has too many pixels to be opened: {limits.pixels // 1_000_000} million are the most. "
        "Send a smaller picture."
    )


def upright(image: "Image", long_side: int) -> "Image":
    """The picture as grey, colour, or colour with transparency; at most so long; turned as its camera meant it."""
    from PIL import ImageOps

    plain = _plain(image, long_side)
    # Scaled first: turning copies the whole picture, and memory is short.
    plain.thumbnail((long_side, long_side), reducing_gap=2.0)
    turned = ImageOps.exif_transpose(plain)
    turned.info = {}  # where and with what it was taken is nobody's business
    return turned


def _plain(image: "Image", long_side: int) -> "Image":
    if image.format == "JPEG":
        image.draft(None, (long_side, long_side))
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in ("1", "L", "RGB") and "transparency" not in image.info:
        return image.convert("L") if image.mode == "1" else image
    if image.mode in ("CMYK", "YCbCr"):
        return image.convert("RGB")
    # Not converted into itself: that is a copy, and the largest pictures fit but once or twice.
    rgba = image if image.mode == "RGBA" else image.convert("RGBA")
    return rgba if rgba.getchannel("A").getextrema()[0] != 255 else rgba.convert("RGB")


def packed(name: str, image: "Image", most: int, *, lossless: bool) -> Picture:
    """The picture in at most so many bytes: PNG where that is small or holds what JPEG loses, else JPEG."""
    image = _without_needless_colour(image)
    if lossless or image.mode == "RGBA" or _is_flat(image):
        png = _png(image)
        if len(png) <= (most if image.mode == "RGBA" else min(most, _SMALL_PNG)):
            return Picture(name, "image/png", png)
    return Picture(name, "image/jpeg", _jpeg(_on_white(image), most))


def _without_needless_colour(image: "Image") -> "Image":
    """A page of black text as greys: a seventh of the bytes."""
    colours = image.getcolors(_FEW_COLOURS) if image.mode == "RGB" else None
    grey = colours and all(isinstance(colour, tuple) and len(set(colour)) == 1 for _, colour in colours)
    return image.convert("L") if grey else image


def _is_flat(image: "Image") -> bool:
    """Few colours, one of them over half the picture: a page of text, a diagram. No photo is."""
    colours = image.getcolors(_FEW_COLOURS) or ()
    return max((count for count, _ in colours), default=0) * 2 >= image.width * image.height


def _png(image: "Image") -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=_PNG_LEVEL)
    return out.getvalue()


def _jpeg(image: "Image", most: int) -> bytes:
    """Lower quality first, then fewer pixels; at the smallest side the last try stands."""
    while True:
        for quality in _QUALITIES:
            out = io.BytesIO()
            image.save(out, "JPEG", quality=quality)
            if out.tell() <= most:
                return out.getvalue()
        if max(image.size) <= _SMALLEST_SIDE:
            return out.getvalue()
        scale = max(0.5, 0.95 * (most / out.tell()) ** 0.5)
        image = image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))))


def _on_white(image: "Image") -> "Image":
    from PIL import Image

    if image.mode != "RGBA":
        return image
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
