from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.config import PRESETS
from namecls.data.doubts import Doubt
from namecls.errors import Diverged
from namecls.events import Stalled
from namecls.runs.origin import source_path
from namecls.runs.record import SHIPPED
from tests.tui.fakes import FakeEngine, FakePlan, epoch_end, progress, run_info, started, whole_training
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.figures import clock, duration, loss
from tui.forms.advice import ADVICE, told_of
from tui.forms.training import LINES
from tui.screens.confirming import PresetScreen
from tui.screens.file_picker import FilePicker, Picked
from tui.screens.predict import PredictScreen
from tui.screens.runs import RunsScreen
from tui.screens.train import TrainScreen
from tui.state import FOUND_OUT
from tui.widgets.choice import Choice
from tui.widgets.header import Header
from tui.widgets.keybar import KeyBar
from tui.widgets.plan_view import PlanView
from tui.widgets.training_curves import CurveView
from tui.widgets.training_form import TrainingForm
from tui.widgets.training_view import EpochTable, ProgressLine, TrainingLog

#: A training that has ended its fifth epoch and waits.
HALF = [*whole_training(12)[: 1 + 5 * 101], None]


def bench(script=(), **options) -> NameclsApp:
    return NameclsApp(engine=FakeEngine(script), start="train", **options)


def screen(app: NameclsApp) -> TrainScreen:
    return next(s for s in app.screen_stack if isinstance(s, TrainScreen))


async def planned(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, TrainScreen) and pilot.app.focused is not None)
    await until(pilot, lambda: "64 s" in text_of(screen(pilot.app).query_one(PlanView)))


async def running(pilot: Pilot[None], epochs: int) -> None:
    await planned(pilot)
    await pilot.press("f5")
    await until(pilot, lambda: len(pilot.app.training.story.epochs) == epochs)
    await pilot.pause(0.5)


async def ended(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.training.phase in ("done", "failed"))
    await pilot.pause()


# -- before --


async def test_the_form_opens_with_what_will_happen_beside_it() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        shown = screen_of(app)
        for words in (
            "names.tsv", "90 rows, 18 labels", "48,962 training rows", "166,321 parameters", "about 64 s",
            "namecls train", "learning rate", "optimizer", "F5 start",
        ):  # fmt: skip
            assert words in shown
        assert "dropout" not in shown


async def test_what_seldom_matters_shows_when_asked_for() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        footer = app.screen.query_one(KeyBar)
        assert "F7 more settings" in text_of(footer)
        await pilot.press("f7")
        assert "dropout" in screen_of(app)
        await until(pilot, lambda: "F7 fewer settings" in text_of(footer))
        await pilot.press("f7")
        assert "dropout" not in screen_of(app)


async def test_a_preset_fills_the_form() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        assert isinstance(app.focused, Choice)
        await pilot.press("right")
        assert screen(app).query_one(TrainingForm).config == PRESETS["strong"].config
        assert app.screen.query_one("#learning_rate", Input).value == "0.005"
        await until(pilot, lambda: "--preset strong" in " ".join(screen_of(app).replace("│", " ").split()))


async def test_a_click_chooses() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        await pilot.click("#optimizer", offset=(1, 0))
        config = screen(app).query_one(TrainingForm).config
        assert config is not None
        assert config.optimizer == "adam"


async def test_a_wrong_value_is_named_at_once_and_nothing_can_be_started() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        app.screen.query_one("#epochs", Input).focus()
        await pilot.press("end", "x")
        assert "epochs must be a whole number" in " ".join(screen_of(app).split())
        assert app.screen.query_one("#of-epochs").has_class("-wrong")
        assert "F5 start" not in text_of(app.screen.query_one(KeyBar))
        app.screen.query_one("#preset").focus()
        await pilot.press("f5")
        assert app.training.phase == "idle"
        assert app.focused is app.screen.query_one("#epochs")
        assert any("Fix the highlighted field" in each.message for each in app._notifications)
        await pilot.press("end", "backspace")
        assert "must be" not in screen_of(app)
        assert "F5 start" in text_of(app.screen.query_one(KeyBar))


