from pathlib import Path

import pytest
from textual.widgets import Input

from namecls.data.layout import Columns
from namecls.data.table import NameTable
from tests.tui.fakes import FakeEngine
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.screens.file_picker import FileList, FilePicker, Picked, list_directory

NOTHING = object()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    base = tmp_path / "base"
    (base / "below").mkdir(parents=True)
    (base / ".hidden").mkdir()
    for name, size in (("b.csv", 1500), ("a.tsv", 3), ("Makefile", 10), ("names[x].tsv", 1), (".profile", 4)):
        (base / name).write_bytes(b"x" * size)
    (base / "below" / "inner.tsv").write_text("Abel\tCzech\n")
    (base / "nowhere").symlink_to(base / "gone")
    monkeypatch.chdir(base)
    return base


class Picking:
    """A picker in an app, and what it answered."""

    def __init__(self, near: Path | None = None) -> None:
        self.app = NameclsApp(
            engine=FakeEngine(table=NameTable.from_pairs([("Abel", "Czech"), ("Bo", "Danish")])),
            start="dataset",
        )
        self.answer: object = NOTHING
        self.near = near

    def open(self) -> None:
        self.app.push_screen(FilePicker(self.near), lambda path: setattr(self, "answer", path))

    @property
    def path(self) -> Path | None:
        return self.answer.path if isinstance(self.answer, Picked) else None

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.app.screen.query_one(FileList).entries]

    @property
    def pointed(self) -> str:
        entry = self.app.screen.query_one(FileList).current
        return entry.name if entry else ""

    @property
    def box(self) -> Input:
        return self.app.screen.query_one(Input)


def test_a_directory_lists_directories_then_likely_files(folder):
    assert [entry.name for entry in list_directory(folder)] == [
        "..", ".hidden", "below", "a.tsv", "b.csv", "names[x].tsv", ".profile", "Makefile",
    ]  # fmt: skip


async def test_typing_narrows_and_enter_opens(folder):
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await until(pilot, lambda: picking.app.screen.query(FileList) and picking.names)
        assert picking.names == ["..", "below", "a.tsv", "b.csv", "names[x].tsv", "Makefile"]
        await pilot.press("b", "full_stop")
        await until(pilot, lambda: picking.names == ["..", "b.csv"])
        await pilot.press("enter")
        await until(pilot, lambda: picking.path == folder / "b.csv")


async def test_enter_goes_into_directories_and_up(folder):
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await until(pilot, lambda: picking.app.screen.query(FileList) and picking.pointed == "below")
        await pilot.press("enter")
        await until(pilot, lambda: picking.names == ["..", "inner.tsv"])
        await pilot.press("up", "enter")
        await until(pilot, lambda: "below" in picking.names)
        await pilot.press("down", "enter")
        await until(pilot, lambda: picking.path == folder / "a.tsv")


async def test_a_path_may_be_typed_whole(folder):
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await pilot.pause()
        picking.box.value = str(folder / "below" / "inner.tsv")
        await pilot.press("enter")
        await until(pilot, lambda: picking.path == folder / "below" / "inner.tsv")


async def test_a_typed_path_that_is_not_there_is_left_to_the_reader(folder):
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await pilot.pause()
        picking.box.value = "below/missing.tsv"
        await pilot.press("enter")
        await until(pilot, lambda: picking.path == folder / "below" / "missing.tsv")


async def test_tab_completes_what_is_under_the_cursor(folder):
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await until(pilot, lambda: picking.app.screen.query(FileList) and picking.names)
        await pilot.press("b", "e")
        await until(pilot, lambda: picking.names == ["..", "below"])
        await pilot.press("tab")
        assert picking.box.value == "below/"
        await until(pilot, lambda: picking.names == ["..", "inner.tsv"])
        await pilot.press("tab", "enter")
        await until(pilot, lambda: picking.path == folder / "below" / "inner.tsv")


async def test_it_begins_beside_the_file_that_is_open(folder):
    picking = Picking(folder / "below" / "inner.tsv")
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await until(pilot, lambda: picking.app.screen.query(FileList) and "inner.tsv" in picking.names)


async def test_hidden_files_show_when_asked_for(folder):  # noqa: ARG001
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await until(pilot, lambda: picking.app.screen.query(FileList) and picking.names)
        await pilot.press("full_stop", "p")
        await until(pilot, lambda: picking.names == ["..", ".profile"])


async def test_a_directory_that_can_not_be_listed_says_so(folder):  # noqa: ARG001
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await pilot.pause()
        picking.box.value = "gone/"
        found = picking.app.screen.query_one(FileList)
        await until(pilot, lambda: "can't be listed" in "".join(s.text for s in found.render_line(0)))


async def test_escape_opens_nothing(folder):  # noqa: ARG001
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await pilot.pause()
        await pilot.press("escape")
        await until(pilot, lambda: picking.answer is None)


async def test_a_click_on_the_entry_under_the_cursor_opens_it(folder):
    picking = Picking()
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picking.open()
        await until(pilot, lambda: picking.app.screen.query(FileList) and picking.names)
        await pilot.click(FileList, offset=(5, 2))
        assert picking.pointed == "a.tsv"
        await pilot.click(FileList, offset=(5, 2))
        await until(pilot, lambda: picking.path == folder / "a.tsv")


@pytest.mark.parametrize(
    ("problem", "focused"),
    [
        ("gone.tsv: there is no such file", "path"),
        ("gone.tsv: not UTF-8; say which with --encoding", "encoding"),
    ],
)
async def test_after_a_file_that_can_not_be_read_the_focus_is_at_what_is_to_be_mended(
    folder, problem, focused
):
    picking = Picking(folder / "gone.tsv")
    async with picking.app.run_test(size=(80, 24)) as pilot:
        picker = FilePicker(picking.near, Columns(encoding="gbk"), problem)
        picking.app.push_screen(picker)
        await until(pilot, lambda: picker.focused is not None and picker.focused.id == focused)
        await pilot.pause()
        assert picker.focused.id == focused
        assert picker.query_one("#encoding", Input).value == "gbk"
