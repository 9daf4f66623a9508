from pathlib import Path

import pytest
from rich.cells import cell_len
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Static

from namecls.data.browse import Kind, Query
from namecls.data.table import NameTable, load_dataset
from tests.tui.fakes import FakeEngine
from tests.tui.screen import text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.engine.browsing import RowsFound, RowsWanted
from tui.screens.dataset import DatasetScreen
from tui.screens.file_picker import FilePicker
from tui.screens.problems import Kinds, ProblemList, ProblemsScreen
from tui.widgets.asked import Asked
from tui.widgets.details import DetailsPanel
from tui.widgets.label_list import LabelList
from tui.widgets.name_rows import NameRows

PAIRS = [
    ("Abel", "Czech"), ("Abel", "German"), ("Abelová", "Czech"), ("Berg", "Danish"), ("Berg", "German"),
    ("Berg", "Norwegian"), ("Dvořák", "Czech"), ("Dvořák", "Czech"), ("Eriksen", "Danish"), ("Fernández", "Spanish"),
    ("García", "Spanish"), ("Hansen", "Danish"), ("Hansen", "Norwegian"), ("Iglesias", "Spanish"),
    ("Jansky", "Czech"), ("Kowalczyk", "Polish"), ("Kowalski", "Polish"), ("Müller", "German"),
    ("Mu\u0308nch", "German"), ("Nowak", "Polish"), ("O[x]", "English"), ("Østergaard", "Danish"),
    ("Smith", "Evil\x1b]52;c;ZXZpbA==\x07label"), ("[bold]Red[/bold]", "English"), ("\u202eevil", "English"),
    ("אברהם", "Hebrew"), ("欧阳娜娜", "Chinese"), ("王", "Chinese"), ("Zalgo\u0301\u0302\u0303", "Czech"),
]  # fmt: skip


def bench(table: NameTable | None = None, **options) -> NameclsApp:
    return NameclsApp(
        engine=FakeEngine(table=table or NameTable.from_pairs(PAIRS, Path("names.tsv"))),
        start="dataset",
        **options,
    )


def screen(app: NameclsApp) -> DatasetScreen:
    assert isinstance(app.screen, DatasetScreen)
    return app.screen


def rows(app: NameclsApp) -> NameRows:
    return next(s for s in app.screen_stack if isinstance(s, DatasetScreen)).query_one(NameRows)


def shown(app: NameclsApp) -> list[str]:
    """The names that show."""
    found = rows(app)
    return [found._rows[place - found._start].name for place in range(*found.showing)]


def lines_of(widget) -> list[str]:
    return ["".join(segment.text for segment in widget.render_line(y)) for y in range(widget.size.height)]


async def ready(pilot: Pilot[None]) -> None:
    """The rows are here, with their split and the number of problems."""
    app = pilot.app
    await until(pilot, lambda: "..." not in lines_of(app.screen.query_one(Asked))[0])
    await until(pilot, lambda: rows(app).current is not None and rows(app).current.split)
    await until(
        pilot,
        lambda: (
            not app.screen.has_class("-detailed")
            or "split" in "".join(lines_of(app.screen.query_one(DetailsPanel)))
        ),
    )
    await pilot.pause()  # what is told above the rows moves them
    await pilot.pause()


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)])
def test_the_rows_at_several_sizes(snap_compare, size):
    assert snap_compare(bench(), terminal_size=size, run_before=ready)


def test_a_search_within_a_label(snap_compare):
    async def ask(pilot: Pilot[None]) -> None:
        await ready(pilot)
        await pilot.press(*"an", "escape", "l", "down", "enter")
        await until(pilot, lambda: rows(pilot.app).count == 1)
        await ready(pilot)

    assert snap_compare(bench(), terminal_size=(80, 24), run_before=ask)