async def test_the_line_in_focus_says_what_it_does_what_is_sensible_and_what_it_costs() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        app.screen.query_one("#hidden_size", Input).focus()
        await pilot.pause()
        told = " ".join(text_of(app.screen.query_one("#wrong")).split())
        assert told.endswith("hidden units per direction. 64 to 256; time and memory grow with its square.")


def test_every_line_has_its_advice_and_no_advice_is_longer_than_its_room() -> None:
    assert set(ADVICE) == {setting.name for setting in LINES}
    for setting in LINES:
        assert len(told_of(setting)) <= 4 * 42, setting.name


async def test_a_preset_asks_before_it_wipes_what_was_changed() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        form = screen(app).query_one(TrainingForm)
        epochs = app.screen.query_one("#epochs", Input)
        epochs.value = "7"
        await pilot.pause()
        assert text_of(app.screen.query_one("#of-epochs")).strip() == "epochs*"
        assert "not as in the preset" in screen_of(app)
        for answer, preset, value in (("escape", "default", "7"), ("k", "strong", "7")):
            app.screen.query_one("#preset").focus()
            await pilot.press("right")
            await until(pilot, lambda: isinstance(app.screen, PresetScreen))
            assert "You changed: epochs." in screen_of(app)
            await pilot.press(answer)
            await until(pilot, lambda: isinstance(app.screen, TrainScreen))
            assert form.config is not None
            assert (form.config.preset, epochs.value) == (preset, value)
        await pilot.press("right")
        await until(pilot, lambda: isinstance(app.screen, PresetScreen))
        await pilot.press("enter")
        await until(pilot, lambda: form.config == PRESETS["large"].config)
        assert text_of(app.screen.query_one("#of-epochs")).strip() == "epochs"


async def test_which_choice_is_chosen_is_seen_without_colour() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        assert text_of(app.screen.query_one("#optimizer")).strip() == "adam [adamw] sgd rmsprop"


async def test_arrows_and_enter_go_through_the_form() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        visited = []
        for key in ("down", "down", "enter", "up", "up"):
            await pilot.press(key)
            visited.append(app.focused.id if app.focused else None)
        assert visited == ["init_from", "network", "hidden_size", "network", "init_from"]


async def test_another_file_is_opened_by_its_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.tsv"
    file.write_text("Kowalski\tPolish\nNguyen\tVietnamese\nNowak\tPolish\n", encoding="utf-8")
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        app.screen.query_one("#data", Input).focus()
        await pilot.press(*str(file), "enter")
        await until(pilot, lambda: "3 rows, 2 labels" in screen_of(app))
        assert "--data" in screen_of(app)


async def test_a_file_that_cannot_be_read_is_named_and_nothing_starts_on_the_one_before() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        app.screen.query_one("#data", Input).focus()
        await pilot.press(*"missing.tsv", "enter")
        await until(pilot, lambda: "there is no such file" in screen_of(app))
        assert "90 rows, 18 labels" not in screen_of(app)
        assert not app.screen.check_action("start", ())
        assert app.dataset.table is not None  # Dataset still shows it


async def test_a_file_can_be_picked() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))


async def test_a_file_that_was_picked_stands_in_the_form_also_with_the_cursor_there(tmp_path: Path) -> None:
    file = tmp_path / "mine.tsv"
    file.write_text("Kowalski\tPolish\nNguyen\tVietnamese\nNowak\tPolish\n", encoding="utf-8")
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        box = app.screen.query_one("#data", Input)
        box.focus()
        await pilot.press("f6")
        await until(pilot, lambda: isinstance(app.screen, FilePicker))
        app.screen.dismiss(Picked(file, FOUND_OUT))
        await until(pilot, lambda: "3 rows, 2 labels" in screen_of(app))
        assert box.value == str(file)
        assert app.dataset.path == file


# -- to start from what a model knows --


def bench_with_models(script=()) -> NameclsApp:
    app = bench(script)
    app.engine.runs[0] = run_info(directory=source_path(SHIPPED))
    return app


async def offered(pilot: Pilot[None]) -> None:
    await planned(pilot)
    choice = pilot.app.screen.query_one("#init_from", Choice)
    await until(pilot, lambda: len(choice._choices) > 1)
    choice.focus()
    await pilot.pause()


