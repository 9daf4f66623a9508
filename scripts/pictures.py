"""Take the pictures in docs/ anew, from the real app: its own names, its own model, a training that runs.

python scripts/pictures.py [predict] [inspect] [epochs] [mistakes] [suspects] [dataset] [problems] [train] [runs]
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import Input

from namecls.config import PRESETS
from namecls.data.table import load_dataset
from namecls.runs.notes import Notes, write_notes
from namecls.runs.run import CHECKPOINTS, Run
from namecls.training.loop import train as fit_events
from namecls.training.protocol import split_by_config
from tui.app import NameclsApp
from tui.drawing.reasons import VIEWS
from tui.screens.inspect import InspectScreen
from tui.screens.mistakes import MistakesScreen
from tui.screens.problems import ProblemsScreen
from tui.widgets.mistake_rows import MistakeRows
from tui.widgets.run_list import RunList

DOCS = Path(__file__).resolve().parents[1] / "docs"
SIZE = (110, 32)
SIZES = ((80, 24), (120, 40))
TRIED = ("Yamamoto", "O'Brien", "Fernández", "Papadopoulos")
SHOWN = "Kowalska"
EPOCHS_SEEN = 4  # when the picture of the training is taken


async def wait(pilot: Pilot[None], ready: Callable[[], bool], seconds: float = 300.0) -> None:
    """Wait for the app to have something to show."""
    for _ in range(int(seconds * 5)):
        if ready():
            await pilot.pause()
            return
        await asyncio.sleep(0.2)
    raise SystemExit("the app did not get there in time")


def take(app: NameclsApp, name: str) -> None:
    """Write what the app shows to docs/."""
    (DOCS / f"{name}.svg").write_text(app.export_screenshot(title="namecls-tui"), encoding="utf-8")
    print(f"docs/{name}.svg")


async def predict() -> None:
    """A name, after some others."""
    app = NameclsApp()
    async with app.run_test(size=SIZE) as pilot:
        await wait(pilot, lambda: app.model.status == "ready")
        for name in (*TRIED, SHOWN):
            app.screen.query_one(Input).value = name
            await pilot.pause(1.0)
            if name != SHOWN:
                await pilot.press("enter")
        take(app, "predict")


async def inspect() -> None:
    """Each view of a name: alone at 80x24, in pairs at 120x40."""
    for size in SIZES:
        app = NameclsApp()
        async with app.run_test(size=size) as pilot:
            await wait(pilot, lambda app=app: app.model.status == "ready")
            app.screen.query_one(Input).value = SHOWN
            await pilot.press("tab")
            await wait(pilot, lambda app=app: isinstance(app.screen, InspectScreen))
            for number, view in enumerate(VIEWS[:-1], start=1):  # no epoch of the shipped model was kept
                await pilot.press(str(number), *{"walk": ["j"] * 5 + ["enter"]}.get(view.name, ()))
                await wait(pilot, lambda app=app: all(p.value is not None for p in app.screen._shown))
                if size[0] < 100 or number % 2 == 0:
                    take(app, f"inspect-{view.name}-{size[0]}x{size[1]}")


async def epochs() -> None:
    """How the answer came about, of a small network whose checkpoints were kept."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "names.tsv"
        rows = load_dataset().frame.sample(12_000, seed=0).select("name", "label")
        rows.write_csv(data, separator="\t", include_header=False)
        some, config = load_dataset(data), PRESETS["fast"].config
        run = Run.create(Path(directory), config, "small")
        (run.directory / CHECKPOINTS).mkdir()
        for _ in fit_events(config, some, run):
            pass
        for size in SIZES:
            app = NameclsApp(model=run.directory)
            async with app.run_test(size=size) as pilot:
                await wait(pilot, lambda app=app: app.model.status == "ready")
                app.screen.query_one(Input).value = SHOWN
                await pilot.press("tab")
                await wait(pilot, lambda app=app: isinstance(app.screen, InspectScreen))
                await pilot.press(str(len(VIEWS)))
                await wait(pilot, lambda app=app: app.screen._panel.value is not None)
                take(app, f"inspect-{VIEWS[-1].name}-{size[0]}x{size[1]}")


async def mistakes() -> None:
    """The confusion of the labels, and the names behind a cell."""
    for size in SIZES:
        app = NameclsApp()
        async with app.run_test(size=size) as pilot:
            await wait(pilot, lambda app=app: app.model.status == "ready")
            await pilot.press("ctrl+g")
            await wait(pilot, lambda app=app: isinstance(app.screen, MistakesScreen))
            await wait(pilot, lambda app=app: app.screen.query_one(MistakeRows).count > 0)
            if size[0] > 100:
                await pilot.press("enter")
            take(app, f"mistakes-{size[0]}x{size[1]}")


