"""Dataset counts, filters and searches rows as the edits have them, on the screen and without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.data.table import load_dataset
from namecls.edits.edit import Edit
from tests.tui.fakes import FakeEngine
from tests.tui.lines import answers, starting
from tests.tui.screen import screen_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.engine.editing import EditBook, place_of
from tui.screens.dataset import DatasetScreen
from tui.screens.relabel import CorrectScreen, LabelChoice, RelabelScreen
from tui.widgets.label_list import LabelList
from tui.widgets.name_rows import NameRows

ROWS = [
    ("Kowalski", "Polish"),
    ("Novak", "Czech"),
    ("Nowak", "Polish"),
    ("Smith", "Polish"),
    ("Wang", "Chinese"),
    ("Wood", "Czech"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"{name}\t{label}\n" for name, label in ROWS), encoding="utf-8")
    return path


def edited_before(data: Path, *edits: Edit) -> None:
    """Edits of a session before this one."""
    book = EditBook(data, place_of(data, data.parent))
    book.make(edits)
    book.close()


def app_on(data: Path) -> NameclsApp:
    return NameclsApp(engine=FakeEngine(table=load_dataset(data)), data=data, start="dataset")


def labels_of(app: NameclsApp) -> list[str]:
    """The lines of the panel of labels, without bars."""
    found = app.screen.query_one(LabelList)
    lines = ["".join(segment.text for segment in found.render_line(y)) for y in range(found.size.height)]
    return [" ".join(line.strip("│┃ ▏▎▍▌▋▊▉█›").split()) for line in lines]


def names_of(app: NameclsApp) -> list[str]:
    found = app.screen.query_one(NameRows)
    return [row.name for row in found._rows]


async def shows(pilot: Pilot[None], *lines: str) -> None:
    """The panel of labels comes to have these lines."""
    await until(pilot, lambda: all(line in labels_of(pilot.app) for line in lines))


async def ready(pilot: Pilot[None]) -> NameRows:
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and app.edits.file is not None)
    rows = app.screen.query_one(NameRows)
    await until(pilot, lambda: rows.count == len(ROWS))
    await pilot.press("escape")
    return rows


async def type_into(pilot: Pilot[None], kind: type, text: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await pilot.press(*text, "enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, kind))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_labels_count_rows_as_they_are_and_tell_the_change(data: Path, size: tuple[int, int]) -> None:
    app = app_on(data)
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await shows(pilot, "all 6", "Polish 3", "Czech 2", "Chinese 1")
        await pilot.press("r")
        await type_into(pilot, RelabelScreen, "Sorbian")
        await shows(pilot, "all 6", "Polish 2 (-1)", "Sorbian 1 (+1)")
        await pilot.press("x")
        await shows(pilot, "all 5 (-1)", "Czech 1 (-1)")
        labels = app.screen.query_one(LabelList)
        assert str(labels.border_subtitle) == "dropped not counted"
        assert "· 4" in str(labels.border_title)
        await pilot.press("u", "u")
        await shows(pilot, "all 6", "Polish 3", "Czech 2")
        assert not any("Sorbian" in line or "(" in line for line in labels_of(app))


async def test_a_label_that_was_renamed_away_has_no_rows_and_those_of_another_are_more(data: Path) -> None:
    edited_before(data, Edit.rename_label("Czech", "Polish"))
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        rows = await ready(pilot)
        await shows(pilot, "all 6", "Polish 5 (+2)", "Czech 0 (-2)")
        await pilot.press("l", "down")
        await until(pilot, lambda: rows.count == 5)
        await pilot.press("down")
        await until(pilot, lambda: rows.count == 0)
        await until(pilot, lambda: "No row is labelled Czech any more." in screen_of(app))


async def test_a_filtered_label_loses_a_row_that_is_relabelled_and_the_cursor_is_on_the_next(
    data: Path,
) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        rows = await ready(pilot)
        await pilot.press("l", "down", "enter")
        await until(pilot, lambda: names_of(app) == ["Kowalski", "Nowak", "Smith"])
        await pilot.press("r")
        await type_into(pilot, RelabelScreen, "Czech")
        await until(pilot, lambda: names_of(app) == ["Nowak", "Smith"])
        assert rows.current is not None
        assert rows.current.name == "Nowak"
        assert rows.showing == (0, 2)
        await pilot.press("down", "r")
        await type_into(pilot, RelabelScreen, "English")
        await until(pilot, lambda: names_of(app) == ["Nowak"])
        await pilot.press("u")
        await until(pilot, lambda: names_of(app) == ["Nowak", "Smith"])
        await pilot.press("escape", "l", "down", "down", "enter")
        await until(pilot, lambda: names_of(app) == ["Kowalski", "Novak", "Wood"])
        await pilot.press("x")
        await shows(pilot, "Czech 2", "Polish 2 (-1)")
        assert names_of(app) == ["Kowalski", "Novak", "Wood"]  # what is dropped is shown as dropped


async def test_a_corrected_name_stands_in_its_place_and_is_found_by_both_names(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        rows = await ready(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CorrectScreen))
        await pilot.press("ctrl+u", *"Xu", "enter")
        await until(pilot, lambda: names_of(app)[-1:] == ["Kowalski"])
        assert rows.current is not None
        assert rows.current.name == "Novak"
        for search in ("xu", "kow"):
            app.screen.query_one("#search", Input).value = search
            await until(pilot, lambda: rows.count == 1)
            await until(pilot, lambda: "Xu (was Kowalski)" in screen_of(app))
            await until(pilot, lambda: "Xu" in screen_of(app).partition("details")[2])


async def test_a_search_counts_the_labels_of_what_it_finds(data: Path) -> None:
    edited_before(
        data,
        Edit.relabel("Novak", "Czech", 2, "Polish"),
        Edit.drop("Nowak", "Polish", 3),
        Edit.drop("Wang", "Chinese", 5),
    )
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        rows = await ready(pilot)
        app.screen.query_one("#search", Input).value = "o"
        await until(pilot, lambda: rows.count == 4)
        await shows(pilot, "all 3 (-1)", "Polish 2", "Czech 1 (-1)", "Chinese 0")
        assert str(app.screen.query_one(LabelList).border_subtitle) == "dropped not counted"


async def test_the_details_are_of_the_name_and_labels_that_a_row_has_by_now(data: Path) -> None:
    edited_before(data, Edit.correct("Wood", "Czech", 6, "Smith"), Edit.drop("Wang", "Chinese", 5))
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        rows = await ready(pilot)
        for search, told in (
            ("wood", ("2 rows", "lines 4, 6", "Polish")),
            ("wang", ("0 rows", "1 row dropped")),
        ):
            app.screen.query_one("#search", Input).value = search
            await until(pilot, lambda: rows.count == 1)
            await until(pilot, lambda told=told: all(word in screen_of(app) for word in told))


async def test_edits_of_one_file_count_nothing_of_another(data: Path, tmp_path: Path) -> None:
    edited_before(data, Edit.rename_label("Polish", "Slavic"))
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot)
        await shows(pilot, "Polish 0 (-3)", "Slavic 3 (+3)")
        (tmp_path / "other.tsv").write_text("Nowak\tPolish\nNovak\tCzech\n", encoding="utf-8")
        app.open_dataset(tmp_path / "other.tsv")
        await until(pilot, lambda: len(names_of(app)) == 2)
        await shows(pilot, "all 2", "Polish 1", "Czech 1")


Lines = Callable[..., list[str]]


@pytest.fixture
def lines(trained_run: Path, data: Path) -> Lines:
    return lambda *said: answers(trained_run, "dataset", *said, data=data)


def test_without_a_screen_labels_are_counted_with_the_edits_too(lines: Lines) -> None:
    said = lines("search nov", "relabel 1 Sorbian", "search wang", "drop 1", "labels")
    assert said[-5:] == [
        "1. Chinese, 0, 1 fewer than in the file.",
        "2. Czech, 1, 1 fewer than in the file.",
        "3. Polish, 3.",
        "4. Sorbian, 1, 1 more than in the file.",
        "1 row is dropped, and not counted.",
    ]


def test_without_a_screen_label_and_search_find_rows_as_they_are(lines: Lines) -> None:
    said = lines(
        "search nov",
        "relabel 1 Sorbian",
        "correct 1 Zak",
        "search",
        "label Sorbian",
        "search zak",
        "details 1",
    )
    assert said.count("1. Novak, Czech, line 2. Now Sorbian. Now Zak.") == 2
    assert "Zak, 1 row:" in said
    assert starting(lines("label Czech"), "Rows ") == ["Rows 1 to 1 of 1."]


def test_the_next_page_passes_over_no_row_when_edits_took_some_out_of_the_list(
    trained_run: Path, tmp_path: Path
) -> None:
    path = tmp_path / "many.tsv"
    path.write_text(
        "".join(f"N{'abcdefghijklmnopqrstuvwxyz'[n]}\tA\n" for n in range(26)) + "Z\tB\n", "utf-8"
    )
    said = answers(trained_run, "dataset", "label A", "relabel 2-4 B", "next", data=path)
    assert said[-11:][:2] == ["Rows 8 to 17 of 23.", "1. Nk, A, line 11."]


async def test_what_edits_have_dealt_with_is_marked_among_the_problems(tmp_path: Path) -> None:
    data = tmp_path / "mine.tsv"
    data.write_text("".join(f"{name}\t{label}\n" for name, label in [*ROWS, *ROWS[:2]]), encoding="utf-8")
    edited_before(data, Edit.drop("Novak", "Czech", 8), *(Edit.keep("Kowalski", "Polish", n) for n in (1, 7)))
    app = app_on(data)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.edits.count == 3 and "all 7 (-1)" in labels_of(app))
        await until(pilot, lambda: app.screen.check_action("show_problems", ()))
        await pilot.press("f8")
        await until(pilot, lambda: "mended  Czech" in screen_of(app) and "kept  Polish" in screen_of(app))


async def test_a_label_that_was_renamed_away_is_in_doubt_no_more(tmp_path: Path) -> None:
    data = tmp_path / "mine.tsv"
    rows = [(f"{start}o{letter}", "English") for start in "JM" for letter in "abcdefghijklmnopqrst"]
    slips = [("Smith", "Englsh"), ("Wood", "Englsh"), ("Hill", "Englsh")]
    data.write_text("".join(f"{name}\t{label}\n" for name, label in [*rows, *slips]), encoding="utf-8")
    app = app_on(data)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.edits.file is not None and "look alike" in screen_of(app))
        app.mending.make([Edit.rename_label("Englsh", "English")])
        await until(pilot, lambda: "look alike" not in screen_of(app))


def test_without_a_screen_problems_are_marked_too(lines: Lines, data: Path) -> None:
    data.write_text("".join(f"{name}\t{label}\n" for name, label in [*ROWS, ROWS[0]]), encoding="utf-8")
    said = lines("search kow", "drop 2", "problems", "kind dup")
    assert said[-1] == "1. Kowalski, Polish, 2 times, first in line 1. Mended."


async def test_dataset_counts_the_problems_that_edits_have_left(tmp_path: Path) -> None:
    data = tmp_path / "mine.tsv"
    rows = [(f"{start}o{letter}", "English") for start in "JM" for letter in "abcdefghijklmnopqrst"]
    few = [("Novak", "Sorbian"), ("Wood", "Frisian"), ("Wood", "Frisian")]
    data.write_text("".join(f"{name}\t{label}\n" for name, label in [*rows, *few]), encoding="utf-8")
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "2 labels have fewer than 3 different names" in screen_of(app))
        await until(pilot, lambda: "problems: 3" in screen_of(app))
        app.mending.make([Edit.rename_label("Sorbian", "English")])
        await until(pilot, lambda: "1 label has fewer than 3 different names" in screen_of(app))
        await until(pilot, lambda: "problems: 2" in screen_of(app))
        assert "Sorbian (1)" not in screen_of(app)
        app.mending.make([Edit.drop("Wood", "Frisian", 43)])
        await until(pilot, lambda: "problems: 1" in screen_of(app))
        app.mending.undo()
        app.mending.undo()
        await until(pilot, lambda: "problems: 3" in screen_of(app))
        await until(pilot, lambda: "2 labels have fewer than 3 different names" in screen_of(app))


async def test_no_label_is_chosen_to_rename_one_to_until_it_is_typed_or_gone_to(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.screen.query_one(NameRows).current is not None)
        app.screen.set_focus(app.screen.query_one(NameRows))
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, RelabelScreen))
        choice = app.screen.query_one(LabelChoice)
        assert (choice.current, choice.count) == ("", 3)
        await pilot.press("enter")
        await pilot.resize_terminal(100, 30)
        assert isinstance(app.screen, RelabelScreen)
        assert choice.current == ""
        await pilot.press("c", "backspace")
        await until(pilot, lambda: choice.current == "")
        await pilot.press("down")
        await until(pilot, lambda: choice.current == "Chinese")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen))
        assert app.edits.count == 1
        assert app.edits.labels == {"Polish": "Czech"}