async def test_a_training_can_start_from_a_model_whose_network_it_has() -> None:
    app = bench_with_models(HALF)
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        assert "start from        [nothing] shipped >" in screen_of(app)
        app.screen.query_one("#epochs", Input).value = "3"
        await pilot.press("right")
        form = screen(app).query_one(TrainingForm)
        await until(pilot, lambda: form.config is not None and form.config.init_from == "shipped")
        await pilot.pause()
        assert form.config.model.title == "lstm-96"
        assert (form.config.epochs, form.config.learning_rate) == (3, PRESETS["default"].config.learning_rate)
        assert form.config.model.dropout == PRESETS["default"].config.model.dropout
        shown = screen_of(app)
        assert "lstm" in shown
        assert shown.count("fixed") == 3  # network, hidden units, layers
        assert "transfers the weights of shipped" in shown
        assert app.screen.query_one("#hidden_size").disabled
        assert not app.screen.query_one("#dropout").disabled
        plan = app.screen.query_one(PlanView)
        await until(pilot, lambda: "--init-from shipped" in " ".join(text_of(plan).split()))
        await pilot.press("down")
        assert app.focused.id == "optimizer"
        await pilot.press("f5")
        await until(pilot, lambda: app.engine.trained)
        assert app.engine.trained[0].init_from == "shipped"
        app.engine.gate.set()


async def test_another_preset_gives_way_to_the_values_that_carrying_over_was_measured_with() -> None:
    app = bench_with_models()
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        app.screen.query_one("#preset", Choice).action_change(1)
        app.screen.query_one("#seed", Input).value = "7"
        await pilot.press("right")
        form = screen(app).query_one(TrainingForm)
        await until(pilot, lambda: form.config is not None and form.config.init_from == "shipped")
        default = PRESETS["default"].config
        assert (form.config.preset, form.config.seed) == ("default", 7)
        assert (form.config.learning_rate, form.config.epochs) == (default.learning_rate, default.epochs)
        await pilot.press("left")
        await until(pilot, lambda: form.config is not None and form.config.init_from == "")
        assert form.config.model == default.model
        assert not app.screen.query_one("#hidden_size").disabled
        assert "fixed" not in screen_of(app)


async def test_a_model_that_can_not_be_read_is_told_of_and_nothing_starts() -> None:
    app = bench_with_models()
    app.engine.runs.append(run_info("damaged"))
    app.engine.runs.append(run_info("at work", status="running"))
    async with app.run_test(size=(80, 24)) as pilot:
        await offered(pilot)
        await pilot.press("left")
        await until(
            pilot, lambda: "is no model to start from" in " ".join(screen_of(app).replace("│", " ").split())
        )
        assert "[/b]␛[31m" in screen_of(app)
        assert app.screen.query_one("#of-init_from").has_class("-wrong")
        assert "F5 start" not in text_of(app.screen.query_one(KeyBar))
        await pilot.press("f5", "right")
        await until(pilot, lambda: "F5 start" in text_of(app.screen.query_one(KeyBar)))
        assert app.engine.trained == []


async def test_the_form_says_what_a_preset_brings_and_costs() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        for name in ("strong", "large", "tutorial", "fast", "default"):
            await pilot.press("right")
            await pilot.pause()
            assert PRESETS[name].summary in " ".join(text_of(app.screen.query_one("#wrong")).split())
            assert name in text_of(app.screen.query_one("#preset"))


async def test_choices_that_do_not_fit_show_around_the_chosen_one_and_are_clicked_where_they_stand() -> None:
    app = bench()
    app.engine.runs = [run_info(f"run-{n:02}\x1b") for n in range(9)]
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        choice = app.screen.query_one("#init_from", Choice)
        await until(pilot, lambda: len(choice._choices) == 10)
        choice.focus()
        await pilot.pause()
        assert text_of(choice).rstrip().endswith(">")
        await pilot.press("left")
        await pilot.pause()
        assert text_of(choice).startswith("< ")
        assert text_of(choice) == "< run-07␛ [run-08␛]"
        await pilot.click("#init_from", offset=(3, 0))
        assert choice.title == "run-07\x1b"
        await pilot.press("right", "right")
        await pilot.pause()
        assert choice.value == ""
        assert text_of(choice) == "[nothing] run-00␛ >"


# -- while it runs --


