"""The ranking of labels, with bars and percentages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from namecls.data.regions import region_words
from namecls.guarantees import as_percent
from namecls.language import N_, _
from namecls.text import safe
from tui.drawing.cells import bar, cut, percent
from tui.drawing.palette import Palette
from tui.drawing.risks import is_withheld, told_at_risk
from tui.drawing.wording import wrapped
from tui.widgets.drawn import Drawn

if TYPE_CHECKING:
    from namecls.answers import Prediction, Ranked


#: Lines below the labels: the others, where there is room the region or an empty one, the likely ones, the risk, what
#: was counted and what is unknown, where there is room whether the name is in the data.
_BELOW = 6
_MARGIN = 5  # cells left of what stands below the labels
_READING = 30  # characters of a name as the model reads it
_LOW = 9  # rows; where there are not more, no line is left empty

#: What an empty input is answered with.
_TEACHING = (
    N_("Type a family name: the countries it may come from, the likeliest first."),
    N_("Try Yamamoto, Kowalski, Nguyen, O'Brien, Fernández, or your own."),
    N_(
        "Then: tab shows why, F2 trains a network, F4 shows the names it learned from or opens yours, F1 helps."
    ),
)


class Ranking(Drawn):
    """The first labels of a prediction with bars and percentages, the rest in one line, and what was odd."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._prediction: Prediction | None = None
        self._first = 0  # place of the first label that shows
        self._page = 1  # labels that show at once
        self._labels: tuple[str, ...] = ()
        self._label_width = 10
        self._notice = ""
        self._risk: float | None = None
        self._restated = False
        self._evidence = ""

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """The labels that the model can answer with: they decide the width of their column."""
        self._labels = labels
        self._label_width = min(max((cell_len(safe(label)) for label in labels), default=10), 22)
        self.redraw()

    def show(
        self,
        prediction: Prediction | None,
        notice: str = "",
        risk: float | None = None,
        *,
        restated: bool = False,
        evidence: str = "",
    ) -> None:
        """Draw a prediction with as many labels as fit; without one, `notice`, or a word on what to do.

        :param risk: above which a name gets no answer: then its labels are dimmed.
        :param restated: whether it is for another population than that which the model was made for.
        :param evidence: whether this very name is in the data, in words.
        """
        self._evidence = evidence
        if prediction is None or self._prediction is None or prediction.name != self._prediction.name:
            self._first = 0
        self._prediction = prediction
        self._notice = notice
        self._risk = risk
        self._restated = restated
        self.redraw()

    def page(self, direction: int) -> None:
        """The labels after those that show, to the last, or those before."""
        count = len(self._prediction.ranked) if self._prediction is not None else 0
        self._first = min(max(self._first + direction * self._page, 0), max(count - self._page, 0))
        self.redraw()

    @property
    def shown(self) -> tuple[Ranked, ...]:
        """The labels that show."""
        ranked = self._prediction.ranked if self._prediction is not None else ()
        return ranked[self._first : self._first + self._page]

    def draw(self, width: int, height: int, palette: Palette) -> list[Text]:
        width = min(width, 110)
        if self._prediction is None:
            return self._teach(width, palette)
        if not self._prediction.ranked:
            return self._no_answer(self._prediction, palette)
        last = self._known_of(self._prediction, width, palette)
        self._page = max(_room(height) - len(last) + 1, 1)
        shown = self.shown
        dim = is_withheld(self._prediction, self._risk)
        lines = [
            self._slot(place, entry.label, entry.probability, width, palette, dim)
            for place, entry in enumerate(shown, start=self._first + 1)
        ]
        others = len(self._labels) - len(shown) if not self._first else 0
        if others > 0:
            rest = max(1.0 - sum(entry.probability for entry in shown), 0.0)
            mark = "..." if self.ascii_only else "…"
            words = _("{labels} others").format(labels=others)
            line = Text(f" {mark:>3} {words}", style=palette.muted, no_wrap=True)
            line.append(percent(rest).rjust(width - line.cell_len - 1))
            lines.append(line)
        elif self._first:
            last_place = self._first + len(shown)
            words = _("{first} to {last} of {count} labels")
            words = words.format(first=self._first + 1, last=last_place, count=len(self._labels))
            lines.append(_below(words, palette.muted))
        if height > _LOW:
            lines.append(self._region(self._prediction, width, palette))
        lines.append(self._likely(self._prediction, width, palette))
        lines.append(_at_risk(self._prediction, None if self._restated else self._risk, palette))
        told = Text(" " * _MARGIN + safe(self._evidence, 400), style=palette.muted, no_wrap=True)
        told.truncate(width, overflow="ellipsis")
        if height > _LOW:
            return [*lines, *last, told]
        return [*lines, *(last if any(last) else [told])]

    def _slot(
        self, place: int, label: str, share: float, width: int, palette: Palette, dim: bool = False
    ) -> Text:
        line = Text(f" {place:>3} ", style=palette.muted, no_wrap=True)
        tint = palette.muted if dim else palette.text
        weight = "bold " if place == 1 and not dim else ""
        line.append(cut(label, self._label_width, self.ascii_only), style=weight + tint)
        line.append("  ")
        room = max(width - line.cell_len - 10, 4)
        drawn = bar(share, room, self.ascii_only).ljust(room)
        line.append(drawn, style=palette.faint if dim else palette.label(label))
        line.append(percent(share).rjust(width - line.cell_len - 1), style=tint)
        return line

    def _region(self, prediction: Prediction, width: int, palette: Palette) -> Text:
        """The region of a name of which several labels are likely."""
        if prediction.region is None:
            return Text()
        share = percent(prediction.region.probability)
        line = _below(_("region: "), palette.muted)
        line.append(
            cut(
                region_words(prediction.region.label), width - line.cell_len - len(share) - 2, self.ascii_only
            )
        )
        line.append(share.rjust(width - line.cell_len - 1))
        return line

    def _likely(self, prediction: Prediction, width: int, palette: Palette) -> Text:
        """The prediction set: as many of its labels as fit, and how many more."""
        if not prediction.likely:
            words = _("sets and risks are for the model's own population") if self._restated else ""
            return _below(words, palette.muted)
        if prediction.caveat:
            return _below(prediction.caveat, palette.warning)
        words = _("{coverage} prediction set: ").format(coverage=as_percent(prediction.coverage))
        line = _below(words, palette.muted)
        for place, label in enumerate(prediction.likely):
            left = len(prediction.likely) - place
            shown = safe(label, 24)
            more = _(" and {labels} more").format(labels=left)
            if line.cell_len + cell_len(shown) + (cell_len(more) if left > 1 else 0) + 2 > width:
                line.append(more)
                break
            line.append(_(", ") if place else "")
            line.append(shown, style=palette.text)
        return line

    def _known_of(self, prediction: Prediction, width: int, palette: Palette) -> list[Text]:
        """What was taken for the family name, how often it was counted, and what the model does not know of it.

        In one line, or two where that is too long.
        """
        parts = []
        if prediction.family_name:
            words = _("family name: {name}").format(name=safe(prediction.family_name, _READING))
            parts.append(Text(words, style=palette.muted))
        if prediction.evidence:
            room = width - _MARGIN
            told = [
                safe(_("by counts: {evidence}").format(evidence=prediction.evidence_of(most)))
                for most in (3, 2, 1)
            ]
            fits = next((words for words in told if cell_len(words) <= room), told[-1])
            parts.append(Text(fits, style=palette.muted))
        if prediction.reading:
            words = _("read as: {name}").format(name=safe(prediction.reading, _READING))
            parts.append(Text(words, style=palette.muted))
        if prediction.unknown and not prediction.seen:  # what is counted need not be known letter by letter
            letters = " ".join(safe(letter) for letter in prediction.unknown)
            words = _("unknown characters: {characters}").format(characters=letters)
            parts.append(Text(words, style=palette.warning))
        lines = [Text(no_wrap=True)]
        for part in parts:
            if lines[-1] and lines[-1].cell_len + _MARGIN + part.cell_len > width and len(lines) == 1:
                lines.append(Text(no_wrap=True))
            lines[-1].append(" " * _MARGIN).append_text(part)
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines

    def _no_answer(self, prediction: Prediction, palette: Palette) -> list[Text]:
        from namecls.answers import NO_LETTERS, TOO_LITTLE, UNKNOWN_LETTERS

        if prediction.status == NO_LETTERS:
            title, why = _("No letters."), _("There is nothing in it that could be part of a name.")
        elif prediction.status == TOO_LITTLE:
            title, why = (
                _("Too little known."),
                _("It has as many unknown characters as known letters."),
            )
        elif prediction.status == UNKNOWN_LETTERS:
            title = _("Unknown characters.")
            why = _("They are too rare in the training rows; any answer would be a guess:")
        else:
            title = _("Unknown script.")
            why = _("None of its letters occur in the training rows; any answer would be a guess:")
        lines = [
            Text(f" {title}", style=f"bold {palette.warning}"),
            Text(f" {why}", style=palette.muted),
        ]
        if prediction.status not in (NO_LETTERS, TOO_LITTLE):
            letters = " ".join(safe(letter) for letter in prediction.unknown)
            lines.append(Text(f" {letters}", style=palette.text, no_wrap=True))
        return lines

    def _teach(self, width: int, palette: Palette) -> list[Text]:
        lines: list[Text] = []
        for words in [safe(self._notice, 400)] if self._notice else map(_, _TEACHING):
            lines.extend(wrapped(Text(words, style=palette.muted), max(width - 2, 1)))
        return [Text(" ").append_text(line) for line in lines]


def _room(height: int) -> int:
    """How many labels fit into so many rows."""
    return max(height - (_BELOW if height > _LOW else _BELOW - 2), 1)


def _at_risk(prediction: Prediction, risk: float | None, palette: Palette) -> Text:
    """At what risk the name is answered."""
    warns = is_withheld(prediction, risk)
    return _below(told_at_risk(prediction, risk), f"bold {palette.warning}" if warns else palette.muted)


def _below(words: str, style: str) -> Text:
    """A line below the labels, which stands where they do."""
    return Text(" " * _MARGIN + words, style=style, no_wrap=True, overflow="ellipsis")
