"""How models are described: prices that are not published are not free, and nothing is longer than it may be."""

import pytest

from bot.commands.wording import LABEL_LIMIT, at_length, describe, label, price
from bot.messages import Model, ModelDetails, Provider

ALPHA = Model(
    "acme/alpha-2",
    "Alpha 2",
    context_window=200_000,
    max_tokens=32_000,
    input_price="0.000001",
    output_price="0.000005",
    sees=True,
    reads_files=True,
    calls_tools=True,
    reasons=None,
    draws=False,
)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Model("a/b", input_price="0.000001", output_price="0.000005"), "$1 / $5 per M"),
        (Model("a/b", input_price="0.00000015", output_price="0.0000006"), "$0.15 / $0.6 per M"),
        (Model("a/b", input_price="0.00001", output_price="0.0001"), "$10 / $100 per M"),
        (
            Model("a/b", input_price="0.000001", output_price="0.000005", peak_input_price="0.000002"),
            "from $1 / $5 per M",
        ),
        (
            Model("a/b", input_price="0.000001", output_price="0.000005", peak_input_price="0.000001"),
            "$1 / $5 per M",
        ),
        (Model("a/b", input_price="0", output_price="0"), "free"),
        (Model("a/b", free=True), "free"),
        (Model("a/b"), "price not published"),
        (Model("a/b", input_price="0.000001"), "price not published"),
        (Model("a/b", type="embedding", input_price="0.00000002"), "$0.02 per M"),
        (Model("a/b", type="image", image_price="0.040"), "$0.04 a picture"),
    ],
)
def test_a_price_is_told_as_published_or_not_at_all(model: Model, told: str) -> None:
    assert price(model) == told


def test_a_model_is_described_in_one_line_by_its_id_and_suggested_by_its_name() -> None:
    facts = "200k context · $1 / $5 per M · sees, reads files, tools"

    assert describe(ALPHA) == f"acme/alpha-2 · {facts}"
    assert label(ALPHA) == f"Alpha 2 · {facts}"


def test_a_suggestion_is_never_longer_than_a_platform_takes() -> None:
    long = Model("a/b", "Name " * 40, context_window=1_048_576, sees=True, draws=True, hears=True)

    assert len(label(long)) <= LABEL_LIMIT
    assert label(long).endswith("hears, draws")
    assert len(label(Model("x/" + "y" * 300))) <= LABEL_LIMIT


def test_a_bare_model_is_described_without_inventing_anything() -> None:
    assert describe(Model("qwen3:8b")) == "qwen3:8b · price not published"
    assert "sees pictures: unknown" in at_length(ModelDetails(Model("qwen3:8b")))


def test_a_withdrawal_is_told_everywhere() -> None:
    leaving = Model("a/b", withdrawn_at=1_790_000_000.0)

    assert "withdrawn on 2026-09-21" in describe(leaving)
    assert "⚠ Withdrawn on 2026-09-21" in at_length(ModelDetails(leaving))


def test_at_length_a_model_tells_everything_and_who_provides_it() -> None:
    model = Model(
        "acme/alpha-2",
        "Alpha 2",
        description="General model.",
        context_window=200_000,
        max_tokens=32_000,
        input_price="0.000001",
        output_price="0.000005",
        peak_input_price="0.000002",
        peak_output_price="0.000005",
        cached_price="0.0000001",
        search_price="10",
        sees=True,
        calls_tools=False,
        reasoning_levels=("low", "high"),
        parameters=("max_tokens",),
        zdr="all",
        no_training="some",
        knowledge="2025-08",
    )
    acme = Provider("acme", 200_000, 32_000, "0.000001", "0.000005", 99.9, 0.8, 93.0)

    told = at_length(ModelDetails(model, (acme, Provider("bare"))))
    prices = "from $1 / $5 per M, $2 / $5 for long prompts, $0.1 for what is cached, $10 for a thousand searches"
    can = "sees pictures: yes; reads files: unknown; hears recordings: unknown; calls tools: no"

    assert told.splitlines() == [
        "**Alpha 2** `acme/alpha-2`",
        "General model.",
        "- Takes up to 200,000 tokens, answers with up to 32,000",
        f"- Price: {prices}",
        f"- {can}; reasons: unknown; draws: unknown",
        "- Thinks as hard as it is asked to: low, high",
        "- Parameters: max_tokens",
        "- Nothing is kept by all its providers",
        "- Nothing is used for training by some of its providers",
        "- Knows the world up to 2025-08",
        "",
        "Provided by:",
        "- acme, 200k context, $1 / $5 per M, 99.9 % up, first word after 0.8 s, 93 tokens a second",
        "- bare",
    ]