async def test_a_running_training_shows_progress_curves_and_epochs() -> None:
    app = bench(HALF)
    async with app.run_test(size=(120, 40)) as pilot:
        await running(pilot, 5)
        line = text_of(app.screen.query_one(ProgressLine))
        assert "epoch 5/12" in line
        assert "42 %" in line
        assert "step   500 of 1,200" in line
        assert "31,200 names/s" in line
        loss, accuracy = app.screen.query(CurveView)
        assert "valid 1.181 ★5 1.181" in text_of(loss)
        assert "valid 72.7 % ★5 72.7 %" in text_of(accuracy)
        assert any(0x2800 < ord(c) < 0x2900 for c in text_of(loss))
        table = text_of(app.screen.query_one(EpochTable)).splitlines()
        assert table[1].split()[0] == "5"
        assert table[1].endswith("★ best")
        assert "epoch 5 72.7 % best, saved" in text_of(app.screen.query_one(TrainingLog))
        assert "Train ● 42 %" in text_of(app.screen.query_one(Header))
        app.engine.gate.set()


def rows(app: NameclsApp) -> list[int]:
    """The epochs that the table shows."""
    return [int(line.split()[0]) for line in text_of(app.screen.query_one(EpochTable)).splitlines()[1:]]


async def test_the_epoch_table_goes_back_to_the_first_epochs_by_keys_and_wheel() -> None:
    app = bench([*whole_training(12)[:-1], None, epoch_end(13), None])
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot, 12)
        table = app.screen.query_one(EpochTable)
        assert rows(app) == [12, 11, 10, 9, 8, 7]
        assert text_of(table).splitlines()[0].endswith(" ↓6")
        await pilot.press("end")
        assert rows(app) == [6, 5, 4, 3, 2, 1]
        await pilot.press("up", "k")
        assert rows(app) == [8, 7, 6, 5, 4, 3]
        assert text_of(table).splitlines()[0].endswith(" ↑4 ↓2")
        app.engine.gate.set()  # a new one comes, and those that are looked at stay
        await until(pilot, lambda: len(app.training.story.epochs) == 13)
        await until(pilot, lambda: text_of(table).splitlines()[0].endswith(" ↑5 ↓2"))
        assert rows(app) == [8, 7, 6, 5, 4, 3]
        table.post_message(_wheel(events.MouseScrollUp, table))
        await until(pilot, lambda: rows(app)[0] == 11)
        table.post_message(_wheel(events.MouseScrollDown, table))
        await until(pilot, lambda: rows(app)[0] == 8)
        await pilot.press("home")
        assert rows(app) == [13, 12, 11, 10, 9, 8]
        app.engine.gate.set()
        await ended(pilot)
        await pilot.press("pagedown", "pagedown", "pagedown")
        assert rows(app)[-1] == 1


def _wheel(kind: type[events.MouseEvent], widget: EpochTable) -> events.MouseEvent:
    return kind(widget, 1, 1, 0, 0, 0, False, False, False)


@pytest.mark.parametrize("size", [(80, 24), (100, 30)])
async def test_losses_of_ten_digits_stand_apart(size: tuple[int, int]) -> None:
    huge = replace(epoch_end(1), train_loss=1_234_567_890.5, valid_loss=9_876_543_210.25)
    nothing = replace(epoch_end(2), train_loss=math.nan, valid_loss=math.inf, best=False)
    app = bench([started(), replace(progress(1), loss=1_234_567_890.5), huge, nothing, None])
    async with app.run_test(size=size) as pilot:
        await running(pilot, 2)
        _, second, first = text_of(app.screen.query_one(EpochTable)).splitlines()
        assert first.split()[1:3] == ["1.2e9", "9.9e9"]
        assert second.split()[1:3] == ["nan", "inf"]
        assert "train 1.2e9 ○ valid inf" in screen_of(app)
        app.engine.gate.set()


def test_a_loss_has_the_decimals_that_there_is_room_for() -> None:
    assert [loss(value, 3, 6) for value in (0.5, 12.3456, 345.678, 4567.8, 1.2e5)] == [
        "0.500",
        "12.346",
        "345.68",
        "4567.8",
        "1.2e5",
    ]
    assert loss(-1.5e-300, 3, 6) == "-0.000"


