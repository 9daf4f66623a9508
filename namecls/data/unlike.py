"""Rows unlike all others: what is hardly a name, and names that no other name of the file is like.

How often a script or a number of words is usual is told by the file itself: four words are nothing strange among full
names. How far a name is from all others is told by its trigrams: no name can have more of them in common with it than
all others together.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from namecls.data.table import NameTable
from namecls.language import N_, _
from namecls.normalization import spellings, without_accents

if TYPE_CHECKING:
    import polars as pl

Why = Literal["address", "company", "digits", "characters", "mixed", "script", "words", "far"]
WHYS: tuple[Why, ...] = get_args(Why)

_TEXTS: dict[Why, str] = {
    "address": N_("an address: {detail}"),
    "company": N_("a word of companies and institutions: {detail}"),
    "digits": N_("digits: {detail}"),
    "characters": N_("characters that names are not written with: {detail}"),
    "mixed": N_("letters of several scripts in one word: {detail}"),
    "script": N_("letters that are rare under its label: {detail}"),
    "words": N_("{detail} words, more than nearly all others"),
    "far": N_("{detail} % of its trigrams are in no other name"),
}
_WEB = r"\S+@\S+|\S*://\S*|\bwww\.\S+|\S+\.(?:com|org|net|edu|info)\b"
_PLACE = (
    r"\b(?:street|avenue|road|boulevard|lane|drive|square|rue|calle|avenida|p\.? ?o\.? box)\b.*\d|"
    r"\d.*\b(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|drive|square|rue)\b|"
    r"(?:str\.|stra(?:ß|ss)e|gasse|weg)\s*\d"
)
_ADDRESS = rf"(?i)({_WEB}|{_PLACE})"
# Of several words only: what stands alone may be a name.
_COMPANY = (
    r"(?i)\s(inc|ltd|limited|llc|llp|gmbh|corp|corporation|plc|s\.?a\.?r\.?l|oyj|pvt|pty|company|university|universität|"
    r"institute|association|foundation|ministry)\b|^(university|universität|institute|association|foundation|ministry)\s"
)
_CHARACTERS = r"([^\p{L}\p{M}\p{Nd}\s'’\-.,·・]+)"
#: Letters of two alphabets that look alike, one beside the other.
_MIXED = (
    r"(\S*(?:\p{Latin}\p{M}*[\p{Cyrillic}\p{Greek}]|\p{Cyrillic}\p{M}*[\p{Latin}\p{Greek}]|"
    r"\p{Greek}\p{M}*[\p{Latin}\p{Cyrillic}])\S*)"
)
_SCRIPTS = (
    *("Arabic", "Armenian", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Georgian", "Greek", "Gujarati"),
    *("Gurmukhi", "Han", "Hangul", "Hebrew", "Hiragana", "Kannada", "Katakana", "Khmer", "Lao", "Latin"),
    *("Malayalam", "Myanmar", "Sinhala", "Tamil", "Telugu", "Thai", "Tibetan"),
)
_RARE_SCRIPT, _USUAL_SCRIPT, _LEAST_ROWS = 0.01, 0.95, 20  # shares of the rows of a label, and its rows
_MANY_WORDS, _RARE_WORDS = 4, 0.001  # words, and the share of the names that have as many
_GRAM, _LEAST_GRAMS = 3, 5
_FAR, _DENSE = 0.4, 0.05  # shares of grams of which no other name has one: of a name, and of all at most


@dataclass(frozen=True, slots=True)
class Unlike:
    """A row unlike all others, and in what."""

    line: int
    name: str
    label: str
    why: Why
    detail: str

    @property
    def text(self) -> str:
        """In what, as a sentence."""
        return _(_TEXTS[self.why]).format(detail=self.detail)

    def to_json(self) -> dict[str, Any]:
        return {"line": self.line, "name": self.name, "label": self.label, "why": self.why, "text": self.text}


@dataclass(frozen=True, eq=False)
class UnlikeRows:
    """The rows of a table that are unlike all others, by what makes them so, in the order of `WHYS`.

    :param rows: ``line``, ``name``, ``label``, ``why``, a place in `WHYS`, and ``detail``.
    """

    rows: pl.DataFrame = field(repr=False)

    def __len__(self) -> int:
        return self.rows.height

    def page(self, start: int, stop: int) -> list[Unlike]:
        """Those from `start` to before `stop`."""
        page = self.rows[max(start, 0) : max(stop, 0)]
        return [
            Unlike(line, name, str(label), WHYS[why], detail)
            for line, name, label, why, detail in page.iter_rows()
        ]


def find_unlike(table: NameTable) -> UnlikeRows:
    """The rows of a table that are unlike all others; a row is told once, of several reasons the first of `WHYS`."""
    import polars as pl

    rows = table.frame.select("line", "name", "label", spelling=spellings(table.frame["name"]))
    text = pl.col("spelling").str
    found = rows.with_columns(
        _rare_scripts(rows["spelling"], table),
        _many_words(rows["spelling"]),
        _far(rows["spelling"]),
        address=text.extract(_ADDRESS),
        company=pl.coalesce(text.extract(_COMPANY, 1), text.extract(_COMPANY, 2)),
        digits=text.extract(r"(\p{Nd}+)"),
        characters=text.extract(_CHARACTERS),
        mixed=text.extract(_MIXED),
    )
    why = [pl.when(pl.col(each).is_not_null()).then(pl.lit(at, pl.UInt8)) for at, each in enumerate(WHYS)]
    found = found.select("line", "name", "label", why=pl.coalesce(why), detail=pl.coalesce(WHYS))
    return UnlikeRows(found.filter(pl.col("why").is_not_null()).sort("why", maintain_order=True))


def _rare_scripts(spelled: pl.Series, table: NameTable) -> pl.Series:
    """The letters in a script that next to no row of the label is written in, where another script is usual."""
    import numpy as np
    import polars as pl

    codes = table.frame["label"].cast(pl.Enum(table.labels)).to_physical().to_numpy()
    rows = np.bincount(codes, minlength=len(table.labels))
    plain = spelled.str.len_bytes() == spelled.str.len_chars()
    others = (~plain).arg_true()
    texts = spelled.gather(others)
    written = {
        script: others.filter(texts.str.contains(f"\\p{{{script}}}")).to_numpy() for script in _SCRIPTS
    }
    written["Latin"] = np.concatenate(
        [written["Latin"], (plain & spelled.str.contains("[A-Za-z]")).arg_true().to_numpy()]
    )
    counts = {script: np.bincount(codes[places], minlength=len(rows)) for script, places in written.items()}
    usual = np.maximum.reduce(list(counts.values())) >= _USUAL_SCRIPT * rows
    judged = usual & (rows >= _LEAST_ROWS)
    found = pl.Series("script", [None], dtype=pl.String).new_from_index(0, len(spelled))
    for script, places in written.items():
        rare = judged & (counts[script] <= np.maximum(_RARE_SCRIPT * rows, 1))
        if len(strange := places[rare[codes[places]]]):
            letters = spelled.gather(strange).str.extract(f"(\\p{{{script}}}+)")
            found = found.scatter(strange, letters)
    return found


def _many_words(spelled: pl.Series) -> pl.Series:
    """The number of words of names that have more than nearly all others."""
    import polars as pl

    words = spelled.str.count_matches(r"\S+")
    usual = spelled.unique().str.count_matches(r"\S+").quantile(1 - _RARE_WORDS, "lower")
    least = max(_MANY_WORDS, int(usual or 0) + 1)
    return pl.select(words=pl.when(words >= least).then(words.cast(pl.String))).to_series()


def _far(spelled: pl.Series) -> pl.Series:
    """How many per cent of the trigrams of a name are in no other name, of names that are far from all others."""
    import numpy as np
    import polars as pl

    frame = pl.DataFrame({"folded": without_accents(spelled)})
    texts = "^" + frame["folded"].unique(maintain_order=True) + "$"
    lengths = texts.str.len_chars().to_numpy().astype(np.int64)
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32).astype(np.int64)
    of_name = np.repeat(np.arange(len(texts)), lengths)
    inside = np.flatnonzero(of_name[: -_GRAM + 1] == of_name[_GRAM - 1 :])
    of_name = of_name[inside]
    grams = sum(letters[inside + at] << (21 * at) for at in range(_GRAM))  # a character has 21 bits
    _, number = np.unique(grams, return_inverse=True)
    first, last = np.empty((2, len(number)), np.int64)
    last[number], first[number[::-1]] = of_name, of_name[::-1]
    alone = (first == last)[number]
    if alone.mean() > _DENSE:
        return pl.Series("far", [None], dtype=pl.String).new_from_index(0, frame.height)
    counts = np.bincount(of_name, minlength=len(texts))
    shares = np.bincount(of_name, alone, minlength=len(texts)) / np.maximum(counts, 1)
    far = pl.DataFrame({"folded": texts.str.slice(1).str.head(-1), "share": shares, "grams": counts})
    far = far.filter((pl.col("share") >= _FAR) & (pl.col("grams") >= _LEAST_GRAMS))
    told = far.select("folded", far=(100 * pl.col("share")).round().cast(pl.Int64).cast(pl.String))
    return frame.join(told, on="folded", how="left", maintain_order="left")["far"]
