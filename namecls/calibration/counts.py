"""NameCounts: how often the training data contain this very name, and under which labels, beside a network.

A network generalises to unseen names; names that many people bear need no generalising, since a table holds their
counts. A name with the counts n_l is answered by the posterior mean under a Dirichlet prior whose mean is
the network:

    (n_l + s_l p_l) / sum over all labels m of (n_m + s_m p_m)

with p_l the calibrated probabilities of the network and s_l its strength. It is one number for all labels, but for
those whose bearers are known from lists alone: that a name is on no list says little, so that the network has more say.
A name that is not in the table is answered by the network exactly as before. Where the counts are of a population with
other shares of the labels than the one that is asked about, `priors` weighs them (Bayes' rule); n stays what it is.

Names are held as hashes of 64 bits, sorted: 100,000 names take 1.5 MB, and looking one up takes a few microseconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from anyascii import anyascii
from torch import Tensor

from namecls.errors import ConfigError, ModelFileError
from namecls.normalization import name_key

#: Strengths that are tried, in names: how many people the network's opinion counts for.
STRENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: What a count weighs that was found under another spelling of the name.
ANOTHER_SPELLING = 0.5
#: More labels than this, or more of one name, can't be counted: a file has two bytes and one byte for them.
MOST_LABELS, MOST_OF_A_NAME = 2**15 - 1, 255

#: The tensors of a file, and what each holds.
KINDS = {"keys": "I64", "sizes": "U8", "labels": "I16", "counts": "F32", "priors": "F32", "strengths": "F32"}


@dataclass(frozen=True, slots=True, eq=False)
class NameCounts:
    """How often each name stands under each label.

    *Shape:* `keys` (names,) int64, rising; `starts` (names + 1,) int64, where a name's entries begin; `labels` and
    `counts` (entries,) int64 and float32.

    :param priors: what a count of each label weighs. *Shape:* (labels,)
    :param strengths: how many people the network's opinion of each label counts for. *Shape:* (labels,)
    """

    keys: Tensor
    starts: Tensor
    labels: Tensor
    counts: Tensor
    priors: Tensor
    strengths: Tensor

    def __repr__(self) -> str:
        least, most = float(self.strengths.min()), float(self.strengths.max())
        strength = f"{least:g}" if least == most else f"{least:g} to {most:g}"
        return f"<NameCounts of {len(self):,} names, {len(self.labels):,} entries, strength {strength}>"

    def __len__(self) -> int:
        return len(self.keys)

    @classmethod
    def of_rows(
        cls,
        names: Sequence[str],
        label_ids: Tensor,
        weights: Tensor,
        *,
        priors: Tensor,
        least: float = 2.0,
        strength: float = 1.0,
    ) -> NameCounts:
        """The counts of rows.

        :param weights: how often each row counts. *Shape:* (rows,)
        :param priors: *Shape:* (labels,)
        :param least: names with fewer bearers in all are left to the network.
        :raises ConfigError: if there are too many labels to be counted.
        """
        if len(priors) > MOST_LABELS:
            raise ConfigError(
                f"names can be counted under at most {MOST_LABELS:,} labels, there are {len(priors):,}"
            )
        keys = torch.tensor([hashed(name) for name in names], dtype=torch.int64)
        pairs = torch.stack([keys, label_ids.to(torch.int64)], 1)
        unique, inverse = torch.unique(pairs, dim=0, return_inverse=True)
        counts = torch.zeros(len(unique), dtype=torch.float64).index_add_(0, inverse, weights.double())
        names_of, sizes = torch.unique_consecutive(unique[:, 0], return_counts=True)
        starts = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        totals = torch.zeros(len(sizes), dtype=torch.float64).index_add_(
            0, torch.repeat_interleave(sizes), counts
        )
        kept = (totals >= least) & (sizes <= MOST_OF_A_NAME)
        entries = torch.repeat_interleave(kept, sizes)
        kept_sizes = sizes[kept]
        return cls(
            names_of[kept],
            torch.cat([starts.new_zeros(1), kept_sizes.cumsum(0)]),
            unique[entries, 1],
            counts[entries].float(),
            priors.float(),
            torch.full((len(priors),), strength),
        )

    def with_strengths(self, strengths: Tensor) -> NameCounts:
        """The same counts, with other strengths of the network. *Shape:* (labels,)"""
        return replace(self, strengths=strengths)

    def of_names(self, names: Sequence[str], *, other_spellings: bool = True) -> Tensor:
        """Look up the counts of names; all 0 for a name that is not in the table.

        :param other_spellings: look for a name that is not there without its accents, and for one in another script
            also by its transliteration, with half the weight.
        :return: *Shape:* (names, labels) float32
        """
        found = torch.zeros(len(names), len(self.priors))
        self._add(found, [(row, name) for row, name in enumerate(names)], 1.0)
        if other_spellings:
            missing = (found.sum(1) == 0).tolist()
            again = [
                (row, plain)
                for row, (name, gone) in enumerate(zip(names, missing, strict=True))
                if not name.isascii()
                and (gone or not _is_latin(name))
                and (plain := anyascii(name))
                and plain != name
            ]
            self._add(found, again, ANOTHER_SPELLING)
        return found

    def of_name(self, name: str) -> dict[int, float]:
        """The counts of one name, by the ids of its labels, the largest first."""
        row = self.of_names([name])[0]
        ids = row.nonzero()[:, 0].tolist()
        return dict(sorted(((i, float(row[i])) for i in ids), key=lambda entry: -entry[1]))

    def blend(self, probabilities: Tensor, counts: Tensor, alone: Tensor | None = None) -> Tensor:
        """Posterior mean of the label probabilities of names with these counts.

        :param probabilities: of the network. *Shape:* (names, labels)
        :param counts: from `of_names`. *Shape:* (names, labels)
        :param alone: the names of which the network knows no letter: the counts alone speak. *Shape:* (names,)
        :return: rows sum to 1; where there are no counts, the network's. *Shape:* (names, labels)
        """
        total = counts.sum(1, keepdim=True)
        weighed = counts * self.priors
        shares = weighed / weighed.sum(1, keepdim=True).clamp(min=1e-30)
        strengths = self.strengths if alone is None else self.strengths * (~alone[:, None]).float()
        blended = total * shares + strengths * probabilities
        return torch.where(total > 0, blended / blended.sum(1, keepdim=True).clamp(min=1e-30), probabilities)

    def to_tensors(self) -> dict[str, Tensor]:
        """Tensors for a safetensors file."""
        sizes = self.starts.diff()
        return {
            "keys": self.keys,
            "sizes": sizes.to(torch.uint8),
            "labels": self.labels.to(torch.int16),
            "counts": self.counts,
            "priors": self.priors,
            "strengths": self.strengths,
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], labels: int) -> NameCounts:
        """The inverse of `to_tensors`.

        :raises ModelFileError: if these are no such counts.
        """
        keys, sizes = tensors["keys"], tensors["sizes"].long()
        ids, counts, priors = tensors["labels"].long(), tensors["counts"], tensors["priors"]
        strengths = tensors["strengths"]
        rises = bool((keys[1:] > keys[:-1]).all())
        fits = (
            len(sizes) == len(keys)
            and bool((sizes > 0).all())
            and int(sizes.sum()) == len(ids) == len(counts)
            and (not len(ids) or (int(ids.min()) >= 0 and int(ids.max()) < labels))
            and len(priors) == len(strengths) == labels
            and all(bool(t.isfinite().all()) and bool((t > 0).all()) for t in (counts, priors, strengths))
        )
        if not rises or not fits:
            raise ModelFileError("the counts of names don't fit each other or the labels")
        starts = torch.cat([sizes.new_zeros(1), sizes.cumsum(0)])
        return cls(keys, starts, ids, counts, priors, strengths)

    def _add(self, found: Tensor, names: Sequence[tuple[int, str]], weight: float) -> None:
        if not names or not len(self.keys):
            return
        wanted = torch.tensor([hashed(name) for _, name in names], dtype=torch.int64)
        places = torch.searchsorted(self.keys, wanted).clamp(max=len(self.keys) - 1)
        here = (self.keys[places] == wanted).nonzero()[:, 0]
        starts, sizes = self.starts[places[here]], self.starts.diff()[places[here]]
        entry = torch.arange(int(sizes.sum())) - torch.repeat_interleave(sizes.cumsum(0) - sizes, sizes)
        entry += torch.repeat_interleave(starts, sizes)
        rows = torch.tensor([row for row, _ in names], dtype=torch.int64)[here]
        at = torch.repeat_interleave(rows, sizes), self.labels[entry]
        found.index_put_(at, weight * self.counts[entry], accumulate=True)


def hashed(name: str) -> int:
    """64-bit hash of a normalized name, case folded."""
    digest = hashlib.blake2b(name_key(name).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _is_latin(name: str) -> bool:
    return all(
        character < "\u0250" or "\u1e00" <= character < "\u1f00" for character in name if character.isalpha()
    )