async def suspects() -> None:
    """Rows that are probably labelled wrongly, of a part of the names."""
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory) / "names.tsv"
        rows = load_dataset().frame.sample(12_000, seed=0).select("name", "label").iter_rows()
        data.write_text("".join(f"{name}\t{label}\n" for name, label in rows), encoding="utf-8")
        for size in SIZES:
            app = NameclsApp(data=data)
            async with app.run_test(size=size) as pilot:
                await wait(pilot, lambda app=app: app.model.status == "ready")
                await pilot.press("ctrl+g")
                await wait(pilot, lambda app=app: isinstance(app.screen, MistakesScreen))
                await wait(pilot, lambda app=app: app.screen.query_one(MistakeRows).count > 0)
                await pilot.press("w")
                await wait(pilot, lambda app=app: app.screen.suspects is not None)
                take(app, f"suspects-{size[0]}x{size[1]}")


async def problems() -> None:
    """What is wrong with the names, kind by kind."""
    for size in SIZES:
        app = NameclsApp(start="dataset")
        async with app.run_test(size=size) as pilot:
            await wait(pilot, lambda app=app: app.dataset.status == "ready")
            await pilot.press("f8")
            await wait(pilot, lambda app=app: isinstance(app.screen, ProblemsScreen))
            await pilot.pause(4.0)
            take(app, f"problems-{size[0]}x{size[1]}")


async def dataset() -> None:
    """A search among the names."""
    app = NameclsApp(start="dataset")
    async with app.run_test(size=SIZE) as pilot:
        await wait(pilot, lambda: app.dataset.status == "ready")
        app.screen.query_one(Input).value = "novak"
        await pilot.pause(2.0)
        take(app, "dataset")


async def train(save_dir: Path) -> None:
    """The default network in training on the embedded names."""
    app = NameclsApp(start="train", save_dir=save_dir)
    async with app.run_test(size=SIZE) as pilot:
        await wait(pilot, lambda: app.dataset.status == "ready")
        await pilot.pause(3.0)
        await pilot.press("f5")
        await wait(pilot, lambda: len(app.training.story.epochs) >= EPOCHS_SEEN)
        await asyncio.sleep(4)
        await pilot.pause()
        take(app, "train")
        app.trainings.stop()
        await wait(pilot, lambda: not app.training.busy)


async def runs() -> None:
    """Networks trained on some of the names, one of them too long, at 80x24 and 120x40."""
    with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
        table, save_dir, base = load_dataset(), Path("save_model"), PRESETS["fast"].config
        some = table.with_frame(table.frame.sample(6_000, seed=0))
        for name, values in {
            "overfitted": {"dropout": 0.0, "ngram_dropout": 0.0, "weight_decay": 0.0, "epochs": 24},
            "short": {"epochs": 4},
            "other-seed": {"seed": 1},
            "plain": {},
        }.items():
            config = base.changed(values)
            for _ in fit_events(config, split_by_config(config, some), Run.create(save_dir, config, name)):
                pass
        write_notes(Run(save_dir / "plain"), Notes("as it comes", ("baseline",)))
        for size in SIZES:
            app = NameclsApp(save_dir=save_dir, start="runs")
            async with app.run_test(size=size) as pilot:
                await wait(pilot, lambda app=app: app.model.status == "ready" and app.screen._runs)
                for run in ("plain", "short", "overfitted"):
                    places = [at for at, info in enumerate(app.screen._shown) if info.name == run]
                    app.screen.query_one(RunList).move_to(places[0])
                    await pilot.press("b" if run == "plain" else "space")
                app.screen.query_one(RunList).move_to(places[0])
                await pilot.press(*["left"] * 12)
                await pilot.pause(2.0)
                take(app, f"runs-{size[0]}x{size[1]}")


async def train_somewhere() -> None:
    """The same, in a directory that is gone afterwards."""
    with tempfile.TemporaryDirectory() as directory:
        await train(Path(directory))


ALL = {
    "predict": predict,
    "inspect": inspect,
    "epochs": epochs,
    "mistakes": mistakes,
    "suspects": suspects,
    "dataset": dataset,
    "problems": problems,
    "train": train_somewhere,
    "runs": runs,
}


def main(wanted: list[str]) -> None:
    """Take those that are named, or all of them."""
    os.environ["COLORTERM"] = "truecolor"
    for name in wanted or ALL:
        asyncio.run(ALL[name]())


if __name__ == "__main__":
    main(sys.argv[1:])
