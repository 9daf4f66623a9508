"""Rows mended by keys: on the disk before they show, undone and done again, of one row or of all that are marked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from namecls.edits.edit import Edit, Edits
from namecls.edits.patch import PatchFile, read_patch
from namecls.files import storage
from tests.tui.fakes import FakeEngine, mistakes
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.edited import RowKey, RowNow
from tui.engine.editing import EditState, Effect, Suspects, place_of
from tui.jobs.suspecting import SuspectsFound
from tui.screens.dataset import DatasetScreen
from tui.screens.mistakes import MistakesScreen
from tui.screens.relabel import CorrectScreen, LabelChoice, RelabelScreen
from tui.widgets.keybar import KeyBar
from tui.widgets.mistake_rows import MistakeRows
from tui.widgets.name_rows import NameRows

ROWS = [
    ("Kowalski", "Polish"),
    ("Novak", "Czech"),
    ("Smith", "Polish"),
    ("Wang", "Chinese"),
    ("Lee", "Chinese"),
]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"{name}\t{label}\n" for name, label in ROWS), encoding="utf-8")
    return path


def app_on(data: Path | None, **more: Path) -> NameclsApp:
    return NameclsApp(engine=FakeEngine(), data=data, start="dataset", **more)


async def browsing(pilot: Pilot[None]) -> NameRows:
    """The rows of Dataset, in the order of the file, with the focus on them."""
    app = pilot.app
    await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and app.edits.file is not None)
    rows = app.screen.query_one(NameRows)
    await until(pilot, lambda: rows.count > 0)
    await pilot.press("escape", "s", "s", "s")
    await until(
        pilot, lambda: rows.current is not None and rows.answers is not None and rows.answers.sort == "file"
    )
    return rows


def kept(data: Path) -> list[tuple[str, str, str]]:
    """The edits in effect in the file beside the data: what, of which name, to what."""
    file = data.with_name("mine.edits.jsonl")
    return [(edit.op, edit.name, edit.to) for edit in read_patch(file).edits] if file.exists() else []


async def type_into(pilot: Pilot[None], kind: type, text: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, kind))
    await pilot.press(*text, "enter")
    await until(pilot, lambda: not isinstance(pilot.app.screen, kind))


async def test_each_edit_is_on_the_disk_and_shows_and_the_file_stays(data: Path) -> None:
    before = data.read_bytes()
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        await pilot.press("x")
        await until(pilot, lambda: kept(data) == [("drop", "Kowalski", "")])
        await pilot.press("r")
        await type_into(pilot, RelabelScreen, "sl")
        assert kept(data)[1:] == [("relabel", "Novak", "sl")]
        await pilot.press("r")
        await type_into(pilot, RelabelScreen, "chi")
        assert kept(data)[2:] == [("relabel", "Smith", "Chinese")]
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, CorrectScreen))
        await pilot.press(*"er", "enter")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen))
        await pilot.press("K")
        assert kept(data)[3:] == [("correct", "Wang", "Wanger"), ("keep", "Lee", "")]
        shown = screen_of(app)
        for words in (
            "dropped",
            "now sl",
            "now Chinese",
            "Wanger (was Wang)",
            "corrected",
            "kept",
            "5 edits",
        ):
            assert words in shown
    assert data.read_bytes() == before


async def test_undo_and_redo_go_step_by_step_and_survive_the_end_of_the_app(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        await pilot.press("x", "x", "u", "u", "U")
        await until(pilot, lambda: kept(data) == [("drop", "Kowalski", "")])
    app.end_threads(5)
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        assert app.edits.told == "1 dropped"
        await pilot.press("U")
        await until(pilot, lambda: len(kept(data)) == 2)
        await pilot.press("u", "u")
        await until(pilot, lambda: kept(data) == [])
        assert not app.screen.check_action("undo", ())


async def test_what_is_marked_is_edited_as_one_step(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        rows = await browsing(pilot)
        await pilot.press("space", "down", "space", "r")
        await type_into(pilot, RelabelScreen, "Czech")
        await until(pilot, lambda: len(kept(data)) == 2)
        assert [name for _, name, _ in kept(data)] == ["Kowalski", "Smith"]
        await pilot.press("u")
        await until(pilot, lambda: kept(data) == [])
        await pilot.press("asterisk")
        await until(pilot, lambda: len(app.screen.marks) == len(ROWS))
        assert screen_of(app).count("*") == len(ROWS)
        await pilot.press("x")
        await until(pilot, lambda: len(kept(data)) == len(ROWS))
        assert not app.screen.marks
        assert rows.count == len(ROWS)


async def test_after_a_save_that_was_dropped_rows_are_marked_and_not_written(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        with monkeypatch.context() as unanswered:
            unanswered.setattr(app.screen._browsing, "ask", lambda *_: None)
            await pilot.press("ctrl+e")
        await pilot.press("asterisk")
        await until(pilot, lambda: len(app.screen.marks) == len(ROWS) or [*tmp_path.glob("namecls-rows*")])
        assert len(app.screen.marks) == len(ROWS)
        assert not [*tmp_path.glob("namecls-rows*")]
        await pilot.press("ctrl+e")
        await until(pilot, lambda: [*tmp_path.glob("namecls-rows*")])


async def test_a_label_is_renamed_everywhere(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        await pilot.press("R")
        await type_into(pilot, RelabelScreen, "Pole")
        await until(pilot, lambda: kept(data) == [("rename-label", "", "Pole")])
        assert screen_of(app).count("now Pole") == 2


async def test_what_is_typed_faster_than_it_is_listed_is_what_counts(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(app.screen, RelabelScreen))
        screen = app.screen
        screen.query_one("#typed").value = "Czechia"
        screen.action_choose()
        await until(pilot, lambda: kept(data) == [("relabel", "Kowalski", "Czechia")])


async def test_what_can_not_be_written_is_said_and_does_not_count(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        await pilot.press("x")
        await until(pilot, lambda: len(kept(data)) == 1)

        def full(descriptor: int, content: bytes) -> None:  # noqa: ARG001
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(storage, "_write_all", full)
            await pilot.press("x")
            await until(pilot, lambda: any("No space left" in each.message for each in app._notifications))
        assert len(kept(data)) == app.edits.count == 1
        await pilot.press("x")
        await until(pilot, lambda: len(kept(data)) == 2)


async def test_edits_that_another_process_holds_are_not_touched(data: Path) -> None:
    with PatchFile.open(place_of(data, data.parent)) as (edits, _):
        edits.add([Edit.drop("Lee", "Chinese", 5)])
        app = app_on(data)
        async with app.run_test(size=(120, 30)) as pilot:
            await until(pilot, lambda: any("another process" in each.message for each in app._notifications))
            rows = app.screen.query_one(NameRows)
            await until(pilot, lambda: rows.count > 0)
            await pilot.press("escape", "x")
            await pilot.pause()
        assert kept(data) == [("drop", "Lee", "")]


async def test_a_place_where_nothing_can_be_written_is_told_with_what_to_do(data: Path) -> None:
    app = app_on(data, edits=Path("/proc/none/mine.edits.jsonl"))
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        await pilot.press("x")
        await until(
            pilot, lambda: any("namecls-tui --edits FILE" in each.message for each in app._notifications)
        )
        assert app.edits.count == 0


async def test_hostile_edits_are_text(data: Path) -> None:
    edit = {"op": "relabel", "line": 1, "name": "Kowalski", "label": "Polish", "to": "[red]\x1b[31mx[/]"}
    place_of(data, data.parent).write_text(json.dumps(edit) + "\n")
    app = app_on(data)
    async with app.run_test(size=(120, 30)) as pilot:
        await browsing(pilot)
        assert "now [red]␛" in screen_of(app)


async def test_mistakes_are_mended_where_they_are_found(tmp_path: Path) -> None:
    app = NameclsApp(engine=FakeEngine(), save_dir=tmp_path)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.model.status == "ready")
        await pilot.press("ctrl+g")
        await until(pilot, lambda: isinstance(app.screen, MistakesScreen))
        await until(pilot, lambda: app.screen.query_one(MistakeRows).count > 0)
        await pilot.press("tab", "a")  # its file is opened first
        await until(pilot, lambda: app.edits.file is not None)
        await pilot.press("a")
        first, second = mistakes().rows[:2]
        await until(pilot, lambda: app.edits.count == 1)
        (edit,) = read_patch(tmp_path / "names.edits.jsonl").edits
        assert (edit.op, edit.name, edit.line, edit.to) == ("relabel", first.name, first.line, first.given)
        assert edit.why.score == first.of_label
        assert app.screen.query_one(MistakeRows).current == second
        assert f"now {first.given}" in screen_of(app)
        await pilot.press("asterisk", "x")
        await until(pilot, lambda: app.edits.count == 1 + len(mistakes().rows))
        await pilot.press("u")
        await until(pilot, lambda: app.edits.count == 1)


def steps(*edits: Edit | Callable[[Edits], object]) -> EditState:
    book = Edits()
    for edit in edits:
        if isinstance(edit, Edit):
            book.add([edit])
        else:
            edit(book)
    return Effect(book).state(Path("x"))


def test_what_became_of_a_row_is_what_applying_the_edits_makes_of_it() -> None:
    key, other = RowKey(1, "Kim", "Korean"), RowKey(2, "Kang", "Korean")
    assert steps().now(key) == RowNow("Kim", "Korean")
    state = steps(
        Edit.drop(key.name, key.label, key.line), Edit.relabel(key.name, key.label, key.line, "Chinese")
    )
    assert state.now(key) == RowNow("Kim", "Chinese", "relabel")
    state = steps(
        Edit.correct(key.name, key.label, key.line, "Gim"),
        Edit.relabel(key.name, key.label, key.line, "Chinese"),
        Edit.rename_label("Korean", "Corean"),
    )
    assert state.now(key) == RowNow("Gim", "Chinese", "relabel")
    assert state.now(other) == RowNow("Kang", "Corean", "rename-label")
    state = steps(Edit.rename_label("Korean", "Corean"), Edit.rename_label("Corean", "K"))
    assert state.now(other).label == "K"
    state = steps(
        Edit.rename_label("Korean", "Corean"), Edit.relabel(key.name, key.label, key.line, "Korean")
    )
    assert state.now(key).label == "Korean"  # relabelled after it was renamed
    state = steps(Edit.drop(key.name, key.label, key.line), Edits.undo)
    assert (state.now(key), state.redo) == (RowNow("Kim", "Korean"), "1 dropped")


async def searching(pilot: Pilot[None]) -> MistakesScreen:
    app = pilot.app
    await until(pilot, lambda: app.model.status == "ready" and app.edits.file is not None)
    await pilot.press("ctrl+g")
    await until(pilot, lambda: isinstance(app.screen, MistakesScreen))
    await pilot.press("w")
    await until(pilot, lambda: "network 1 of 2" in screen_of(app))
    assert isinstance(app.screen, MistakesScreen)
    return app.screen


async def suspected(pilot: Pilot[None]) -> MistakesScreen:
    screen = await searching(pilot)
    pilot.app.engine.gate.set()
    await until(pilot, lambda: "network 2 of 2" in screen_of(pilot.app))
    pilot.app.engine.gate.set()
    await until(pilot, lambda: screen.suspects is not None)
    return screen


async def test_what_was_suggested_is_kept_with_the_time_at_which_it_was_accepted(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await suspected(pilot)
        found = screen.suspects
        assert found is not None
        long_ago = "2020-01-01T00:00:00+00:00"
        old = {
            row: tuple(replace(edit, when=long_ago) for edit in edits) for row, edits in found.edits.items()
        }
        screen.suspects = replace(found, edits=old)
        await pilot.press("a")
        await until(pilot, lambda: app.edits.count > 0)
        made = read_patch(data.with_name("mine.edits.jsonl")).edits
        assert made
        assert all(edit.when > "2021" for edit in made)


async def test_the_footer_of_suspects_begins_with_what_is_done_with_them(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        await suspected(pilot)
        await pilot.resize_terminal(80, 24)
        keys = "a accept  r relabel  x drop  K keep  esc back"
        await until(pilot, lambda: text_of(app.screen.query_one(KeyBar)).lstrip().startswith(keys))
        assert text_of(app.screen.query_one(KeyBar)).endswith("F1 help  ctrl+q quit")
        await pilot.press("escape")
        await until(pilot, lambda: "a accept" not in text_of(app.screen.query_one(KeyBar)))


async def test_suspects_are_found_and_what_is_suggested_is_done_to_every_duplicate(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await suspected(pilot)
        shown = screen_of(app)
        assert "probably labelled wrongly" in shown
        assert "to drop it" in shown
        await pilot.press("a", "a")
        await until(pilot, lambda: app.edits.count == 3)
        assert kept(data) == [
            ("relabel", "Kowalski", "Vietnamese"),
            ("drop", "Novak", ""),
            ("drop", "Smith", ""),
        ]
        first = read_patch(data.with_name("mine.edits.jsonl")).edits[0]
        assert (first.why.by, first.why.score, first.why.model) == ("suspects", 0.001, "0" * 64)
        await pilot.press("w")  # back to the mistakes
        assert screen.query_one(MistakeRows).count == len(mistakes().rows)


async def test_a_training_is_of_the_mended_rows(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        await browsing(pilot)
        await pilot.press("x", "f2")
        await until(pilot, lambda: "1 dropped by mine.edits.jsonl" in screen_of(app))
        assert "--edits" in screen_of(app)
        await pilot.press("f5")
        await until(pilot, lambda: app.engine.trained_on != [])
        (table,) = app.engine.trained_on
        assert (len(table), table.patch.file) == (len(ROWS) - 1, "mine.edits.jsonl")


async def test_a_search_is_paused_resumed_and_stopped(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await searching(pilot)
        search = screen.search
        assert search is not None
        await pilot.press("P")
        assert "Paused: network 1 of 2" in screen_of(app)
        app.engine.gate.set()
        for _ in range(5):
            await pilot.pause()
        assert screen.search is search
        await pilot.press("P")
        await until(pilot, lambda: "Searching: network 2 of 2" in screen_of(app))
        await pilot.press("w")
        assert screen.search is None
        app.engine.gate.set()
        await until(pilot, lambda: screen.query_one(MistakeRows).count == len(mistakes().rows))
        assert screen.suspects is None


async def test_a_file_with_too_little_for_a_search_says_so(tmp_path: Path) -> None:
    path = tmp_path / "few.tsv"
    path.write_text("Kim\tKorean\nNovak\tCzech\n", encoding="utf-8")
    app = app_on(path)
    async with app.run_test(size=(120, 40)) as pilot:
        await searching(pilot)
        app.engine.gate.set()
        await until(pilot, lambda: "network 2 of 2" in screen_of(app))
        app.engine.gate.set()
        await until(
            pilot, lambda: any("three different names" in each.message for each in app._notifications)
        )
        assert app.screen.search is None


async def test_when_no_row_is_suspicious_it_is_said_and_not_that_there_are_no_mistakes(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await searching(pilot)
        search = screen.search
        screen.post_message(SuspectsFound(search, Suspects(rows=(), edits={}, estimated=0)))
        await until(pilot, lambda: "No row is suspicious." in screen_of(app))
        assert "No mistakes here." not in screen_of(app)
        app.engine.gate.set()


def test_an_edit_is_made_once_and_renamed_labels_are_those_that_are_offered(tmp_path: Path) -> None:
    edits = Edits()
    edits.add([Edit.drop("Kowalski", "Polish", 1), Edit.relabel("Lee", "Chinese", 5, "Korean")])
    edits.add([Edit.rename_label("Czech", "Czechia"), Edit.correct("Wang", "Chinese", 4, "Wong")])
    state = Effect(edits).state(tmp_path / "mine.edits.jsonl")
    assert state.has(Edit.drop("Kowalski", "Polish", 1))
    assert state.has(Edit.relabel("Lee", "Chinese", 5, "Korean"))
    assert state.has(Edit.correct("Wang", "Chinese", 4, "Wong"))
    for other in (
        Edit.keep("Kowalski", "Polish", 1),
        Edit.drop("Kowalski", "Polish", 2),
        Edit.relabel("Lee", "Chinese", 5, "Vietnamese"),
        Edit.rename_label("Czech", "Czechia"),
    ):
        assert not state.has(other)
    assert set(state.labels_now(("Polish", "Czech", "Chinese"))) == {"Polish", "Czechia", "Chinese", "Korean"}


async def test_a_key_pressed_again_adds_no_edit(data: Path) -> None:
    app = app_on(data)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.dataset.table is not None and app.edits.file is not None)
        await until(pilot, lambda: app.screen.query_one(NameRows).current is not None)
        app.screen.set_focus(app.screen.query_one(NameRows))
        await pilot.press("x", "up", "x", "up", "x")
        await until(pilot, lambda: app.edits.count >= 1)
        assert app.edits.count == 1
        await pilot.press("home", "down", "r")
        await until(pilot, lambda: isinstance(app.screen, RelabelScreen))
        row = app.screen_stack[-2].query_one(NameRows).current
        assert app.screen.query_one(LabelChoice).current == row.label
