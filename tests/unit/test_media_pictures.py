"""Pictures as they are sent: upright, small enough, without their secrets; and those that are not opened."""

import io
import random

import pytest
from PIL import Image

from bot.media.content import Content
from bot.media.limits import Limits
from bot.media.worker import read
from bot.messages import ReadingKind
from tests.files import animation, image_bomb, noise, photo_on_its_side, picture, transparent_picture


def only(content: Content) -> Image.Image:
    """The one picture that was read."""
    assert content.kind is ReadingKind.PICTURE, content.unread
    (found,) = content.pictures
    opened = Image.open(io.BytesIO(found.data))
    assert Image.MIME[opened.format or ""] == found.media_type
    return opened


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_each_kind_is_read(form: str) -> None:
    content = read("dot", picture(form), Limits())

    seen = only(content).convert("RGB").getpixel((40, 30))
    assert isinstance(seen, tuple)
    assert seen[0] > 240
    assert max(seen[1:]) < 15
    assert content.text == f"{form} picture, 80 × 60 pixels"
    assert content.unread is None


def test_a_photo_is_turned_as_its_camera_meant_it() -> None:
    seen = only(read("photo.jpg", photo_on_its_side(), Limits()))

    assert seen.size == (60, 80)
    top, bottom = (seen.convert("RGB").getpixel((30, y)) for y in (5, 75))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > bottom[0]


def test_where_and_with_what_a_photo_was_taken_is_not_passed_on() -> None:
    seen = only(read("photo.jpg", photo_on_its_side(), Limits()))

    assert not seen.getexif()
    assert not {"exif", "icc_profile", "comment"} & set(seen.info)


def test_a_large_picture_is_scaled_and_its_own_size_told() -> None:
    content = read("wide.png", picture(size=(4000, 1000)), Limits())

    assert only(content).size == (1568, 392)
    assert content.text == "PNG picture, 4000 × 1000 pixels, shown at 1568 × 392"


def test_a_small_picture_is_not_enlarged() -> None:
    assert only(read("dot.png", picture(size=(3, 2)), Limits())).size == (3, 2)


@pytest.mark.parametrize("most", [200_000, 60_000, 9_000])
def test_no_picture_is_larger_than_allowed(most: int) -> None:
    content = read("noise.png", noise("PNG", (900, 700)), Limits(picture_bytes=most))

    assert len(content.pictures[0].data) <= most
    only(content).load()


def test_transparency_is_kept() -> None:
    seen = only(read("hole.png", transparent_picture(), Limits()))

    assert seen.mode == "RGBA"
    assert seen.getpixel((25, 25)) == (0, 0, 0, 0)


def test_a_screenshot_stays_sharp_and_a_photo_becomes_small() -> None:
    sharp = read("screen.png", picture(size=(800, 600)), Limits()).pictures[0]
    photo = read("photo.webp", noise("WEBP", (1200, 900)), Limits()).pictures[0]

    assert sharp.media_type == "image/png"
    assert photo.media_type == "image/jpeg"


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_of_an_animation_the_first_frame_is_shown_and_the_rest_said(form: str) -> None:
    content = read(f"anim.{form}", animation(form), Limits())

    seen = only(content).convert("RGB").getpixel((20, 15))
    assert isinstance(seen, tuple)
    assert seen[0] > 200
    assert content.unread == f"Only the first frame of anim.{form} was looked at: it is an animation."


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_to_store_colours_is_read(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (40, 30)).save(out, "JPEG" if mode == "CMYK" else "PNG")

    assert only(read("odd", out.getvalue(), Limits())).size == (40, 30)


def test_deep_greys_keep_their_brightness() -> None:
    out = io.BytesIO()
    Image.new("I;16", (40, 30), 32_768).save(out, "PNG")

    assert only(read("x-ray.png", out.getvalue(), Limits())).convert("L").getpixel((5, 5)) == 128


@pytest.mark.parametrize("side", [7_100, 60_000, 2_000_000_000])
def test_an_image_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    content = read("bomb.png", image_bomb(side), Limits())

    assert content.kind is ReadingKind.UNREAD
    assert content.unread == (
        "bomb.png has too many pixels to be opened: 50 million are the most. Send a smaller picture."
    )


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_damaged_picture_is_called_damaged(form: str) -> None:
    whole = noise(form, (200, 200))

    content = read("half", whole[: len(whole) // 2], Limits())

    assert content.unread == "half is a damaged picture. Save it anew and send that."


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP"])
def test_no_mutilation_of_a_picture_gets_past_the_reader(form: str) -> None:
    chance = random.Random(7)
    whole = animation(form) if form != "JPEG" else photo_on_its_side()
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)

        content = read("bent", bytes(data), Limits(pixels=1_000_000))

        assert content.pictures or content.unread or content.text
