"""What the gateway offers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the gateway's catalogue. Abilities are three-valued: yes, no, or unknown (None).

    Prices are US dollars for one token, in decimal digits; None where none is published.
    """

    id: str
    name: str = ""
    type: str = "language"
    context_window: int | None = None
    max_tokens: int | None = None
    input_price: str | None = None
    output_price: str | None = None
    sees: bool | None = None
    reads_files: bool | None = None
    calls_tools: bool | None = None
    reasons: bool | None = None
