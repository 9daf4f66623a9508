"""How the bytes of a text are to be read: UTF-8, or the encoding that is asked for; and which one they look like."""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

from namecls import paths
from namecls.data.lines import MAX_BYTES
from namecls.errors import DataError, shown
from namecls.language import _

UTF_8 = "UTF-8"

#: Encodings as they are called here, with Python's name of each; any of Python's other names for one will do.
_ENCODINGS = {
    UTF_8: "utf_8",
    "UTF-16": "utf_16",
    "UTF-16LE": "utf_16_le",
    "UTF-16BE": "utf_16_be",
    "UTF-32": "utf_32",
    "ASCII": "ascii",
    **{f"Windows-{page}": f"cp{page}" for page in (*range(1250, 1259), 874)},
    **{f"ISO-8859-{part}": f"iso8859_{part}" for part in (*range(1, 12), *range(13, 17))},
    "GBK": "gbk",
    "GB18030": "gb18030",
    "GB2312": "gb2312",
    "Big5": "big5",
    "Big5-HKSCS": "big5hkscs",
    "Shift-JIS": "cp932",  # Microsoft's, of which the standard one is a part
    "EUC-JP": "euc_jp",
    "ISO-2022-JP": "iso2022_jp",
    "EUC-KR": "cp949",  # likewise
    "KOI8-R": "koi8_r",
    "KOI8-U": "koi8_u",
    "TIS-620": "tis_620",
    "Mac-Roman": "mac_roman",
    **{f"CP{page}": f"cp{page}" for page in (437, 737, 775, 850, 852, 855, 857, 858, 862, 865, 866, 869)},
}
_SAME = {"shift_jis": "cp932", "euc_kr": "cp949", "utf_8_sig": "utf_8", "cp950": "big5"}
_BY_CODEC = {codec: name for name, codec in _ENCODINGS.items()}
#: What single bytes of European names may mean, the likelier first.
_EUROPEAN = ("cp1252", "cp1250", "cp1254", "cp1257", "iso8859_2", "mac_roman", "cp850", "cp852")
#: What else is looked for.
_OTHERS = (
    "gb18030",
    "big5",
    "cp932",
    "euc_jp",
    "euc_kr",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1255",
    "cp1256",
    "cp874",
)
_CLEAR = 1.02  # how much better than Windows-1252 a rarer one has to fit
_MARK = b"\xef\xbb\xbf"
_SAMPLE = 2**16  # bytes with accents that are looked at
_WORD = re.compile(rb"[^\s,;]*[\x80-\xff][^\s,;]*")
_BROKEN = "namecls.broken"


def known_encoding(name: str) -> str:
    """The encoding that is meant, as it is called here.

    :raises DataError: if there is none of this name.
    """
    try:
        name = name.strip().lower().removeprefix("windows-")
        codec = codecs.lookup(f"cp{name}" if name.isdecimal() else name).name.replace("-", "_")
    except (LookupError, ValueError):
        codec = ""
    found = _BY_CODEC.get(_SAME.get(codec, codec))
    if found is None:
        usual = _("UTF-8, UTF-16, Windows-1252, ISO-8859-1, GBK, Big5, Shift-JIS, EUC-KR, KOI8-R")
        raise DataError(
            _("expected an encoding such as {usual} and their like, found {name}").format(
                usual=usual, name=shown(name)
            )
        )
    return found


def codec_of(encoding: str) -> str:
    """Python's name of an encoding, as `known_encoding` calls it."""
    return _ENCODINGS[encoding]


def decoded(path: Path, data: bytes, encoding: str | None) -> bytes:
    """A text as UTF-8 without byte order marks; what can't be decoded becomes bytes that are no UTF-8.

    :param encoding: as `known_encoding` calls it; None: it is UTF-8.
    :raises DataError: if it is larger than the limit then.
    """
    if encoding is not None and encoding != UTF_8:
        data = _to_utf8(path, data, encoding)
    data = data.removeprefix(_MARK)
    # Files that were put together have the marks of each.
    return data.replace(b"\n" + _MARK, b"\n") if b"\n" + _MARK in data else data


