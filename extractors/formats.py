"""Formats: which characters can stand where in a field, as small patterns that the decoder follows.

A format says what shape the writing has, never which value is likely: no calendar, no check digit, no dictionary.
A `Symbol` is what stands in the text; its `looks` are the engine's characters that mean it there (in a digit's place an
O is a zero), with weights.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce

from extractors.definition import Field, FieldKind

# -------------------- symbols


@dataclass(frozen=True)
class Symbol:
    """A character of the text and what engines take it for: weight 1 looks the same, less is a possible slip."""

    text: str
    looks: Mapping[str, float]


Letters = tuple[Symbol, ...]
"""The symbols of which one can stand in a place."""

# How general engines spell digits, from the shapes (0 O o Q D, 1 l I |) that hand and fax make alike.
DIGIT_LOOKS: Mapping[str, Mapping[str, float]] = {
    "0": {"O": 1, "o": 1, "Q": 1, "D": 1, "U": 0.3, "C": 0.2, "c": 0.2, "a": 0.1},
    "1": {"l": 1, "I": 1, "|": 1, "i": 1, "!": 1, "]": 1, "[": 1, "t": 0.3, "/": 0.3, "\\": 0.3, "j": 0.3, "r": 0.1},
    "2": {"Z": 1, "z": 1, "L": 0.1, "?": 0.3, "&": 0.1, "a": 0.05},
    "3": {"B": 0.05, "}": 0.3, "J": 0.1, "?": 0.1},
    "4": {"A": 0.5, "H": 0.3, "y": 0.3, "u": 0.2, "Y": 0.3, "q": 0.1, "+": 0.2},
    "5": {"S": 1, "s": 1, "$": 1, "J": 0.05},
    "6": {"b": 1, "G": 1, "L": 0.1, "C": 0.1, "h": 0.1, "o": 0.05},
    "7": {"T": 0.5, "?": 0.3, "Y": 0.1, "F": 0.1, "J": 0.1, ">": 0.3, ")": 0.05, "/": 0.05, "n": 0.05},
    "8": {"B": 1, "&": 0.5, "g": 0.1, "%": 0.1, "P": 0.05, "f": 0.05},
    "9": {"g": 1, "q": 1, "a": 0.1, "y": 0.1, "G": 0.05},
}
SAME_SHAPE = "cosvwxzkpu"  # letters whose capital differs in size alone

DIGITS: Letters = tuple(Symbol(d, {d: 1.0, **DIGIT_LOOKS[d]}) for d in string.digits)
SLASH_LOOKS = (
    dict.fromkeys("/|lI", 1.0) | dict.fromkeys("\\!", 0.5) | dict.fromkeys(",f()", 0.3) | {"1": 0.2, "7": 0.05}
)
SLASH: Letters = (
    Symbol("/", SLASH_LOOKS),
    Symbol("-", {"-": 1, "~": 0.5, "_": 0.5}),
    Symbol(".", {".": 1}),
)  # fmt: skip


def _accents() -> dict[str, str]:
    """Letters with an accent, and the letter under it."""
    letters = (chr(code) for code in range(0xC0, 0x180))
    return {c: unicodedata.normalize("NFD", c)[0] for c in letters if len(unicodedata.normalize("NFD", c)) == 2}


ACCENTS = _accents()
# A speck above a letter reads as an accent: the plain letter shares in the belief, so that only a clear accent wins.
ACCENT_SHARE = 0.6


def plain(characters: Iterable[str]) -> Letters:
    """Characters that stand for themselves."""
    return tuple(Symbol(character, {character: 1.0}) for character in characters)


def letters(characters: Iterable[str]) -> Letters:
    """Letters that absorb the accents read over them, and the digits that look like them (a name has none)."""
    digit_of = {look: digit for digit, looks in DIGIT_LOOKS.items() for look, weight in looks.items() if weight == 1}
    found = []
    for letter in characters:
        looks = {letter: 1.0} | {accented: ACCENT_SHARE for accented, base in ACCENTS.items() if base == letter}
        if letter in digit_of:
            looks[digit_of[letter]] = 0.5
        if letter.lower() in SAME_SHAPE:
            looks[letter.swapcase()] = 0.5  # less than its own: LOPEZ stays in capitals
        found.append(Symbol(letter, looks))
    return tuple(found)


# -------------------- patterns


@dataclass(frozen=True)
class Pattern:
    """A position automaton (Glushkov 1961): each place holds one symbol, `follow` says what comes after what."""

    places: tuple[Letters, ...]
    first: frozenset[int]
    last: frozenset[int]
    follow: frozenset[tuple[int, int]]
    nullable: bool


def one(symbols: Letters) -> Pattern:
    """One symbol."""
    return Pattern((symbols,), frozenset({0}), frozenset({0}), frozenset(), nullable=False)


def seq(*parts: Pattern) -> Pattern:
    """The parts one after the other."""
    return reduce(_then, parts)


def either(*parts: Pattern) -> Pattern:
    """One of the parts."""
    return reduce(_or, parts)


def maybe(part: Pattern) -> Pattern:
    """The part or nothing."""
    return Pattern(part.places, part.first, part.last, part.follow, nullable=True)


def many(part: Pattern) -> Pattern:
    """The part once or more often."""
    again = frozenset((a, b) for a in part.last for b in part.first)
    return Pattern(part.places, part.first, part.last, part.follow | again, part.nullable)


def times(part: Pattern, least: int, most: int | None = None) -> Pattern:
    """The part `least` to `most` times (exactly `least` where there is no `most`)."""
    return seq(*[part] * least, *[maybe(part)] * ((most or least) - least))


def _then(a: Pattern, b: Pattern) -> Pattern:
    b = _moved(b, len(a.places))
    joined = frozenset((x, y) for x in a.last for y in b.first)
    first = a.first | b.first if a.nullable else a.first
    last = a.last | b.last if b.nullable else b.last
    return Pattern(a.places + b.places, first, last, a.follow | b.follow | joined, a.nullable and b.nullable)


def _or(a: Pattern, b: Pattern) -> Pattern:
    b = _moved(b, len(a.places))
    either_nullable = a.nullable or b.nullable
    return Pattern(a.places + b.places, a.first | b.first, a.last | b.last, a.follow | b.follow, either_nullable)


def _moved(part: Pattern, by: int) -> Pattern:
    return Pattern(
        part.places,
        frozenset(i + by for i in part.first),
        frozenset(i + by for i in part.last),
        frozenset((i + by, j + by) for i, j in part.follow),
        part.nullable,
    )


# -------------------- formats


@dataclass(frozen=True, eq=False)
class Format:
    """A pattern with a name. `nothing`: characters an engine may see there that mean nothing (a gap's space)."""

    name: str
    pattern: Pattern
    nothing: str = " "


@cache
def digits(least: int, most: int | None = None) -> Format:
    """A number of `least` to `most` digits; spaces mean nothing."""
    return Format(f"digits {least}-{most or least}", times(one(DIGITS), least, most))


def _fainter(symbols: Letters, weight: float) -> Letters:
    """The same symbols, to be preferred only where nothing else fits as well."""
    return tuple(Symbol(symbol.text, {look: weight * w for look, w in symbol.looks.items()}) for symbol in symbols)


def _clear_capitals() -> Letters:
    """The capitals that differ from their small letter in more than size."""
    return plain(c for c in string.ascii_uppercase if c.lower() not in SAME_SHAPE)


def _date() -> Pattern:
    digit, slash = one(DIGITS), one(SLASH)
    day = times(digit, 1, 2)
    year = either(times(digit, 2), times(digit, 4))
    bare = seq(one(_fainter(DIGITS, 0.01)), times(digit, 7))  # MMDDYYYY: only where no separator can be made out
    return either(seq(day, slash, day, slash, year), bare)


def _phone() -> Pattern:
    digit, gap = one(DIGITS), maybe(one(plain("-./")))
    area = either(times(digit, 3), seq(one(plain("(")), times(digit, 3), one(plain(")"))))
    country = maybe(seq(maybe(one(plain("+"))), one((DIGITS[1],)), gap))
    return seq(country, area, gap, times(digit, 3), gap, times(digit, 4))


def _anc() -> Pattern:
    number = seq(times(one(DIGITS), 1, 6), maybe(seq(one(plain(".,")), times(one(DIGITS), 1, 4))))
    unit = seq(one(plain("Kkxcµu/*×")), maybe(many(one(plain(string.ascii_letters + string.digits + "µ³^/.* ")))))
    return seq(number, maybe(unit))


def _dea() -> Pattern:
    # In a letter's place a digit is the letter it looks like; the second letter of a business may be a 9.
    digits_like = {c: {d: 0.5 for d, looks in DIGIT_LOOKS.items() if looks.get(c) == 1} for c in string.ascii_uppercase}
    letter = tuple(Symbol(c, {c: 1.0, c.lower(): 1.0} | digits_like[c]) for c in string.ascii_uppercase)
    return seq(one(letter), one((*letter, Symbol("9", {"9": 0.5}))), times(one(DIGITS), 7))


def _name() -> Pattern:
    """Words in title case or capitals; between them spaces, commas, hyphens and the like."""
    clear_small = [c for c in string.ascii_lowercase if c not in SAME_SHAPE]
    capital = one(letters(string.ascii_uppercase) + letters(clear_small) + plain(ACCENTS))
    # capitals inside a word are fainter: McDonald, but not LoPEz for LOPEZ
    inner = one(letters(string.ascii_lowercase) + _fainter(_clear_capitals(), 0.5) + plain(ACCENTS))
    upper = one(letters(string.ascii_uppercase) + plain(ACCENTS))
    between = many(one(plain(" ,.-'&/()#")))
    return either(_words(seq(capital, maybe(many(inner))), between), _words(many(upper), between))


def _words(word: Pattern, between: Pattern) -> Pattern:
    return seq(maybe(many(seq(word, between))), word, maybe(one(plain("."))))


def _email() -> Pattern:
    """One at-sign, a point in the domain (as good as always); a space is taken for the point it may have been."""
    small = letters(string.ascii_lowercase)
    capital = _clear_capitals()
    other = capital + plain(string.digits)
    at = one((Symbol("@", {"@": 1, "©": 1, "®": 1, "Q": 0.1, "&": 0.1} | dict.fromkeys("ea0Oo", 0.02)),))
    point = one((Symbol(".", {".": 1, ",": 1, " ": 0.5, "'": 0.1, "-": 0.05, "_": 0.05}),))
    local = seq(one(small + other), maybe(many(one(small + other + plain("._-+%'")))))
    label = seq(one(small + other), maybe(many(one(small + other + plain("-")))))
    top = seq(one(small + capital), many(one(small + capital)))
    pointless = seq(one(_fainter(small + other, 0.05)), many(one(small + other)))
    return seq(local, at, either(seq(many(seq(label, point)), top), pointless))


LONGEST_NUMBER = 20  # digits, where neither cells nor a maximal length say less
PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))

