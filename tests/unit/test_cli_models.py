"""The catalogue in a terminal: no wider than that, if that can be."""

from bot.cli.models import LEGEND, listed
from bot.messages import Model

MODELS = (
    Model(
        "zeta/fast-3",
        "Quick Three",
        context_window=32_000,
        input_price="0.000001",
        output_price="0.000005",
        sees=True,
        reads_files=True,
        calls_tools=True,
        reasons=True,
    ),
    Model("acme/paint", type="image", image_price="0.04", draws=True),
    Model("acme/old", withdrawn_at=1_790_000_000.0, free=True),
)


def test_rows_say_what_a_model_can_in_words_where_there_is_room() -> None:
    rows = listed(MODELS, None).splitlines()

    assert [row.split("  ")[0] for row in rows] == ["id", "zeta/fast-3", "acme/paint", "acme/old"]
    assert rows[1] == "zeta/fast-3  32k      $1 / $5          sees, reads files, tools, reasons"
    assert rows[2].endswith("$0.04 a picture  image, draws")
    assert rows[3].endswith("free             is about to be withdrawn")


def test_a_narrow_terminal_gets_letters_and_what_they_mean() -> None:
    printed = listed(MODELS[:1], 40)

    assert max(map(len, printed.replace(LEGEND, "").splitlines())) <= 40
    assert "s f t r" in printed
    assert printed.endswith(f"\n{LEGEND}\n")