async def test_over_a_slow_line_only_a_turn_is_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.train.DRAW_SELDOM", 3600.0)
    app = bench(
        [started(), progress(1), epoch_end(1), None, progress(2), epoch_end(2), None], low_bandwidth=True
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        await pilot.press("f5")
        table = app.screen.query_one(EpochTable)
        await until(pilot, lambda: app.training.phase == "running")
        before = text_of(table)
        app.engine.gate.set()
        await until(pilot, lambda: len(app.training.story.epochs) == 2)
        await pilot.pause()
        assert text_of(table) == before
        await pilot.press("space")
        await pilot.pause()
        assert [line.split()[0] for line in text_of(table).splitlines()] == ["epoch", "2", "1"]


async def test_other_screens_stay_usable_and_tell_that_it_runs() -> None:
    app = bench(HALF)
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot, 5)
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen) and app.focused is not None)
        await pilot.press(*"Kowalski")
        await until(pilot, lambda: "Polish" in screen_of(app))
        assert "Train ● 42 %" in text_of(app.screen.query_one(Header))
        await pilot.press("f2")
        await until(pilot, lambda: "epoch 5/12" in screen_of(app))
        app.engine.gate.set()


async def test_it_is_paused_and_goes_on() -> None:
    app = bench([started(), progress(1), epoch_end(1), None, progress(2), progress(3)])
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot, 1)
        await pilot.press("space")
        assert app.training.phase == "paused"
        await pilot.pause()
        assert "paused" in text_of(app.screen.query_one(ProgressLine))
        assert "Train ‖" in text_of(app.screen.query_one(Header))
        await until(pilot, lambda: "space resume" in text_of(app.screen.query_one(KeyBar)))
        assert "space pause" not in text_of(app.screen.query_one(KeyBar))
        app.engine.gate.set()
        await pilot.press("space")
        await ended(pilot)
        assert app.training.story.progress == progress(3)


async def test_a_full_disk_makes_it_wait_and_says_so() -> None:
    stalled = Stalled(problem="runs/x/history.jsonl: could not be written: No space left on device [/b]")
    app = bench([started(), progress(1), epoch_end(1), stalled, None, progress(2), epoch_end(2), None])
    async with app.run_test(size=(120, 40)) as pilot:
        await running(pilot, 1)
        await until(pilot, lambda: app.training.waiting)
        await pilot.pause()
        line = text_of(app.screen.query_one(ProgressLine))
        assert "disk full: waiting for space · runs/x/history.jsonl: could not be written" in line
        assert "Train ‖" in text_of(app.screen.query_one(Header))
        assert "continues by itself" in " ".join(text_of(app.screen.query_one(TrainingLog)).split())
        app.engine.gate.set()
        await until(pilot, lambda: len(app.training.story.epochs) == 2)
        await pilot.pause()
        assert "full" not in text_of(app.screen.query_one(ProgressLine))
        assert "Train ●" in text_of(app.screen.query_one(Header))
        app.engine.gate.set()


async def test_one_that_another_process_ended_can_go_on() -> None:
    app = bench([started(), progress(1), epoch_end(1), None, progress(2)])
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot, 1)
        app.trainings._job.close()
        app.engine.gate.set()
        await ended(pilot)
        assert "interrupted; r resumes" in text_of(app.screen.query_one(ProgressLine))
        assert "Train interrupted" in text_of(app.screen.query_one(Header))
        assert "enter use it" not in text_of(app.screen.query_one(KeyBar))
        await pilot.press("r")
        await until(pilot, lambda: app.engine.resumed == [False, True])
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
        await pilot.press("enter")  # no other one while it runs
        await pilot.pause()
        assert isinstance(app.screen, RunsScreen)
        assert app.training.busy
        app.engine.gate.set()


async def test_stop_and_keep_ends_with_a_test_and_a_model_one_key_away() -> None:
    app = bench([started(), progress(1), epoch_end(1), None, progress(101), progress(102)])
    async with app.run_test(size=(120, 40)) as pilot:
        await running(pilot, 1)
        await pilot.press("s")
        assert app.training.phase == "stopping"
        app.engine.gate.set()
        await ended(pilot)
        result = text_of(app.screen.query_one(ProgressLine))
        assert "test 78.1 % ±1.0   macro-F1 69.2 %   top-3 91.4 %   6,121 test rows" in result
        assert "stopped · saved as bi-gru-128-20261123-0915" in result
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await until(pilot, lambda: app.model.status == "ready" and app.model.path is not None)
        await pilot.pause()
        assert "bi-gru-128-20261123-0915" in text_of(app.screen.query_one(Header))


