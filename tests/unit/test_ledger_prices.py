"""What is set aside before a request is more than it will cost, and not absurdly more."""

from decimal import Decimal

import pytest

from bot.ledger import prices
from bot.ledger.words import money
from bot.messages import (
    ChatRequest,
    FilePart,
    Item,
    Model,
    PicturePart,
    PictureRequest,
    PromptMessage,
    Role,
    ServerTool,
    TextPart,
    ToolSpec,
)

MODEL = Model("acme/alpha", input_price="0.000001", output_price="0.00001", max_tokens=32_000)


def request(*parts: TextPart | PicturePart | FilePart, **more: object) -> ChatRequest:
    return ChatRequest("acme/alpha", (PromptMessage("user", parts),), **more)  # type: ignore[arg-type]


def test_the_answer_limit_in_force_counts_and_not_what_the_model_could() -> None:
    assert prices.most(MODEL, 0, 500) == Decimal("0.005")
    assert prices.most_for(request(max_tokens=500), [MODEL]) < Decimal("0.0051")
    unlimited = prices.most_for(request(), [MODEL])
    assert Decimal("0.08") < unlimited < Decimal("0.081")


def test_a_model_that_writes_less_than_the_limit_costs_less() -> None:
    small = Model("acme/small", input_price="0", output_price="0.00001", max_tokens=100)
    assert prices.most(small, 0, 8_000) == Decimal("0.001")


def test_the_highest_of_several_prices_counts() -> None:
    tiers = Model("acme/tiers", input_price="0.000001", output_price="0", peak_input_price="0.000002")
    assert prices.most(tiers, 1_000_000, 0) == Decimal("2.5")  # a quarter more where providers keep the prompt


def test_whichever_of_the_fallbacks_answers_it_is_set_aside() -> None:
    dear = Model("acme/dear", input_price="0.0001", output_price="0.001")
    assert prices.most_for(request(max_tokens=10), [MODEL, dear]) == prices.most_for(
        request(max_tokens=10), [dear]
    )


@pytest.mark.parametrize("model", [None, Model("local/none")])
def test_without_a_published_price_a_good_models_is_assumed(model: Model | None) -> None:
    assert prices.most(model, 1_000_000, 1_000_000) == Decimal("18.75")


def test_free_is_free_and_a_free_tier_with_a_price_is_not() -> None:
    assert prices.most(Model("a/b", input_price="0", output_price="0"), 10**6, 10**6) == 0
    assert prices.most(Model("a/b", free=True), 10**6, 10**6) == 0
    assert prices.most(Model("a/b", input_price="0.1", output_price="0.1", free=True), 1, 1) > 0


@pytest.mark.parametrize(
    "text", ["plain English words, as people write them. " * 50, "これは日本語の文章です。" * 50]
)
def test_text_is_never_taken_for_shorter_than_it_is(text: str) -> None:
    ascii_only = text.isascii()
    tokens = prices.tokens_in((PromptMessage("user", (TextPart(text),)),), ())
    likely = len(text) / 4 if ascii_only else len(text) * 0.8
    assert likely < tokens < 3 * likely


def test_pictures_files_tools_and_searches_count() -> None:
    plain = prices.most_for(request(TextPart("hi")), [MODEL])
    tool = ToolSpec("t", "d" * 300, {"type": "object"})
    for dearer in (
        request(TextPart("hi"), PicturePart("image/png", b"x")),
        request(TextPart("hi"), FilePart("a.pdf", "application/pdf", bytes(100_000))),
        request(TextPart("hi"), tools=(tool,)),
        request(TextPart("hi"), server_tools=(ServerTool("vercel:exa_search"),)),
    ):
        assert prices.most_for(dearer, [MODEL]) > plain


def test_what_is_set_aside_for_a_turn_covers_its_first_request() -> None:
    item = Item(1, Role.USER, "what is a lighthouse? " * 20)
    prompt = (PromptMessage("system", (TextPart("rules " * 400),)), PromptMessage("user", (TextPart(item.text),)))
    assert prices.most_for_turn(MODEL, (item,), 8_000) > prices.most_for(
        ChatRequest("acme/alpha", prompt, max_tokens=8_000), [MODEL]
    )


def test_a_picture_costs_what_is_published_for_one_and_as_much_for_each_that_is_changed() -> None:
    brush = Model("acme/brush", type="image", image_price="0.04")
    source = PicturePart("image/png", b"x")
    assert prices.most_for_picture(brush, PictureRequest("acme/brush", "a heron")) == Decimal("0.04")
    assert prices.most_for_picture(brush, PictureRequest("acme/brush", "bluer", sources=(source,))) == Decimal(
        "0.08"
    )
    assert prices.most_for_picture(None, PictureRequest("acme/new", "a heron")) == prices.ASSUMED_PICTURE
    assert prices.most_for_turn(brush, (), 8_000) == Decimal("0.04")


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "$0"),
        ("1", "$1.00"),
        ("1234.5", "$1,234.50"),
        ("0.126", "$0.13"),
        ("0.0042", "$0.0042"),
        ("0.00000008", "$0.00000008"),
        ("0.004249", "$0.0042"),
    ],
)
def test_money_is_written_as_people_write_it(amount: str, said: str) -> None:
    assert money(Decimal(amount)) == said
