"""Which part of a full name is the family name, by how it is written.

What stands before a comma is the family name; else it is the last word with the particles before it (`van`, `de la`,
`bin`), and what stands before a joining word (`Ortega y Gasset`). Titles, initials, degrees and generations don't
count. In Chinese characters and Hangul it is the first word (`王 小明`); without a space, its first letters (`王小明`).
Whether it stands first in Latin letters, as some in East Asia and Hungary write it, can't be seen from that:
see `inference.family_names`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from namecls.normalization import Normalizer
from namecls.text import has_letters

#: What stands in every name of more than one word; a full stop in titles without a space.
_SIGNS = re.compile(r"[ ,.،、]")
_COMMA = re.compile(r"[,،、]")
_GLUED = re.compile(r"\b(dr|prof|mr|mrs|ms|mme|mlle|sr|sra|ing)\.(?=\w{2})", re.IGNORECASE)
_INITIAL = re.compile(r"(?:[^\W\d_]\.)+-?(?:[^\W\d_]\.?)?|[^\W\d_]")


def _listed(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: A name in Chinese characters or Hangul, perhaps with a given name in hiragana.
_EAST_ASIAN = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3][\u3005\u3006\u30f6\u3041-\u3096\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]*"
)
_FIRST_KANA, _FIRST_EAST_ASIAN = "\u3041", "\u3400"
#: The longest family name in it, and the longest full name.
_LONGEST_FAMILY, _LONGEST_NAME = 3, 7

#: What may stand before a name; compared in small letters, without full stops.
TITLES = _listed(
    """
    dr drs prof professor doctor mr mrs ms miss mx mister sir dame lady lord rev reverend fr hon capt captain col gen
    lt sgt herr hr frau fräulein dipl dipl-ing ing mag lic mme mlle monsieur madame mademoiselle messrs
    sr sra srta señor señora señorita senor senora senhor senhora don doña dona
    dott dottssa sig sigra signor signora signorina dhr mevr mw mej fru frk pan pani mgr inż inz judr mudr phdr rndr
    bc bay hanım shri sri smt kumari haji hajji sheikh д-р проф г-н г-жа доц акад κ κος κα
    """
)
#: What may stand behind a name.
ENDINGS = _listed(
    "jr sr jun sen junior júnior ii iii iv phd dphil md mba msc bsc dds esq llm llb cpa obe cbe mbe csc filho neto"
)
#: Those of both that people are called by as well, so that they may be a name where nothing else is.
_BORNE = _listed(
    """
    bay captain col dame doctor don dona doña filho fr frau gen haji hajji herr hon ing jun junior júnior kumari lady
    lord mag mba neto pan pani sen sheikh sig sir sri
    """
)
#: Words that belong to the family name behind them.
PARTICLES = _listed(
    """
    van von vom zu zur zum de der den del della delle dello dei degli dal dalla dalle di da das do dos du des d'
    la le las los lo el al ul ud ur as ash bin ben ibn bint abu abd abdul abdel ould
    ter ten te tot op 't in het af av st st. ste saint san santa são mac mc o' o ó ní nic uí ui ap fitz y
    """
)
#: Those that are a given name where they stand first in capitals.
_GIVEN = frozenset({"al", "ben", "della", "do", "in", "as"})
#: Words that join two family names.
_JOINING = frozenset({"y", "i", "e"})

_SPELLING = Normalizer()


class FullName(NamedTuple):
    """A full name taken apart.

    :param whole: without titles and what stands behind a name; nothing if there is nothing else.
    :param family: the family name by how it is written.
    :param first: the first word, if that may be the family name instead; else nothing.
    :param last: the last word, which is a given name then.
    """

    whole: str
    family: str
    first: str = ""
    last: str = ""


def may_be_full(name: str) -> bool:
    """Whether there is anything to take apart."""
    return _SIGNS.search(name) is not None or (name >= _FIRST_EAST_ASIAN and bool(beginnings(name)))


def beginnings(name: str) -> tuple[str, ...]:
    """What may be the family name of a full name in Chinese characters or Hangul without a space, the longest first."""
    if not 2 <= len(name) <= _LONGEST_NAME or not _EAST_ASIAN.fullmatch(name):
        return ()
    return tuple(name[:length] for length in range(min(_LONGEST_FAMILY, len(name) - 1), 0, -1))


def take_apart(name: str) -> FullName:
    """Take a full name apart by how it is written; a name of one word is itself."""
    text = _SPELLING(name)
    if "." in text:
        text = _GLUED.sub(r"\1. ", text)
    before, *behind = map(_words, _COMMA.split(text))
    if behind := [words for words in behind if words]:
        family = " ".join(before or behind[0])
        return FullName(family, family)
    words = before or _untitled(text)
    whole = " ".join(words)
    if len(words) < 2:
        return FullName(whole, whole)
    if words[-1] >= _FIRST_KANA and all(map(_EAST_ASIAN.fullmatch, words[:-1])):
        return FullName(whole, words[0])
    start = len(words) - 1
    while start and _is_particle(words, start - 1):
        start -= 2 if words[start - 1] in _JOINING and start > 1 else 1
    family = " ".join(words[start:])
    return FullName(whole, family, words[0] if start else "", words[-1])


def _words(text: str) -> list[str]:
    """The words of a name without titles, endings and initials; none if it is nothing else."""
    words = text.split()
    while words and _bare(words[0]) in TITLES:
        del words[0]
    while words and _bare(words[-1]) in ENDINGS:
        del words[-1]
    return [word for word in words if (len(word) > 1 and word.isalpha()) or _is_of_a_name(word)]


def _is_of_a_name(word: str) -> bool:
    """Whether a word has letters, and is no initial."""
    return has_letters(word) and (word in _JOINING or not _INITIAL.fullmatch(word) or not word.isupper())


def _bare(word: str) -> str:
    return word.replace(".", "").casefold()


def _untitled(text: str) -> list[str]:
    """The words of a text of titles, endings and initials that may be a name all the same; none: nothing may."""
    words = list(filter(has_letters, _COMMA.sub(" ", text).split()))
    if not words or not may_be_full(text):
        return text.split()
    return [word for word in words if _bare(word) not in (TITLES | ENDINGS) - _BORNE]


def _is_particle(words: list[str], place: int) -> bool:
    word = words[place].casefold()
    return (word in PARTICLES or words[place] in _JOINING) and not (
        place == 0 and word in _GIVEN and not words[0].islower()
    )
