"""The line mode from its first sentence to its exit status."""

from __future__ import annotations

import io
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TextIO

from namecls.language import N_, _
from tui.lines.comparing import Compare
from tui.lines.dataset import Dataset
from tui.lines.house import House
from tui.lines.mistakes import Mistakes
from tui.lines.models import Models
from tui.lines.opening import open_file, read_otherwise
from tui.lines.place import Broken, Command, Left, Place
from tui.lines.predicting import Predict
from tui.lines.runs import Runs
from tui.lines.speaking import Ended, Speaker
from tui.lines.training import Train
from tui.lines.tuning import Tune


class Start(Place):
    """Where one comes in."""

    title = "namecls"

    def __init__(self, house: House) -> None:
        super().__init__(house.speaker)
        train = Train(house)  # its settings stay
        tune, compare = Tune(house, train), Compare(house)
        self.commands = [
            Command("predict", N_("names to labels"), lambda _rest: Predict(house).run()),
            Command("train", N_("train a network"), lambda _rest: train.run()),
            Command(
                "dataset", N_("look through the names, and mend them"), lambda _rest: Dataset(house).run()
            ),
            Command("runs", N_("the runs, their curves, two compared"), lambda _rest: Runs(house).run()),
            Command("models", N_("choose the model that answers"), Models(house).take_or_run),
            Command("tune", N_("search for the best settings of a training"), lambda _rest: tune.run()),
            Command("compare", N_("compare networks under several seeds"), lambda _rest: compare.run()),
            Command(
                "mistakes",
                N_("what the model gets wrong, and confused labels"),
                lambda _rest: Mistakes(house).run(),
            ),
            Command(
                "open",
                N_("open another file of names; nothing: the embedded ones"),
                partial(open_file, house),
            ),
            Command(
                "how",
                N_("how the open file is read: columns, titles, encoding"),
                partial(read_otherwise, house),
            ),
        ]

    def greet(self) -> None:
        super().greet()
        self.list_commands()


def run(
    *,
    data: Path | None,
    model: Path | None,
    edits: Path | None,
    save_dir: Path,
    every: float,
    prior: Path | None = None,
    source: TextIO,
    out: TextIO,
) -> int:
    """Read lines until one leaves. Returns the exit status.

    :param every: seconds between two sentences about a training.
    :param prior: a file with the shares of a population, to answer for.
    """
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="replace")
    speaker = Speaker(source, out, prompts=source.isatty())
    house = House(speaker, save_dir, data, model, edits, every, given_prior=prior)
    if prior is not None:
        house.prior = str(prior)
    start = Start(house)
    try:
        while True:
            start.run()
            house.speaker.say(_("Type quit to end the program."))
    except (Left, Ended):
        return 0
    except (Broken, KeyboardInterrupt):
        return 128 + signal.SIGINT
    except BrokenPipeError:
        sys.stderr.close()  # or Python would complain once more
        return 0
    finally:
        house.end()
