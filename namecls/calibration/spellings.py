"""Spellings: how counted names are written whose other spellings are not counted, to find them by these.

Counts are kept by hashes, which are of one spelling. Beside them stand the names that have a form (`data.spelling`)
of its own, by this form: Müller by ``muller`` and by ``mueller``.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from namecls.arrays import Array
from namecls.data.spelling import forms, in_order
from namecls.errors import ModelFileError
from namecls.language import _
from namecls.normalization import name_key

#: The tensors of a file, and what each holds.
KINDS = {"forms": {"I32"}, "spelling_sizes": {"U8"}, "spellings": {"U8"}}
#: Bytes of a spelling; longer names are found by their own spelling alone.
LONGEST = 64
_MOST_FOUND = 16  # spellings of one form that are looked at


@dataclass(frozen=True, slots=True, eq=False)
class Spellings:
    """Names by their forms.

    *Shape:* `keys` (entries,) int32, the hashes of the forms, rising; `ends` (entries,) int64, where each spelling
    ends in `letters`, UTF-8.
    """

    keys: NDArray[np.int32]
    ends: NDArray[np.int64]
    letters: bytes

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def of(cls, names: Iterable[str]) -> Spellings:
        """The spellings of names, each by those of its forms that are not the name itself."""
        entries = set()
        for name in names:
            letters = name.encode("utf-8", "surrogatepass")
            if len(letters) > LONGEST:
                continue
            key, plain = name_key(name), forms(name)
            entries |= {
                (_key(form), letters) for form in (*plain, *map(in_order, plain)) if form and form != key
            }
        ordered = sorted(entries)
        return cls(
            np.array([key for key, _ in ordered], dtype=np.int32),
            np.cumsum([len(letters) for _, letters in ordered], dtype=np.int64),
            b"".join(letters for _, letters in ordered),
        )

    def find(self, wanted: Sequence[str]) -> dict[int, tuple[str, ...]]:
        """The spellings that have each of these forms, by the places of those that have any."""
        if not len(self.keys):
            return {}
        keys = np.fromiter(map(_key, wanted), dtype=np.int32, count=len(wanted))
        begins = np.searchsorted(self.keys, keys)
        found: dict[int, tuple[str, ...]] = {}
        for place in np.flatnonzero(self.keys[begins.clip(max=len(self.keys) - 1)] == keys).tolist():
            first, last = int(begins[place]), int(np.searchsorted(self.keys, keys[place], "right"))
            entries = range(first, min(last, first + _MOST_FOUND))
            names = tuple(name for name in map(self._spelling, entries) if _has(name, wanted[place]))
            if names:
                found[place] = names
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Arrays for a safetensors file."""
        sizes = np.diff(self.ends, prepend=0).astype(np.uint8)
        return {
            "forms": self.keys,
            "spelling_sizes": sizes,
            "spellings": np.frombuffer(self.letters, dtype=np.uint8).copy(),
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Array]) -> Spellings:
        """The inverse of `to_arrays`.

        :raises ModelFileError: if these are no such spellings.
        """
        keys, sizes = (np.asarray(tensors[name]) for name in ("forms", "spelling_sizes"))
        ends = sizes.astype(np.int64).cumsum()
        letters = np.asarray(tensors["spellings"]).tobytes()
        if (
            len(keys) != len(sizes)
            or bool((keys[1:] < keys[:-1]).any())
            or sizes.sum(dtype=np.int64) != len(letters)
        ):
            raise ModelFileError(_("the spellings of names don't fit each other"))
        return cls(keys, ends, letters)

    def _spelling(self, entry: int) -> str:
        start = int(self.ends[entry - 1]) if entry else 0
        return self.letters[start : int(self.ends[entry])].decode("utf-8", "replace")


def _key(form: str) -> int:
    return zlib.crc32(form.encode("utf-8", "surrogatepass")) - 2**31


def _has(name: str, form: str) -> bool:
    """Whether a name has a form, which a hash of 32 bits does not prove."""
    own = forms(name)
    return form in own or form in map(in_order, own)
