"""What a model answers for a name: `Prediction`, with its ranking, its evidence, and why there may be no answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from namecls.guarantees import COVERAGE, too_few_rows
from namecls.language import N_, _, ngettext
from namecls.normalization import name_key


@dataclass(frozen=True, slots=True)
class Ranked:
    """A label and the probability that the model gives it, in 0..1."""

    label: str
    probability: float


#: Why a name may get no answer.
OK, NO_LETTERS, UNKNOWN_SCRIPT = "ok", N_("no letters"), N_("unknown script")
TOO_UNCERTAIN, UNKNOWN_LETTERS, TOO_LITTLE = (
    N_("too uncertain"),
    N_("unknown letters"),
    N_("too little known"),
)
_EVIDENCE = 3  # labels that are told in words


def _number(count: float) -> str:
    """A count in words; a bearer of another spelling is a part of one."""
    return f"{count:,.0f}" if count == int(count) else f"{count:,.1f}"


@dataclass(frozen=True, slots=True)
class Seen:
    """How often the data hold a name under one label; a half or less for each bearer of another spelling of it."""

    label: str
    count: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Prediction for one name.

    `ranked` holds the first k labels, most probable first; with k = all labels the probabilities sum to 1.
    It is empty, and `status` says why, where a ranking would be a guess about nothing. A name that is too uncertain
    keeps its ranking, to be looked at, not to be taken for an answer; its record has none.
    """

    name: str  # as given
    # "ok"; "no letters"; "unknown script": no letter of its script is in the training rows; "unknown letters":
    # others of that script are, but none of these, or too seldom; "too little known": as many unknown
    # letters and digits as known letters; "too uncertain" to be answered at the risk asked for
    status: str
    ranked: tuple[Ranked, ...]
    unknown: tuple[str, ...]  # characters that the model does not know, in their order, each once
    likely: tuple[str, ...] = ()  # the prediction set, most probable first; empty if not calibrated
    coverage: float = COVERAGE  # of the prediction set
    calibrated_on: int | None = None  # rows that calibrate the prediction set; None: not known
    # Of `guarantees.RISKS` those at which it is answered; None: not known.
    risks: tuple[float, ...] | None = None
    read_as: str = ""  # the name as the model reads it: normalized
    # How often each label was counted for this very name, the largest first; empty: the network alone answers.
    seen: tuple[Seen, ...] = ()
    seen_as: str = ""  # the most borne of the other spellings that some of it was counted under
    family_name: str = ""  # what was taken for it of a full name, and read alone; empty: all was read
    # The region that the name is of, if its prediction set holds several labels: a name of `data.regions.Regions`.
    region: Ranked | None = None
    population: str = ""  # what the population is called that the probabilities are of; empty: not recorded

    @property
    def caveat(self) -> str:
        """Why the prediction set says nothing, if too few rows calibrate it."""
        return too_few_rows(self.coverage, self.calibrated_on) if self.likely else ""

    @property
    def reading(self) -> str:
        """`read_as` if it differs from the name by more than case, else nothing: what is worth a look."""
        name = self.family_name or self.name
        return "" if name_key(name, rules=1) == name_key(self.read_as, rules=1) else self.read_as

    @property
    def evidence(self) -> str:
        """How often the data hold the name, in words: ``seen 1,652 times: Korean 1,635, Russian 7, 10 others``."""
        return self.evidence_of(_EVIDENCE)

    def evidence_of(self, most: int) -> str:
        """The same, with so many labels at most."""
        if not self.seen:
            return ""
        total = sum(each.count for each in self.seen)
        shown = [f"{each.label} {_number(each.count)}" for each in self.seen[:most]]
        if (rest := len(self.seen) - most) > 0:
            shown.append(ngettext("{number} other", "{number} others", rest).format(number=rest))
        if self.seen_as:
            told = (
                _("seen as {name} {total} time: {labels}")
                if total == 1
                else _("seen as {name} {total} times: {labels}")
            )
        else:
            told = _("seen {total} time: {labels}") if total == 1 else _("seen {total} times: {labels}")
        return told.format(name=self.seen_as, total=_number(total), labels=_(", ").join(shown))

    @property
    def answer(self) -> Ranked | None:
        """The first label, if the name is answered."""
        return self.ranked[0] if self.status == OK and self.ranked else None

    def _repr_html_(self) -> str:
        """Its ranking as a notebook shows it."""
        from namecls.html_tables import html_table

        about = ": ".join(filter(None, (self.name, "" if self.status == OK else self.status, self.evidence)))
        rows = ((each.label, f"{each.probability:.1%}") for each in self.ranked)
        return html_table(("label", "probability"), rows, about)

    def to_json(self) -> dict[str, Any]:
        """The record of it; one that is not answered has no ranking."""
        ranked = self.ranked if self.status == OK else ()
        return {
            "name": self.name,
            "ranked": [{"label": r.label, "probability": r.probability} for r in ranked],
            "status": self.status,
            "likely": list(self.likely),
            "read_as": self.read_as,
            "unknown": list(self.unknown),
            "seen": {each.label: each.count for each in self.seen},
            "seen_as": self.seen_as,
            "family_name": self.family_name,
            "population": self.population,
            "region": (
                {"region": self.region.label, "probability": self.region.probability}
                if self.region is not None and self.ranked
                else None
            ),
        }