def test_details_below_the_rows(snap_compare):
    async def ask(pilot: Pilot[None]) -> None:
        await ready(pilot)
        await pilot.press(*"berg", "enter")
        await until(pilot, lambda: rows(pilot.app).count == 3)
        await ready(pilot)

    assert snap_compare(bench(), terminal_size=(80, 24), run_before=ask)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_problems_at_two_sizes(snap_compare, size, tmp_path):
    lines = [*(f"{name}\t{label}" for name, label in PAIRS), "one column\x1b[31m", "", "42\tCzech"]
    (tmp_path / "names.tsv").write_text("\n".join(lines), encoding="utf-8")

    async def ask(pilot: Pilot[None]) -> None:
        await ready(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: pilot.app.screen.query_one(ProblemList).current is not None)
        await until(pilot, lambda: "unlike" in pilot.app.screen.query_one(Kinds).counts)

    assert snap_compare(bench(load_dataset(tmp_path / "names.tsv")), terminal_size=size, run_before=ask)


async def test_every_key_of_the_search_narrows_the_rows():
    app = bench()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        assert isinstance(app.focused, Input)
        for text, names in (("m", 3), ("mu", 2), ("mul", 1)):
            await pilot.press(text[-1])
            await until(pilot, lambda names=names: rows(app).count == names)
        assert shown(app) == ["Müller"]


async def test_an_answer_to_an_old_question_is_dropped():
    app = bench()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.press(*"kow")
        await until(pilot, lambda: rows(app).count == 2)
        screen(app).post_message(RowsFound(app.dataset.table, RowsWanted(Query("old"), 0, 5), 99, (), ()))
        await pilot.pause()
        assert rows(app).count == 2


async def test_arrows_move_in_the_rows_while_the_search_has_the_focus():
    app = bench()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.press("down", "down", "up")
        assert rows(app).cursor == 1
        assert isinstance(app.focused, Input)


async def test_vim_keys_move_once_the_search_is_left():
    app = bench()
    async with app.run_test(size=(80, 20)) as pilot:
        await ready(pilot)
        await pilot.press("escape", "j", "j", "k")
        assert rows(app).cursor == 1
        await pilot.press("G")
        assert rows(app).cursor == len(PAIRS) - 1
        assert rows(app).current is not None
        await pilot.press("g")
        assert rows(app).cursor == 0
        await pilot.press("slash")
        assert isinstance(app.focused, Input)


async def test_going_through_the_labels_filters_at_once_and_escape_takes_it_back():
    app = bench()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        await pilot.press("f5", "down")
        label = screen(app).query_one(LabelList).current
        assert label == "Czech"
        await until(pilot, lambda: rows(app).count == 6)
        await pilot.press("escape")
        await until(pilot, lambda: rows(app).count == len(PAIRS))
        await pilot.press("l", "j", "enter")
        await until(pilot, lambda: rows(app).count == 6)
        assert app.focused is rows(app)
        await pilot.press("escape")
        await until(pilot, lambda: rows(app).count == len(PAIRS))


async def test_keys_that_are_faster_than_the_answers_are_not_lost_among_the_labels(monkeypatch):
    """An answer for the label before must not put the cursor back onto it."""
    app = bench()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        labels = screen(app).query_one(LabelList)
        answered, wanted = DatasetScreen.on_rows_found, 5

        def after_a_key(here: DatasetScreen, message: RowsFound) -> None:
            if labels.cursor < wanted:
                labels.move(1)
            answered(here, message)

        monkeypatch.setattr(DatasetScreen, "on_rows_found", after_a_key)
        await pilot.press("escape", "l", "down")
        await until(pilot, lambda: labels.cursor == wanted and screen(app)._asked.label == labels.current)
        await until(pilot, lambda: rows(app).answers == screen(app)._asked)
        assert labels.cursor == wanted


async def test_sorting_goes_round_and_turns():
    app = bench()
    async with app.run_test(size=(100, 40)) as pilot:
        await ready(pilot)
        await pilot.press("escape", "s")
        await until(pilot, lambda: shown(app)[0] == "欧阳娜娜")
        assert "sort: label ▲" in lines_of(screen(app).query_one(Asked))[0]
        await pilot.press("s")
        await until(pilot, lambda: shown(app)[0] == "王")
        await pilot.press("s")
        await until(pilot, lambda: shown(app) == [name for name, _ in PAIRS])
        await pilot.press("S")
        await until(pilot, lambda: shown(app) == [name for name, _ in reversed(PAIRS)])


