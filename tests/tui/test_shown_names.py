"""A name that another screen shows among the rows of Dataset."""

from __future__ import annotations

from pathlib import Path

from namecls.data.browse import Query
from namecls.data.table import load_dataset
from tests.tui.fakes import FakeEngine
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.widgets.name_rows import NameRows


async def test_a_name_that_is_shown_comes_first_and_afterwards_the_chosen_order_is_back(
    tmp_path: Path,
) -> None:
    data = tmp_path / "many.tsv"
    names = [f"{a}o{b}" for a in "ZYXWV" for b in "abcdefghijklmnopqrst"]
    data.write_text(
        "".join(f"{name}\t{name[0]}\n" for name in [*names, "Annovob", "Vobis", "Vob", "Ann"]), "utf-8"
    )
    app = NameclsApp(engine=FakeEngine(table=load_dataset(data)), data=data, start="dataset")
    async with app.run_test(size=(100, 24)) as pilot:
        await until(pilot, lambda: app.screen.query_one(NameRows).current is not None)
        rows = app.screen.query_one(NameRows)
        await pilot.press("escape", "s", "s", "s", "S")
        await until(pilot, lambda: rows.answers == Query(sort="file", descending=True))
        app.screen.show_name("Vob")
        await until(pilot, lambda: rows.answers is not None and rows.answers.search == "Vob")
        assert (rows.count, rows.current.name, rows.current.line) == (4, "Vob", 82)
        await pilot.press("escape")
        await until(pilot, lambda: rows.answers == Query(sort="file", descending=True))
        assert (rows.count, rows.current.line, rows.cursor) == (104, 82, 104 - 82)
        app.screen.show_name("Ann")
        await until(pilot, lambda: rows.answers is not None and rows.answers.search == "Ann")
        await pilot.press("s")
        await until(pilot, lambda: rows.answers.sort == "label")
        await pilot.press("escape")
        await until(pilot, lambda: rows.answers == Query(sort="label"))