async def test_a_training_that_fails_says_why_and_the_app_lives_on() -> None:
    from namecls.errors import TrainingError

    class Failing(FakeEngine):
        def train(self, config, data, run, *, resume, gradients):  # noqa: ARG002
            yield started()
            raise TrainingError("memory ran out: lower the batch size (10,000,000)")

    app = NameclsApp(engine=Failing(), start="train")
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        await pilot.press("f5")
        await ended(pilot)
        assert app.training.phase == "failed"
        assert "lower the batch size" in text_of(app.screen.query_one(ProgressLine))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.focused, Choice))
        assert "F5 start" in screen_of(app)


async def test_one_that_diverged_offers_to_keep_its_best_and_not_to_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = bench()

    def train(*_args, **_options):
        yield from (started(), progress(1), epoch_end(1))
        raise Diverged("the loss is no longer a number")

    monkeypatch.setattr(app.engine, "train", train)
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        await pilot.press("f5")
        await ended(pilot)
        assert "the loss is no longer a number" in text_of(app.screen.query_one(ProgressLine))
        footer = text_of(app.screen.query_one(KeyBar))
        assert "f test and save" in footer
        assert "r resume" not in footer
        await pilot.press("r", "f")
        await until(pilot, lambda: app.training.story.finished is not None)
        assert app.engine.finishes == 1


async def test_an_old_run_that_diverged_offers_to_keep_its_best(monkeypatch: pytest.MonkeyPatch) -> None:
    app = bench()
    monkeypatch.setattr(app.engine, "open_history", lambda _directory: iter(whole_training(3)[:-1]))
    info = run_info("other", status="diverged", problem="the loss is no longer a number")
    app.engine.runs = [info]
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
        await until(pilot, lambda: "f test and save" in text_of(app.screen.query_one(KeyBar)))
        assert "its best epoch can be" in " ".join(screen_of(app).replace("│", " ").split())
        await pilot.press("enter")
        await until(pilot, lambda: app.training.replay)
        assert app.training.can_be_finished
        assert not app.training.can_go_on
        await pilot.pause()
        assert "diverged; f tests the best epoch" in text_of(app.screen.query_one(ProgressLine))
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
        await pilot.press("f")
        await until(pilot, lambda: app.engine.finishes == 1)


async def test_a_second_training_has_to_wait_for_the_first() -> None:
    app = bench(HALF)
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot, 5)
        app.trainings.start(PRESETS["fast"].config, app.dataset.table)
        await pilot.press("f5", "n")
        assert len(app.engine.trained) == 1
        app.engine.gate.set()
        await ended(pilot)
        await pilot.press("n", "f5")
        await until(pilot, lambda: len(app.engine.trained) == 2)
        app.engine.gate.set()


async def test_log_axis_and_zoom() -> None:
    app = bench(HALF)
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot, 5)
        loss, accuracy = app.screen.query(CurveView)
        assert "loss · train: running mean" in screen_of(app)
        assert "accuracy · train: running mean" in screen_of(app)
        await pilot.press("l")
        await pilot.pause()
        assert "loss, log · train: running mean" in screen_of(app)
        await pilot.press("l", "z")
        await pilot.pause()
        assert loss.size.width > 70
        assert not accuracy.display
        await pilot.press("z")
        await pilot.pause()
        assert not loss.display
        await pilot.press("z")
        await pilot.pause()
        assert loss.display
        assert accuracy.display
        app.engine.gate.set()


async def test_the_footer_has_what_a_running_training_needs() -> None:
    app = bench(HALF)
    async with app.run_test(size=(80, 24)) as pilot:
        await running(pilot, 5)
        assert text_of(app.screen.query_one(KeyBar)).split("  ")[:4] == [
            " space pause", "s stop and test", "l log axis", "z zoom",
        ]  # fmt: skip
        app.engine.gate.set()