async def test_weights_have_a_column_and_sort_the_rows(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text(
        "name,label,count\nAbel,Czech,3\nKim,Korean,5210\nBerg,Danish,0.5\nKim,Chinese,12345678\n"
    )
    async with bench(load_dataset(path, weight_column="count")).run_test(size=(80, 24)) as pilot:
        app = pilot.app
        await ready(pilot)
        assert "weight" in lines_of(rows(app))[0]
        await pilot.press("escape", *["s"] * 3)
        await until(pilot, lambda: "sort: weight ▼" in lines_of(screen(app).query_one(Asked))[0])
        await until(pilot, lambda: "Chinese" in lines_of(rows(app))[1])
        told = zip(("1.2e+07", "5,210", "3", "0.5"), lines_of(rows(app))[1:5], strict=True)
        assert all(f" {weight} " in line for weight, line in told)


async def test_a_search_without_findings_says_so():
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"xyz")
        await until(pilot, lambda: "No name contains 'xyz'." in "".join(lines_of(rows(app))))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: rows(app).count == len(PAIRS))


async def test_hostile_text_is_shown_and_never_sent():
    app = bench()
    async with app.run_test(size=(160, 50)) as pilot:
        await ready(pilot)
        lines = "\n".join(lines_of(rows(app)) + lines_of(screen(app).query_one(LabelList)))
        for told in ("O[x]", "[bold]Red", "<U+202E>evil", "Evil␛]52;c;"):
            assert told in lines
        for raw in ("\x1b", "\x07", "\u202e"):
            assert raw not in lines


async def test_wide_combining_and_right_to_left_names_keep_the_columns():
    app = bench()
    async with app.run_test(size=(120, 50)) as pilot:
        await ready(pilot)
        found = rows(app)
        lines = lines_of(found)
        starts = {
            cell_len(line[: line.index(row.split)])
            for place, line in zip(range(*found.showing), lines[1:], strict=False)
            for row in (found._rows[place - found._start],)
        }
        assert len(starts) == 1
        assert {cell_len(line) for line in lines} == {found.size.width}


async def test_only_the_rows_around_the_page_are_held():
    table = NameTable.from_pairs([(f"Name {i:05}", "AB"[i % 2]) for i in range(20_000)], Path("many.tsv"))
    app = bench(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        found = rows(app)
        assert len(found._rows) <= 3 * found.room
        await pilot.press("end")
        assert found.cursor == 0  # the end of the search text, as long as that has the focus
        await pilot.press("escape", "end")
        await until(pilot, lambda: found.current is not None)
        assert found.current.name == "Name 19999"
        assert len(found._rows) <= 3 * found.room
        await pilot.press("pageup", "pageup", "pageup")
        await until(pilot, lambda: found.current is not None)
        assert found.wanted is None


async def test_details_follow_the_cursor():
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        panel = screen(app).query_one(DetailsPanel)
        await pilot.press(*"berg")
        await until(pilot, lambda: "Norwegian" in "".join(lines_of(panel)))
        await pilot.press("enter")
        assert not panel.display
        await pilot.press("enter")
        assert panel.display


async def test_problems_lead_back_to_the_name():
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f8")
        assert isinstance(app.screen, ProblemsScreen)
        found = app.screen.query_one(ProblemList)
        await until(pilot, lambda: found.current is not None)
        await pilot.press("tab")
        await until(pilot, lambda: found.current is not None and found.count == 3)
        assert found.current.name == "Berg"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and shown(app) == ["Berg"] * 3)


async def turn_to(pilot: Pilot[None], kind: Kind) -> ProblemList:
    """The problems of a kind."""
    await pilot.press("f8")
    while pilot.app.screen.query_one(Kinds).kind != kind:
        await pilot.press("tab")
    return pilot.app.screen.query_one(ProblemList)


