"""The catalogue in a terminal: sorted, narrowed down by words, no wider than the terminal if that can be."""

from bot.cli.models import LEGEND, listed, matching
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


def test_rows_are_sorted_and_say_what_a_model_can_in_words_where_there_is_room() -> None:
    rows = listed(matching(MODELS, ()), None).splitlines()

    assert [row.split("  ")[0] for row in rows] == ["id", "acme/old", "acme/paint", "zeta/fast-3"]
    assert rows[1].endswith("free             is about to be withdrawn")
    assert rows[2].endswith("$0.04 a picture  image, draws")
    assert rows[3] == "zeta/fast-3  32k      $1 / $5          sees, reads files, tools, reasons"


def test_a_narrow_terminal_gets_letters_and_what_they_mean() -> None:
    printed = listed(matching(MODELS, ("fast",)), 40)

    assert max(map(len, printed.replace(LEGEND, "").splitlines())) <= 40
    assert "s f t r" in printed
    assert printed.endswith(f"\n{LEGEND}\n")


def test_every_word_has_to_fit_in_any_of_what_is_known() -> None:
    def ids(*words: str) -> list[str]:
        return [model.id for model in matching(MODELS, words)]

    assert ids("quick") == ["zeta/fast-3"]
    assert ids("ACME", "draws") == ["acme/paint"]
    assert ids("free") == ["acme/old"]
    assert ids("withdrawn") == ["acme/old"]
    assert ids("reads files") == ["zeta/fast-3"]
    assert ids("acme", "tools") == []
