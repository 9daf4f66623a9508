"""Regions: families of labels, such as West Slavic, and larger ones, such as Slavic, that hold some of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from namecls import paths
from namecls.data.by_label import of_each_label, read_by_label
from namecls.errors import DataError, shown
from namecls.language import N_, _

#: The names of the shipped regions, for the catalogues.
_SHIPPED = frozenset(
    {
        N_("African"),
        N_("Balkan"),
        N_("Baltic"),
        N_("British and Irish"),
        N_("Caucasian"),
        N_("Caucasian and West Asian"),
        N_("East African"),
        N_("East Asian"),
        N_("East Slavic"),
        N_("East and Southeast Asian"),
        N_("French"),
        N_("German and Dutch"),
        N_("Hungarian"),
        N_("Iberian and Latin American"),
        N_("Italian and Maltese"),
        N_("Mainland Southeast Asian"),
        N_("Maritime Southeast Asian"),
        N_("Middle Eastern"),
        N_("Nordic"),
        N_("Northern European"),
        N_("Polynesian"),
        N_("Slavic"),
        N_("South Asian"),
        N_("South Slavic"),
        N_("Southeastern European"),
        N_("Southern European and Latin American"),
        N_("Turkic"),
        N_("West African"),
        N_("West Slavic"),
        N_("Western European"),
    }
)
#: An answer is a region of this probability at least; if there is none, the most probable larger one.
ENOUGH = 0.9


@dataclass(frozen=True, slots=True)
class Regions:
    """The regions of the labels of a model.

    :param names: of all regions, each once.
    :param region: for each label its region, by its place in `names`.
    :param larger: for each label the larger region; where there is none, its region again.
    """

    names: tuple[str, ...]
    region: tuple[int, ...] = field(repr=False)
    larger: tuple[int, ...] = field(repr=False)

    @classmethod
    def read(cls, path: Path, labels: Sequence[str]) -> Regions:
        """The regions of a file: a label, a tab, its region, and after another tab a larger region, if there is one.

        :param labels: of the model; the file may have others.
        :raises DataError: if it can't be read, a label is missing, or a region lies in two larger ones.
        """
        said = of_each_label(path, read_by_label(path, most=2, what=_("its region")), labels)
        above: dict[str, tuple[int, str]] = {}
        for line, cells in said:
            first, larger = above.setdefault(cells[0], (line, cells[-1]))
            if larger != cells[-1]:
                raise DataError(
                    _(
                        "{path}: line {line:,}: {region} lies in {found}, but in line {first:,} in "
                        "{larger}: a region lies in one larger region"
                    ).format(
                        path=path,
                        line=line,
                        region=shown(cells[0]),
                        found=shown(cells[-1]),
                        first=first,
                        larger=shown(larger),
                    )
                )
        names = tuple(
            dict.fromkeys(name for level in (0, -1) for _, cells in said for name in (cells[level],))
        )
        place = {name: number for number, name in enumerate(names)}
        return cls(
            names,
            tuple(place[cells[0]] for _, cells in said),
            tuple(place[cells[-1]] for _, cells in said),
        )

    @classmethod
    def shipped(cls, labels: Sequence[str]) -> Regions | None:
        """The regions that come with namecls; None if they don't have all of the labels."""
        try:
            return cls.read(paths.packaged_regions(), labels)
        except DataError:
            return None


def region_words(name: str) -> str:
    """A region as people read it: one of those that come with namecls in their language, any other as it stands."""
    return _(name) if name in _SHIPPED else name
