"""The fields that say how a file is to be read, in the dialog that opens one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.widgets import Input

from namecls.data.layout import Columns
from namecls.errors import DataError
from tests.tui.fakes import FakeEngine
from tests.tui.screen import text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.forms.reading import FIELDS, asks_for_fields, in_the_app, likely_fields, read_fields, texts_of
from tui.screens.file_picker import FileList, FilePicker
from tui.widgets.plan_view import PlanView

ROOT = Path(__file__).resolve().parents[2]
ROWS = [("Müller", "German"), ("García", "Spanish"), ("Schröder", "German"), ("Núñez", "Spanish")] * 5


@pytest.mark.parametrize(
    "columns",
    [
        Columns(),
        Columns(name=2, label="Land", header=True, separator="semicolon", encoding="GBK"),
        Columns(header=False, separator="|", weight="n"),
    ],
)
def test_what_the_fields_say_is_read_back(columns: Columns) -> None:
    assert read_fields(texts_of(columns)) == columns


@pytest.mark.parametrize(
    ("field", "text"), [("encoding", "klingon"), ("separator", "xy"), ("header", "maybe")]
)
def test_a_field_that_means_nothing_is_told(field: str, text: str) -> None:
    with pytest.raises(DataError, match="expected"):
        read_fields({field: text})


def test_no_switch_for_reading_files_that_the_library_names_is_named_in_the_app() -> None:
    options = {field.option for field in FIELDS} | {"no-header"}
    said = [
        found
        for path in (ROOT / "namecls" / "data").glob("*.py")
        for found in re.findall(r"--[a-z][a-z-]+", path.read_text(encoding="utf-8"))
    ]
    assert said
    assert {found.removeprefix("--") for found in said} <= options
    for found in said:
        assert asks_for_fields(found)
        assert "--" not in in_the_app(found)
    assert in_the_app("else --no-header; --encoding gbk") == "else 'titles' no; 'encoding' gbk"


@pytest.mark.parametrize(
    ("problem", "fields"),
    [
        ("x looks like Windows-1252: --encoding windows-1252 reads it so", {"encoding": "windows-1252"}),
        ("say how it is encoded with --encoding, or save it as UTF-8", {}),
        ("expected 2 columns", {}),
    ],
)
def test_the_encoding_that_a_file_looks_like_stands_in_the_field(
    problem: str, fields: dict[str, str]
) -> None:
    assert likely_fields(problem) == fields


def bench(path: Path, start: str = "dataset") -> NameclsApp:
    return NameclsApp(engine=FakeEngine(), data=path, start=start)


def shown(app: NameclsApp, widget: str) -> str:
    """What a widget says, wherever its lines break."""
    return " ".join(text_of(app.screen.query_one(widget)).split())


async def test_a_file_in_another_encoding_is_read_by_the_field_that_its_error_names(tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_bytes("".join(f"{name};{label}\n" for name, label in ROWS).encode("cp1252"))
    app = bench(path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.status == "failed")
        await until(pilot, lambda: "'encoding' windows-1252" in shown(app, "#problem"))
        assert "F6" in shown(app, "#problem")
        await pilot.press("f6")
        await until(
            pilot, lambda: isinstance(app.screen, FilePicker) and app.screen.query_one(FileList).entries
        )
        await until(pilot, lambda: app.focused is not None and app.focused.id == "encoding")
        assert "windows-1252" in shown(app, "#problem")
        assert app.screen.query_one("#encoding", Input).value == "windows-1252"  # what it looks like
        app.screen.query_one("#encoding", Input).value = ""
        await pilot.press(*"klingon", "enter")
        await until(pilot, lambda: "klingon" in shown(app, "#problem"))
        app.screen.query_one("#encoding", Input).value = ""
        await pilot.press(*"windows-1252", "tab", "tab", "n", "o", "enter")
        await until(pilot, lambda: app.dataset.status == "ready")
        assert app.dataset.table.names[0] == "Müller"
        assert app.dataset.columns == Columns(header=False, encoding="Windows-1252")
        await until(pilot, lambda: "read as Windows-1252" in shown(app, "#layout"))
        await pilot.press("f2")
        await until(pilot, lambda: app.screen.query(PlanView))
        await until(pilot, lambda: "read as Windows" in text_of(app.screen.query_one(PlanView)))


async def test_a_directory_of_text_files_is_opened_as_a_whole(tmp_path: Path) -> None:
    names = tmp_path / "names"
    names.mkdir()
    for label in ("Czech", "Polish"):
        (names / f"{label}.txt").write_text("Abel\nNowak\n", encoding="utf-8")
    app = bench(names / "Czech.txt")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.status == "failed")
        await pilot.press("f6")
        await until(
            pilot, lambda: isinstance(app.screen, FilePicker) and app.screen.query_one(FileList).entries
        )
        app.screen.query_one("#path", Input).value = ""
        await until(
            pilot, lambda: [e.name for e in app.screen.query_one(FileList).entries][:2] == ["..", "."]
        )
        app.screen.query_one(FileList).move_to(1)
        await pilot.press("enter")
        await until(pilot, lambda: app.dataset.status == "ready")
        assert set(app.dataset.table.labels) == {"Czech", "Polish"}


async def test_nothing_starts_on_the_rows_before_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    app = NameclsApp(engine=FakeEngine(), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.check_action("start", ()))
        app.open_dataset(tmp_path / "missing.tsv")
        await until(pilot, lambda: app.dataset.status == "failed")
        assert app.dataset.table is not None
        assert not app.screen.check_action("start", ())
        assert str(tmp_path / "missing.tsv") == app.screen.query_one("#data", Input).value
        await pilot.press("f12")
        await until(pilot, lambda: app.screen.query("SearchOutlook"))
        assert not app.screen.check_action("start", ())