async def test_near_duplicates_and_rows_unlike_all_others_lead_back_to_their_rows():
    pairs = [("Kowalski", "Polish"), ("Kowlaski", "Czech"), ("Novák", "Czech"), ("ann@b.org", "Czech")]
    app = bench(NameTable.from_pairs(pairs))
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        found = await turn_to(pilot, "near, labels differ")
        await until(pilot, lambda: found.current is not None)
        assert "one letter  Polish 1 / Czech 1" in lines_of(found)[1]
        await pilot.press("enter")
        await until(
            pilot, lambda: isinstance(app.screen, DatasetScreen) and shown(app) == ["Kowalski", "Kowlaski"]
        )
        found = await turn_to(pilot, "unlike")
        await until(pilot, lambda: found.current is not None)
        assert "Czech  an address: ann@b.org" in lines_of(found)[1]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and shown(app) == ["ann@b.org"])


async def test_what_takes_too_long_to_find_is_not_looked_for_unasked(monkeypatch):
    for place in ("engine.browsing", "screens.problems"):
        monkeypatch.setattr(f"tui.{place}.UNASKED", 3)
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        found = await turn_to(pilot, "near, one label")
        assert "namecls data inspect FILE --near" in "".join(lines_of(found))


async def test_a_click_moves_the_cursor_and_the_wheel_the_page():
    app = bench()
    async with app.run_test(size=(80, 20)) as pilot:
        await ready(pilot)
        await pilot.click(NameRows, offset=(5, 4))
        assert rows(app).cursor == 3
        await pilot._post_mouse_events([events.MouseScrollDown], NameRows)
        assert rows(app).showing[0] == 3


async def test_a_file_that_can_not_be_read_leaves_the_table(tmp_path):
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f6")
        assert isinstance(app.screen, FilePicker)
        app.screen.query_one(Input).value = str(tmp_path / "evil\x1b[31m.tsv")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen))
        word = screen(app).query_one("#problem", Static)
        await until(pilot, lambda: word.display)
        told = text_of(word)
        assert "there is no such file" in told
        assert "\x1b" not in told
        assert rows(app).count == len(PAIRS)
        await pilot.press("escape")
        assert not word.display


async def test_another_file_takes_the_place_of_the_one_before(tmp_path):
    (tmp_path / "other.tsv").write_text("Li\tChinese\nWu\tChinese\nKim\tKorean\nbad\n")
    app = bench()
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot)
        await pilot.press(*"kow")
        app.open_dataset(tmp_path / "other.tsv")
        await until(pilot, lambda: rows(app).count == 3)
        assert screen(app).query_one("#search", Input).value == ""
        assert screen(app).context() == "other.tsv · 3 rows · 2 labels"


async def test_problems_close_when_another_file_is_opened(tmp_path):
    (tmp_path / "other.tsv").write_text("Li\tChinese\nKim\tKorean\n")
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f8")
        app.open_dataset(tmp_path / "other.tsv")
        await until(pilot, lambda: isinstance(app.screen, DatasetScreen) and rows(app).count == 2)


async def test_without_a_table_the_screen_says_how_to_get_one():
    app = bench(data=Path("missing.tsv"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "F6 opens" in "".join(lines_of(rows(app))))
        await pilot.press("escape", "l", "s", "p", "enter", "j", "G", "escape")
        assert "there is no such file" not in text_of(screen(app).query_one("#problem", Static))


async def test_the_screen_draws_with_ascii_alone():
    app = bench(
        NameTable.from_pairs([("Abel", "Czech"), ("Bo", "Danish"), ("Cy", "Danish")]), ascii_only=True
    )
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot)
        for widget in (NameRows, LabelList, Asked):
            assert "".join(lines_of(screen(app).query_one(widget))).isascii()


