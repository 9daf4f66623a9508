"""What was suggested for a row goes through the renames of the edits: the label is that which there is by now."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from namecls.data.table import NameTable
from namecls.edits.edit import Edit
from namecls.edits.patch import read_patch
from namecls.results import Mistake
from tests.tui.screen import text_of
from tests.tui.test_mending import ROWS, app_on, kept, steps, suspected
from tests.tui.waiting import until
from tui.drawing.edited import RowKey
from tui.engine.editing import Suspects
from tui.engine.library import Library
from tui.lines.dataset import Dataset
from tui.lines.house import House
from tui.lines.speaking import Speaker
from tui.screens.relabel import LabelChoice, RelabelScreen
from tui.widgets.mistake_rows import MistakeRows

KEY = RowKey(2, "Novak", "Czech")
GIVEN = Mistake(split="", line=2, name="Novak", label="Czech", given="Polish", confidence=0.9, of_label=0.1)


def found(label: str) -> Suspects:
    """Novak, Czech, of which the label is suggested."""
    edit = Edit.relabel(KEY.name, KEY.label, KEY.line, label)
    return Suspects((replace(GIVEN, given=label),), {KEY: (edit,)}, 1)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = [*ROWS, ("Tran", "Vietnamese")]
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"{name}\t{label}\n" for name, label in rows), encoding="utf-8")
    return path


async def test_a_label_renamed_after_the_search_is_shown_offered_and_accepted_by_its_new_name(
    data: Path,
) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await suspected(pilot)
        rows = screen.query_one(MistakeRows)
        assert "Vietnamese" in text_of(rows)
        app.mending.make([Edit.rename_label("Vietnamese", "Viet")])
        app.mending.make([Edit.rename_label("Viet", "Kinh")])
        await until(pilot, lambda: "Kinh" in text_of(rows))
        assert "Vietnamese" not in text_of(rows)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RelabelScreen))
        assert app.screen.query_one(LabelChoice).current == "Kinh"
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)
        await pilot.press("a")
        await until(pilot, lambda: app.edits.count == 3)
        assert kept(data)[2:] == [("relabel", "Kowalski", "Kinh")]


@pytest.mark.parametrize(
    ("renames", "label"),
    [
        ([("Polish", "Pole")], "Pole"),
        ([], "Polish"),  # it was undone
        ([("Polish", "Czech"), ("Chinese", "Pole")], "Czech"),
    ],
)
def test_a_label_that_was_renamed_before_the_search_is_followed_too(
    renames: list[tuple[str, str]], label: str
) -> None:
    suspects = found("Pole").of_file(
        ("Polish", "Czech", "Chinese"), steps(Edit.rename_label("Polish", "Pole"))
    )
    state = steps(*(Edit.rename_label(*each) for each in renames))
    assert state.accepted(suspects.edits[KEY][0]).to == state.label_now(suspects.rows[0].given) == label


def test_of_labels_that_were_merged_it_is_the_one_that_had_the_name() -> None:
    merged = steps(Edit.rename_label("Polish", "Chinese"), Edit.rename_label("Czech", "Chinese"))
    suspects = found("Chinese").of_file(("Polish", "Chinese", "Czech"), merged)
    assert suspects.rows[0].given == suspects.edits[KEY][0].to == "Chinese"


class Searching(Library):
    """Finds Novak to be Polish."""

    def find_suspects(self, table: NameTable) -> Iterator[object]:  # noqa: ARG002
        yield found("Polish")


def test_without_a_screen_it_is_the_same(data: Path) -> None:
    out = io.StringIO()
    source = io.StringIO("suspects\n")
    house = House(Speaker(source, out, prompts=False), data.parent, data, engine=Searching())
    dataset = Dataset(house)
    dataset.suspects("")
    house.book().make([Edit.rename_label("Polish", "Pole")])
    dataset.show()
    dataset.accept("1")
    said = out.getvalue()
    assert "The model says Polish, 90.0 %." in said
    assert said.count("The model says Pole, 90.0 %.") == 2
    edits = read_patch(data.with_name("mine.edits.jsonl")).edits
    assert [edit.to for edit in edits] == ["Pole", "Pole"]
