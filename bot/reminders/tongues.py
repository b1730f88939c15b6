"""Times as other languages put them, where dateparser does not read them whole: said in English. Pure.

It reads a day, or a length of time; a day with a time, or what comes again and again, it takes apart wrongly.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Replacement: TypeAlias = str | Callable[["re.Match[str]"], str]

_ENGLISH_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS: Final = (
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miércoles jueves viernes sábado domingo",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
)
_DAY_NAMES: Final = {name: day for names in _DAYS for name, day in zip(names.split(), _ENGLISH_DAYS, strict=True)}
_A_DAY: Final = rf"(?P<day>{'|'.join(_DAY_NAMES)})s?"
_A_NUMBER: Final = r"(?P<n>\d{1,3}|einer?|einem|une?|una|un|een)"
_UNITS: Final = {
    "minute": "minuten? minuti minutos? minuut",
    "hour": "stunden? heures? horas? ore ora uur uren",
    "day": "tage?n? jours? días? giorni giorno dag dagen",
    "week": "wochen? semaines? semanas? settimane settimana week weken",
    "month": "monate?n? mois meses mes mesi mese maand maanden",
}  # fmt: skip
_A_UNIT: Final = "|".join(
    rf"(?P<{unit}>minutes?|{words.replace(' ', '|')})"
    if unit == "minute"
    else rf"(?P<{unit}>{words.replace(' ', '|')})"
    for unit, words in _UNITS.items()
)
_HOUR_OF_CJK: Final = re.compile(
    r"(?P<part>午前|午後|上午|下午|早上|晚上|夜|朝|오전|오후)?\s*の?(?P<hour>\d{1,2})\s*[時点點时시](?!間|间|間|간)"
    r"(?:(?P<half>半)|(?P<minute>\d{1,2})\s*[分분])?"
)
_LATER: Final = frozenset({"午後", "下午", "晚上", "夜", "오후"})
_DAY_OF_CJK: Final = dict(zip("月火水木金土日", _ENGLISH_DAYS, strict=True))


def in_english(words: str) -> str:
    """These words, in lower case, with what is known here said in English."""
    if words.isascii() and not _ASCII.search(words):
        return words
    for pattern, instead in _SAYINGS:
        words = pattern.sub(instead, words)
    return " ".join(words.split())


def _hour_of_cjk(found: "re.Match[str]") -> str:
    hour, minute = int(found["hour"]), 30 if found["half"] else int(found["minute"] or 0)
    later = found["part"] in _LATER and hour < 12
    return f" at {hour + 12 if later else hour:02d}:{minute:02d} "


def _half_before(found: "re.Match[str]") -> str:
    """“Halb zehn” is half past nine."""
    hour = _HOURS.get(found["hour"]) or int(found["hour"])
    return f"half past {(hour - 1) or 12}"


_NUMBERS: Final = "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
_HOURS: Final = {word: n for n, word in enumerate(_NUMBERS.split(), start=1)}


def _length(found: "re.Match[str]") -> str:
    unit = next(unit for unit in _UNITS if found[unit])
    number = found["n"] if found["n"].isdigit() else "1"
    return f"in {number} {unit}s"


def _day(form: str) -> Replacement:
    return lambda found: form.format(_DAY_NAMES[found["day"]])


def _sayings() -> Iterator[tuple[str, Replacement]]:
    """What is looked for, and what is said instead, in this order."""
    yield (
        r"\b(?:in einer halben stunde|dans une demi-heure|en media hora|tra mezz['’]ora|over een half uur)\b",
        "in 30 minutes",
    )
    yield r"\b(?:in einer viertelstunde|dans un quart d['’]heure)\b", "in 15 minutes"
    yield r"\b(?:in anderthalb stunden)\b", "in 90 minutes"
    yield rf"\b(?:in|dans|dentro de|en|tra|fra|over) {_A_NUMBER} (?:{_A_UNIT})(?!\w)", _length
    yield rf"\b(?:um )?halb (?P<hour>\d{{1,2}}|{'|'.join(_HOURS)})\b", _half_before
    yield r"\bviertel nach (\w+)", r"quarter past \1"
    yield r"\bviertel vor (\w+)", r"quarter to \1"
    yield r"(?<!\w)(?:übermorgen|après-demain|pasado mañana|dopodomani|overmorgen)\b", "day after tomorrow"
    yield r"\b(?:morgen früh|demain matin|mañana por la mañana|domani mattina|morgenochtend)\b", "tomorrow morning"
    yield r"\b(?:heute abend|ce soir|esta noche|stasera|vanavond)\b", "tonight"
    yield (
        r"\b(?:jeden|jede|jedes|chaque|cada|ogni|elke|elk|tous les|todos los) (?:tag|jours?|días?|giorno|dag)\b",
        "every day",
    )
    yield r"\b(?:jede|chaque|cada|ogni|elke) (?:woche|semaine|semana|settimana|week)\b", "every week"
    yield r"\b(?:jeden|chaque|cada|ogni|elke|tous les) (?:monat|mois|mes|mese|maand)\b", "every month"
    yield rf"\b(?:jeden|chaque|cada|ogni|elke|tous les|todos los) {_A_DAY}(?!\w)", _day("every {}")
    yield rf"(?<!\w)(?:am )?(?:nächsten|kommenden|el próximo|volgende) {_A_DAY}(?!\w)", _day("next {}")
    yield rf"\b{_A_DAY} (?:prochain|prossimo|que viene)\b", _day("next {}")
    yield rf"\b(?:am |el |le )?{_A_DAY}(?!\w)", _day("{}")
    yield r"\b(?:heute|aujourd['’]hui|hoy|oggi|vandaag)\b", "today"
    yield r"\b(?:morgen|demain|mañana|domani)\b", "tomorrow"
    yield r"(?<!\w)(?:mittags?|midi|mediodía|mezzogiorno)\b", "noon"
    yield r"\bpor la mañana\b|\bmorgens\b|\bdu matin\b", "in the morning"
    yield r"\bpor la tarde\b|\bnachmittags?\b", "in the afternoon"
    yield r"\babends?\b|\bdu soir\b|\bdi sera\b", "in the evening"
    yield r"\bom (\d{1,2}(?:[:.]\d\d)?)(?: uur)?\b", r"at \1"
    yield r"(?<!\w)(?:завтра)(?!\w)", "tomorrow"
    yield r"(?<!\w)(?:сегодня)(?!\w)", "today"
    yield r"(?<!\w)(?:jutro)(?!\w)", "tomorrow"
    yield r"(?<!\w)[вo] (\d{1,2}(?::\d\d)?)(?:\s*(?:часов|часа|час|ч))?(?![\w:])", r"at \1"
    yield r"(?<![\d年년])(\d{1,2})[月월]\s*(\d{1,2})[日일号號]", r"\2.\1. "
    yield r"毎週\s*([月火水木金土日])曜日?", lambda found: f"every {_DAY_OF_CJK[found[1]]} "
    yield r"来週の?\s*([月火水木金土日])曜日?", lambda found: f"{_DAY_OF_CJK[found[1]]} next week "
    yield r"([月火水木金土日])曜日?", lambda found: f"{_DAY_OF_CJK[found[1]]} "
    yield r"毎日|每天|매일", "every day "
    yield r"明後日|あさって|后天|後天|모레", "day after tomorrow "
    yield r"明日|あした|明天|내일", "tomorrow "
    yield r"今日|きょう|今天|오늘", "today "
    yield _HOUR_OF_CJK.pattern, _hour_of_cjk
    yield r"(?<=[ \d])(?:の|に|에)(?= |$)", " "
    yield r"(?:正午)に?", "noon"


_SAYINGS: Final = tuple((re.compile(pattern), instead) for pattern, instead in _sayings())
_ASCII: Final = re.compile(
    rf"\b(?:{'|'.join(name for name in _DAY_NAMES if name.isascii())}|halb|viertel|heute|morgens?|jede[ns]?|demain"
    r"|ce soir|stasera|domani|oggi|ogni|hoy|esta|cada|tous|chaque|in einer|stunden?|tagen?|wochen?|monaten?|dans"
    r"|dentro|en|tra|fra|over|om|elke?|vanavond|vandaag|jutro|mittags?|midi|abends?|uur)\b"
)
"""One of these stands in whatever has to be said in English and is written in plain letters."""