DATE_COMB = Format("date_comb", times(one(DIGITS), 8), nothing=" /|")  # MMDDYYYY; the slashes are the form's own
DATE = Format("date", _date())
PHONE = Format("phone", _phone())
NPI = digits(10)
NCPDP = digits(7)
ZIP_COMB = digits(5)
ZIP = Format("zip", seq(times(one(DIGITS), 5), maybe(seq(one(plain("-")), times(one(DIGITS), 4)))))
DEA = Format("dea", _dea())
NPI_OR_DEA = Format("npi_or_dea", either(NPI.pattern, DEA.pattern))
ANC = Format("anc", _anc())
ANC_COMB = Format("anc_comb", seq(times(one(DIGITS), 1, 6), maybe(seq(one(plain(".")), times(one(DIGITS), 1, 2)))))
NAME = Format("name", _name(), nothing="")
EMAIL = Format("email", _email())
FREE = Format("free", many(one(plain(PRINTABLE + "µ" + "".join(ACCENTS)))), nothing="")


def format_of(wanted: Field) -> Format:
    """The format of a form's field, by its kind, its comb cells and the standing parts of its name."""
    cells = len(wanted.cells)
    match wanted.kind:
        case FieldKind.DATE:
            return DATE_COMB if cells else DATE
        case FieldKind.DIGITS:
            return _format_of_digits(wanted.name, cells, wanted.max_length)
        case FieldKind.TEXT:
            return _format_of_text(wanted.name)
        case _:
            return FREE


def _format_of_digits(name: str, cells: int, max_length: int | None) -> Format:
    if any(part in name for part in ("phone", "fax", "mobile")):
        return PHONE
    if "npi" in name:
        return NPI
    if "ncpdp" in name:
        return NCPDP
    if "zip" in name:
        return ZIP_COMB if cells else ZIP
    if "anc" in name:
        return ANC_COMB if cells else ANC
    return digits(1, cells or max_length or LONGEST_NUMBER)


def _format_of_text(name: str) -> Format:
    if "email" in name:
        return EMAIL
    if "npi_or_dea" in name:
        return NPI_OR_DEA
    if "dea" in name.split("_"):
        return DEA
    person = not any(place in name for place in ("pharmacy", "practice", "facility", "chain"))
    return NAME if person and ("name" in name or name.endswith("initial")) else FREE