def decoder(encoding: str) -> codecs.IncrementalDecoder:
    """What makes text of bytes, and half a surrogate pair of what can't be decoded: as UTF-8 that is none."""
    codecs.register_error(_BROKEN, lambda error: ("\udc80", error.end))  # type: ignore[attr-defined]
    return codecs.getincrementaldecoder(_ENCODINGS[encoding])(_BROKEN)


def _to_utf8(path: Path, data: bytes, encoding: str) -> bytes:
    text = decoder(encoding).decode(data, final=True).encode(errors="surrogatepass")
    if len(text) > MAX_BYTES:
        raise DataError(
            _(
                "{path}: as UTF-8 larger than {max_bytes} MiB, the most that is read; take a part of it"
            ).format(path=path, max_bytes=MAX_BYTES >> 20)
        )
    return text


def not_decoded(data: bytes, encoding: str, broken: int, lines: int, accented: int = 0) -> str:
    """What to say of a text of which too many lines can't be decoded."""
    found = _("expected {encoding} text, found {broken:,} of {lines:,} lines that are not").format(
        encoding=encoding, broken=broken, lines=lines
    )
    likely = likely_encoding(data)
    if accented >= broken:
        return _(
            "{found}, and {accented:,} with accents that are: files of two encodings put together? save it as UTF-8"
        ).format(found=found, accented=accented)
    if likely is None or likely == encoding:
        return _("{found}; say how it is encoded with --encoding, or save it as UTF-8").format(found=found)
    return _("{found}; it looks like {likely}: --encoding {option} reads it so, or save it as UTF-8").format(
        found=found, likely=likely, option=likely.lower()
    )


def likely_encoding(data: bytes) -> str | None:
    """The encoding that bytes which are not UTF-8 look like; None if none of those that are looked for."""
    words, size = [], 0
    for found in _WORD.finditer(data):
        words.append(found[0])
        size += len(found[0])
        if size > _SAMPLE:
            break
    sample = b"\n".join(words)
    if not sample:
        return None
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=[*_OTHERS, *_EUROPEAN]).best()
    codec = best.encoding if best is not None else None
    if codec is None or codec in _EUROPEAN:  # it hardly tells these apart: what names look like does
        codec = _european(words)
    if codec == "gb18030":
        codec = "gbk" if _decodes(sample, "gbk") else codec
    return _BY_CODEC[_SAME.get(codec, codec)] if codec is not None else None


def _decodes(sample: bytes, codec: str) -> bool:
    try:
        sample.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _european(words: list[bytes]) -> str | None:
    """The encoding in which words look most like the names that come with namecls."""
    pairs = _accented_pairs()
    total = sum(pairs.values())
    scores = {}
    for codec in _EUROPEAN:
        try:
            text = [word.decode(codec) for word in words]
        except UnicodeDecodeError:
            continue
        found = [math.log((pairs[pair] + 0.1) / total) for word in text for pair in _pairs_of(word)]
        if found:
            scores[codec] = -sum(found) / len(found)
    if not scores:
        return None
    best = min(scores, key=scores.__getitem__)
    usual = scores.get(_EUROPEAN[0])
    return _EUROPEAN[0] if usual is not None and usual < scores[best] * _CLEAR else best


def _pairs_of(word: str) -> list[str]:
    """Neighbours of which one is no ASCII."""
    folded = f" {word.casefold()} "
    return [a + b for a, b in pairwise(folded) if not (a + b).isascii()]


@cache
def _accented_pairs() -> Counter[str]:
    counts: Counter[str] = Counter()
    for line in paths.packaged_dataset().read_text(encoding="utf-8").splitlines():
        name = line.partition("\t")[0]
        if not name.isascii():
            for word in name.split():
                counts.update(_pairs_of(word))
    return counts
