"""Draws a bar chart as a PNG. Pure, but slow: call it on a thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SIZE = (1200, 560)
"""Pixels: twice what it takes in a message, so that it stays sharp."""

_PAPER, _INK, _FAINT, _SURE, _UNSURE = "#ffffff", "#1f2328", "#d0d7de", "#2f6feb", "#a9c5ff"
_LEFT, _TOP, _RIGHT, _BOTTOM = 130, 90, 40, 70
_STEPS = (Decimal(1), Decimal(2), Decimal(5), Decimal(10))
_MOST_LABELS = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its height, and how much of that, at its top, is not certain."""

    label: str
    value: Decimal
    unsure: Decimal = Decimal(0)


def draw(title: str, bars: Sequence[Bar], write: Callable[[Decimal], str]) -> bytes:
    """The chart. `write` puts a value into words, for the axis."""
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", SIZE, _PAPER)
    canvas = ImageDraw.Draw(picture)
    canvas.text((_LEFT, 24), title, fill=_INK, font=ImageFont.load_default(32))
    top = _round_up(max((bar.value for bar in bars), default=Decimal(0)))
    canvas.font = ImageFont.load_default(24)
    _axis(canvas, top, write)
    _bars(canvas, bars, top)
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _round_up(most: Decimal) -> Decimal:
    """The next 1, 2 or 5 of the same size: where the axis ends."""
    if most <= 0:
        return Decimal(1)
    unit = Decimal(1).scaleb(most.adjusted())
    return next(step * unit for step in _STEPS if step * unit >= most)


def _axis(canvas: "ImageDraw", top: Decimal, write: Callable[[Decimal], str]) -> None:
    for part in range(5):
        y = _height(Decimal(part) / 4)
        canvas.line((_LEFT, y, SIZE[0] - _RIGHT, y), fill=_FAINT, width=2)
        canvas.text((_LEFT - 14, y), write(top * part / 4), fill=_INK, anchor="rm")


def _bars(canvas: "ImageDraw", bars: Sequence[Bar], top: Decimal) -> None:
    room = (SIZE[0] - _LEFT - _RIGHT) / max(len(bars), 1)
    every = -(-len(bars) // _MOST_LABELS)
    for n, bar in enumerate(bars):
        middle = _LEFT + room * (n + 0.5)
        half = min(room * 0.35, 48)
        sure = _height((bar.value - bar.unsure) / top)
        if bar.unsure:
            canvas.rectangle((middle - half, _height(bar.value / top), middle + half, sure), fill=_UNSURE)
        if bar.value > bar.unsure:
            canvas.rectangle((middle - half, sure, middle + half, _height(Decimal(0))), fill=_SURE)
        if (len(bars) - 1 - n) % every == 0:
            canvas.text((middle, SIZE[1] - _BOTTOM + 16), bar.label, fill=_INK, anchor="mt")


def _height(share: Decimal) -> float:
    """Where a part of the axis's length ends on the picture."""
    return SIZE[1] - _BOTTOM - float(share) * (SIZE[1] - _BOTTOM - _TOP)