async def test_what_looks_wrong_with_the_labels_stands_above_them_and_different_rows_beside_rows() -> None:
    letters = "abcdefghijklmnopqrst"
    pairs = [(f"{a}{b}", "German") for a in letters for b in letters]
    table = NameTable.from_pairs([*pairs, *([("Bo", "Danish")] * 120), ("Li", "Germna")])
    app = bench(table)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.pause()
        told = "\n".join(lines_of(app.screen.query_one("#doubts")))
        assert "labels that look alike: Germna (1 row) and German (400 rows)" in told
        assert "2 labels have fewer than 3 different names" in told
        assert "which leaves Danish 1 of 120 rows" in told
        labels = app.screen.query_one(LabelList)
        lines = [" ".join(line.split()) for line in lines_of(labels)]
        assert "different" in str(labels.border_subtitle)
        assert any("Danish 120 1 " in line for line in lines)
        assert any("all 521 402" in line for line in lines)
        app.screen.query_one("#search", Input).value = "bo"
        await until(pilot, lambda: not labels.border_subtitle)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_labels_that_begin_alike_can_be_told_apart(size: tuple[int, int]) -> None:
    alike = ["Southern European, of the west coast", "Southern European, of the east coast"]
    app = bench(NameTable.from_pairs([("Abel", alike[0]), ("Abel", alike[0]), ("Berg", alike[1])]))
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: len(shown(app)) == 3)
        for widget in (rows(app), screen(app).query_one(LabelList)):
            await until(pilot, lambda w=widget: any("east" in line for line in lines_of(w)))
            assert any("west" in line for line in lines_of(widget))


async def test_a_click_on_the_title_of_a_column_sorts_by_it_and_another_one_the_other_way_round() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        found = rows(app)
        head = lines_of(found)[0]
        for title, query in (
            ("label", Query(sort="label")),
            ("label", Query(sort="label", descending=True)),
            ("name", Query()),
        ):
            await pilot.click(found, offset=(head.index(title) + 1, 0))
            await until(pilot, lambda wanted=query: found.answers == wanted)
        await pilot.click(found, offset=(head.index("split") + 1, 0))
        await pilot.pause()
        assert found.answers == Query()


async def test_a_search_finds_first_what_was_searched_for_and_then_what_begins_with_it() -> None:
    names = ("Aakim", "Ákim", "Kimura", "Kim", "Kimball", "Zakim", "KIM")
    app = bench(NameTable.from_pairs([(name, "Any") for name in names] + [("Li", "Other")]))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(shown(app)) == len(names) + 1)
        await pilot.press(*"kim")
        wanted = ["Kim", "KIM", "Kimball", "Kimura", "Aakim", "Ákim", "Zakim"]
        await until(pilot, lambda: shown(app) == wanted)
        await pilot.press("escape", "S")
        await until(
            pilot, lambda: shown(app) == ["KIM", "Kim", "Kimura", "Kimball", "Zakim", "Ákim", "Aakim"]
        )


async def test_enter_on_a_label_in_doubt_shows_its_rows() -> None:
    pairs = [*((f"Abel{n}", "German") for n in range(400)), ("Nowak", "Germna"), ("Kowal", "Polish")]
    app = bench(NameTable.from_pairs(pairs, Path("names.tsv")))
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot)
        found = await turn_to(pilot, "doubts")
        await until(pilot, lambda: found.current is not None)
        for _ in range(found.count):
            if found.current is not None and found.current.label:
                break
            await pilot.press("down")
        label = found.current.label
        assert label
        assert app.screen.check_action("choose", ())
        await pilot.press("enter")
        await until(
            pilot, lambda: isinstance(app.screen, DatasetScreen) and screen(app)._asked.label == label
        )
        await until(pilot, lambda: {row.label for row in rows(app)._rows} == {label})
        assert app.focused is rows(app)


async def test_that_no_name_is_found_among_those_of_a_label_is_wrapped() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        found = rows(app)
        found.clear()
        found.say_nothing_of(Query(search="vasil", label="a label with a name of many words, of the north"))
        await until(pilot, lambda: "vasil" in text_of(found))
        lines = [line for line in text_of(found).splitlines() if line.strip()]
        told = "No name contains 'vasil' among the names labelled a label with a name of many words, of the north."
        assert " ".join(line.strip() for line in lines).endswith(told)
        assert all(cell_len(line) <= found.size.width for line in lines)