async def test_an_old_run_is_drawn_like_a_live_one() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(app.screen, RunsScreen) and app.screen._runs)
        await pilot.press("enter")
        await until(pilot, lambda: app.training.replay)
        await pilot.pause(0.5)
        assert "test 78.1 %" in text_of(app.screen.query_one(ProgressLine))
        assert len(text_of(app.screen.query_one(EpochTable)).splitlines()) == 4
        await pilot.press("n")
        await until(pilot, lambda: app.training.phase == "idle")


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
async def test_the_essence_of_a_training_shows_at_every_size(size: tuple[int, int]) -> None:
    app = bench(HALF)
    async with app.run_test(size=size) as pilot:
        await running(pilot, 5)
        shown = screen_of(app)
        for words in ("epoch 5/12", "42 %", "loss", "accuracy", "F1 help"):
            assert words in shown
        app.engine.gate.set()


@pytest.mark.parametrize(("seconds", "said"), [(0.2, "1 s"), (64, "64 s"), (600, "10 min"), (9000, "2.5 h")])
def test_durations_are_said_roughly(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0:00"), (14.7, "0:14"), (7509, "2:05:09"), (-1, "0:00")])
def test_clocks(seconds: float, shown: str) -> None:
    assert clock(seconds) == shown


async def test_doubts_about_the_labels_stand_in_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = FakeEngine()
    doubts = (Doubt("look-alikes", "labels that look alike: [b]Germna (1 row)\x1b"), Doubt("too few", "few"))
    monkeypatch.setattr(engine, "plan", lambda *_, **__: FakePlan(doubts=doubts))
    app = NameclsApp(engine=engine, start="train")
    async with app.run_test(size=(120, 40)) as pilot:
        await planned(pilot)
        shown = " ".join(text_of(screen(app).query_one(PlanView)).split())
        assert "labels that look alike: [b]Germna (1 row)␛" in shown
        assert "1 more: F4" in shown


async def test_keys_that_come_at_once_train_what_they_say() -> None:
    app = NameclsApp(engine=FakeEngine(), start="train")
    asked: list[Any] = []
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, TrainScreen) and app.screen.can_start)
        app.trainings.start = lambda config, *_rest: asked.append(config)
        box = app.screen.query_one("#epochs", Input)
        box.focus()
        await pilot.pause()
        box.value = "40"
        app.screen.action_start()  # before the message of what was typed
        assert [config.epochs for config in asked] == [40]
        box.value = "abc"
        app.screen.action_start()
        assert len(asked) == 1
        assert app.focused is box
        box.value = "41"
        app.screen.action_show_problem()
        assert [config.epochs for config in asked] == [40, 41]


async def test_a_file_that_can_not_be_read_is_the_field_to_fix(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_bytes(b"\xff\x00name")
    app = NameclsApp(engine=FakeEngine(), data=path, start="train")
    asked: list[Any] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.dataset.status == "failed" and isinstance(app.screen, TrainScreen))
        app.trainings.start = lambda *wanted: asked.append(wanted)
        bar, data = app.screen.query_one(KeyBar), app.screen.query_one("#data", Input)
        await until(pilot, lambda: "F5 fix" in text_of(bar))
        assert app.screen.query_one("#of-data").has_class("-wrong")
        await until(pilot, lambda: app.focused is app.screen.query_one("#preset"))
        await pilot.press("f5")
        await until(pilot, lambda: app.focused is data)
        await until(pilot, lambda: app._notifications)
        told = [each.message.partition("Fix the highlighted field: ")[2] for each in app._notifications]
        assert told == [screen(app).query_one(TrainingForm).problems["data"]]
        assert told[0].strip()
        data.value = ""
        await pilot.press("f5")  # the embedded names are opened first
        await until(pilot, lambda: "F5 start" in text_of(bar))
        assert asked == []
        await pilot.press("f5")
        await until(pilot, lambda: asked)


async def test_nothing_is_to_be_fixed_while_names_are_read() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await planned(pilot)
        app.dataset = replace(app.dataset, status="reading")
        await pilot.pause()
        for action in (app.screen.action_start, app.screen.action_show_problem):
            action()
            assert app.training.phase == "idle"
        assert not app._notifications
