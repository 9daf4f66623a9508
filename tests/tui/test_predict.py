from __future__ import annotations

import errno
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.answers import Ranked, Seen
from namecls.data.table import load_dataset
from namecls.errors import RunError
from namecls.runs.listing import RunInfo
from tests.tui.fakes import FakeEngine, run_info
from tests.tui.screen import screen_of, text_of
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.engine.messages import Predicted
from tui.screens.models import ModelsScreen
from tui.screens.pasted import PastedScreen
from tui.screens.predict import PredictScreen
from tui.widgets.bars import Ranking
from tui.widgets.header import Header
from tui.widgets.keybar import KeyBar
from tui.widgets.tried import TriedList

HOSTILE = "O[x]\x1b]52;c;Zm9v\x07\u202e"


def bench(engine: FakeEngine | None = None, **options) -> NameclsApp:
    return NameclsApp(engine=engine or FakeEngine(), **options)


def ranking(app: NameclsApp) -> str:
    return text_of(app.screen.query_one(Ranking))


async def ready(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: pilot.app.model.status == "ready" and pilot.app.focused is not None)


async def answered(pilot: Pilot[None], text: str) -> None:
    screen = next(s for s in pilot.app.screen_stack if isinstance(s, PredictScreen))
    await until(pilot, lambda: screen._prediction is not None and screen._prediction.name == text)
    await until(pilot, lambda: screen.is_explained)
    await pilot.pause()


async def test_the_app_opens_with_the_cursor_in_the_input_and_a_word_on_what_to_do() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        assert isinstance(app.focused, Input)
        assert "Type a family name" in ranking(app)
        assert "default · 78.1 % test" in text_of(app.screen.query_one(Header))


async def test_every_key_ranks_anew_the_likeliest_first() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalsk")
        await answered(pilot, "Kowalsk")
        assert ranking(app).split()[1] == "English"
        await pilot.press("i")
        await answered(pilot, "Kowalski")
        lines = ranking(app).splitlines()
        assert lines[0].split()[:2] == ["1", "Polish"]
        assert lines[0].endswith("68.4 %")
        assert lines[4].split()[:2] == ["5", "Ukrainian"]
        assert lines[8].split()[:3] == ["…", "10", "others"]
        assert lines[8].endswith("4.5 %")
        assert "90 % prediction set: Polish, Czech, Slovak" in lines[10]
        assert "answered at 20 % risk, too uncertain at 10 %" in lines[11]


async def test_percentages_stand_in_one_column() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        assert {len(line) for line in ranking(app).splitlines()[:6]} == {79}


async def test_what_was_typed_while_the_model_was_loaded_is_answered() -> None:
    engine = FakeEngine()
    engine.loaded.clear()
    app = bench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        await pilot.press(*"Nguyen")
        assert "model is being loaded" in ranking(app)
        engine.loaded.set()
        await answered(pilot, "Nguyen")
        assert "Vietnamese" in ranking(app)


async def test_an_answer_to_a_text_that_is_gone_is_dropped() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        late = app.screen._prediction
        await pilot.press("escape")
        assert "Type a family name" in ranking(app)
        app.screen.post_message(Predicted(None, late))
        await pilot.pause()
        assert "Type a family name" in ranking(app)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("...", "No letters."),
        ("2024", "No letters."),
        ("王小明", "Unknown script."),
        ("محمد", "Unknown script."),
        ("Ðð", "Unknown characters."),
    ],
)
async def test_where_a_ranking_would_be_a_guess_there_is_an_honest_word(text: str, words: str) -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).value = text
        await answered(pilot, text)
        assert words in ranking(app)
        assert "%" not in ranking(app)


async def test_a_name_is_told_as_it_is_read_where_that_is_more_than_another_case() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).value = "O’Brien"
        await answered(pilot, "O’Brien")
        assert "read as: o'brien" in ranking(app)
        app.screen.query_one(Input).value = "KOWALSKI"
        await answered(pilot, "KOWALSKI")
        assert "read as" not in ranking(app)


async def test_a_set_that_too_few_rows_calibrate_is_said_to_say_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine()
    real = engine.predictor._one
    monkeypatch.setattr(engine.predictor, "_one", lambda *asked: replace(real(*asked), calibrated_on=5))
    app = bench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).value = "Kowalski"
        await answered(pilot, "Kowalski")
        assert "hold all labels: 5 validation rows calibrate them, it takes 9" in ranking(app)


async def test_unknown_letters_are_named() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).value = "Wang 王 明"
        await answered(pilot, "Wang 王 明")
        assert "unknown characters: 王 明" in ranking(app)


async def test_how_often_a_name_was_seen_is_told_in_whole_at_every_width(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = FakeEngine()
    real = engine.predictor._one
    more: dict[str, object] = {
        "seen": tuple(Seen(f"Southern European {place}", 1200.0 - place) for place in range(5)),
        "family_name": "Fernández de la Torre",
        "read_as": "fernández de la torre",
    }
    monkeypatch.setattr(engine.predictor, "_one", lambda *asked: replace(real(*asked), **more))
    app = bench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).value = "Ana Fernández de la Torre"
        await answered(pilot, "Ana Fernández de la Torre")
        *_, above, last, evidence = ranking(app).splitlines()
        assert evidence.strip().startswith("not in training; nearest: ")
        assert above.split("     ")[1:] == ["family name: Fernández de la Torre"]
        assert last.strip() == "by counts: seen 5,990 times: Southern European 0 1,200, 4 others"


async def test_as_many_labels_show_as_fit_and_pages_lead_to_the_last() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        first = [line.split()[0] for line in ranking(app).splitlines() if line]
        room = first.index("…")
        assert first[:room] == [str(place) for place in range(1, room + 1)]
        assert room > 6
        await pilot.press("pagedown")
        assert ranking(app).splitlines()[0].split()[0] == str(room + 1)
        await pilot.press(*["pagedown"] * 5)
        assert f"to {len(app.model.labels)} of {len(app.model.labels)} labels" in ranking(app)
        await pilot.press(*["pageup"] * 6)
        assert [line.split()[0] for line in ranking(app).splitlines() if line] == first
        await pilot.press("pagedown", *"s")
        await answered(pilot, "Kowalskis")
        assert ranking(app).splitlines()[0].split()[0] == "1"


async def test_several_pasted_lines_are_answered_as_a_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).post_message(events.Paste("Nguyen\r\n\nKowalski\n王小明\n"))
        await until(pilot, lambda: isinstance(app.screen, PastedScreen) and app.screen._answers)
        await pilot.pause()
        shown = screen_of(app)
        for word in ("Nguyen", "Vietnamese", "Kowalski", "王小明", "unknown script", "3 names, 2 answered"):
            assert word in shown
        await pilot.press("y")
        assert app.clipboard == "Nguyen: Vietnamese 68.4 %"
        await pilot.press("ctrl+e", "down", "enter")
        await answered(pilot, "Kowalski")
    (file,) = tmp_path.glob("namecls-names-*.tsv")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "name\tlabel\tprobability\tstatus"
    assert [line.split("\t")[0] for line in lines[1:]] == ["Nguyen", "Kowalski", "王小明"]


async def test_a_name_tried_says_which_model_answered_and_a_click_brings_it_back() -> None:
    app = bench()
    async with app.run_test(size=(160, 40)) as pilot:
        await ready(pilot)
        for name in ("Nguyen", "Kowalski"):
            await pilot.press(*name)
            await answered(pilot, name)
            await pilot.press("enter")
        tried = app.screen.query_one(TriedList)
        assert "default" in text_of(tried)
        line = next(y for y, row in enumerate(text_of(tried).splitlines()) if "Nguyen" in row)
        await pilot.click(TriedList, offset=(4, line + 1))
        await answered(pilot, "Nguyen")


async def test_enter_keeps_a_name_and_the_next_letter_begins_another() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        await pilot.press("enter", *"Nguyen")
        await answered(pilot, "Nguyen")
        assert app.screen.query_one(Input).value == "Nguyen"
        assert text_of(app.screen.query_one(TriedList)).split() == ["Kowalski", "Polish", "68.4", "%"]


async def test_keys_that_come_in_a_burst_act_in_their_order() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        for key in (
            *"Kowx",
            "backspace",
            "a",
            "ctrl+a",
            "Z",
            "end",
            "!",
            "ctrl+u",
            *"Nguyen",
            "enter",
            *"Ab",
            "up",
        ):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await answered(pilot, "Nguyen")
        assert [entry.name for entry in app.screen._tried] == ["Nguyen"]
        assert app.screen._draft == "Ab"


async def test_a_name_kept_before_its_answer_gets_it_later() -> None:
    engine = FakeEngine()
    engine.loaded.clear()
    app = bench(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.focused is not None)
        await pilot.press(*"Nguyen", "enter")
        assert text_of(app.screen.query_one(TriedList)) == "Nguyen"
        engine.loaded.set()
        await answered(pilot, "Nguyen")
        assert "Vietnamese" in text_of(app.screen.query_one(TriedList))


async def test_arrows_bring_back_the_names_tried_and_then_the_draft() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        box = app.screen.query_one(Input)
        for name in ("Kowalski", "Nguyen"):
            box.value = name
            await answered(pilot, name)
            await pilot.press("enter")
        box.value = "Dra"
        await answered(pilot, "Dra")
        seen = []
        for key in ("up", "up", "up", "down", "down", "down"):
            await pilot.press(key)
            seen.append(box.value)
        assert seen == ["Nguyen", "Kowalski", "Kowalski", "Nguyen", "Dra", "Dra"]
        await answered(pilot, "Dra")


async def test_the_footer_shows_only_what_works_now() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.pause()
        assert text_of(app.screen.query_one(KeyBar)).split() == [
            *("tab", "why", "F5", "model", "F8", "calibration", "F1", "help", "ctrl+q", "quit")
        ]
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        shown = text_of(app.screen.query_one(KeyBar))
        assert shown == " enter keep  tab why  pgdn more  F5 model  F6 coverage      F1 help  ctrl+q quit"
        assert "tried" not in shown
        await pilot.press("ctrl+u")
        await until(
            pilot,
            lambda: (
                text_of(app.screen.query_one(KeyBar)).split()
                == ["tab", "why", "F5", "model", "F8", "calibration", "F1", "help", "ctrl+q", "quit"]
            ),
        )


async def test_a_click_on_the_footer_presses_the_key() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.pause()
        await pilot.click(KeyBar, offset=(text_of(app.screen.query_one(KeyBar)).index("F5"), 0))
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))


async def test_a_list_of_models_that_can_not_be_read_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(save_dir: Path, _newest: int | None = None) -> list[RunInfo]:
        raise RunError(f"{save_dir}: could not be read: \x1b[31mPermission denied")

    app = bench()
    monkeypatch.setattr(app.engine, "list_runs", refuse)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: "could not be read: ␛[31mPermission denied" in flat(app))
        await pilot.press("escape")
        assert isinstance(app.screen, PredictScreen)


async def test_a_list_of_models_that_takes_its_time_does_not_say_that_there_are_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = threading.Event()

    def take_time(_: Path, _newest: int | None = None) -> list[RunInfo]:
        read.wait(60)
        return []

    app = bench()
    monkeypatch.setattr(app.engine, "list_runs", take_time)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen))
        for _ in range(5):
            await pilot.pause()
        told = flat(app)
        read.set()
        assert "Looking ..." in told
        assert "No models here yet" not in told
        await until(pilot, lambda: "No models here yet" in flat(app))


def flat(app: NameclsApp) -> str:
    return " ".join(screen_of(app).replace("│", " ").split())


async def test_copy_says_what_it_did_and_offers_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press(*"Nguyen")
        await answered(pilot, "Nguyen")
        await pilot.press("enter", "ctrl+y")
        assert app.clipboard.startswith("Nguyen: Vietnamese 68.4 %, Chinese 16.2 %")
        await pilot.press("ctrl+t")
        (file,) = tmp_path.iterdir()
        assert file.match("namecls-tried-*.tsv")
        assert file.read_text(encoding="utf-8") == (
            "name\tlabel\tprobability\tmodel\nNguyen\tVietnamese\t0.684000\tdefault\n"
        )
        await pilot.press("ctrl+t", "ctrl+t")  # within a second: none takes the place of another
        assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
        assert len(list(tmp_path.iterdir())) == 3

        def no_room(_descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", no_room)
        await pilot.press("ctrl+t")
        await until(
            pilot, lambda: any("No space left on device" in told.message for told in app._notifications)
        )
        assert len(list(tmp_path.iterdir())) == 3


async def test_hostile_text_is_shown_and_not_sent() -> None:
    engine = FakeEngine()
    engine.predictor.info = run_info("default" + HOSTILE)
    engine.predictor.labels = (HOSTILE, *engine.predictor.labels[1:])
    app = bench(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).post_message(events.Paste(HOSTILE))
        await answered(pilot, HOSTILE)
        await pilot.press("enter", *["pagedown"] * 3)
        await pilot.pause()
        shown = screen_of(app)
        assert "O[x]␛]52;c;Zm9v␇" in shown
        assert not set("\x1b\x07\u202e\x9b") & set(shown)


async def test_another_model_is_chosen_from_a_list() -> None:
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press(*"Nguyen", "f5")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen) and app.screen._runs)
        assert "78.1 %" in screen_of(app)
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.model.path is not None and app.model.status == "ready")
        await answered(pilot, "Nguyen")
        assert "bi-gru-128-20261122-1801" in text_of(app.screen.query_one(Header))


async def test_a_damaged_model_is_listed_with_its_problem_and_cannot_be_chosen() -> None:
    engine = FakeEngine()
    problem = "model.safetensors is damaged [/b]\x1b[31m"
    engine.runs.append(run_info("broken", status="damaged", accuracy=None, macro_f1=None, problem=problem))
    app = bench(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, ModelsScreen) and app.screen._runs)
        await pilot.press("j", "j")
        await pilot.pause()
        shown = screen_of(app)
        assert "It can't be used: model.safetensors is damaged [/b]␛[31m" in shown
        assert "enter use" not in shown
        await pilot.press("enter")
        assert isinstance(app.screen, ModelsScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, PredictScreen)


async def test_a_model_that_cannot_be_loaded_is_told_where_its_answer_would_be() -> None:
    app = bench(model=Path("runs/damaged"))
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.model.status == "failed")
        await pilot.pause()
        assert "model.json is missing" in ranking(app)
        assert "F5 chooses one" in " ".join(ranking(app).split())
        assert "no model" in text_of(app.screen.query_one(Header))


async def test_after_a_model_that_cannot_be_loaded_the_one_before_it_answers() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        app.use_model(Path("runs/damaged"))
        await until(pilot, lambda: app.model.path is None)
        await until(
            pilot, lambda: any("model.json is missing" in each.message for each in app._notifications)
        )
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        assert "68.4 %" in ranking(app)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (99, 31), (120, 40), (200, 50)])
async def test_the_essence_shows_at_every_size(size: tuple[int, int]) -> None:
    app = bench()
    async with app.run_test(size=size) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        shown = screen_of(app)
        for words in ("Kowalski", "Polish", "68.4 %", "others", "F1 help", "tried", "default · 78.1 % test"):
            assert words in shown


async def test_below_the_smallest_size_a_line_says_so_and_the_app_lives_on() -> None:
    app = bench()
    async with app.run_test(size=(30, 6)) as pilot:
        await ready(pilot)
        assert "needs 60 columns" in " ".join(screen_of(app).split())
        await pilot.press(*"Kowalski")
        await pilot.resize_terminal(80, 24)
        await answered(pilot, "Kowalski")
        assert "Polish" in screen_of(app)


async def test_without_unicode_everything_of_ours_is_ascii() -> None:
    app = bench(ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        assert ranking(app).isascii()
        assert "####" in ranking(app)


async def test_the_file_of_names_holds_nothing_that_a_spreadsheet_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = bench()
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        app.screen.query_one(Input).post_message(events.Paste("=Nguyen"))
        await answered(pilot, "=Nguyen")
        await pilot.press("enter", "ctrl+t")
        (file,) = tmp_path.glob("namecls-tried-*.tsv")
        _, row = file.read_text(encoding="utf-8").splitlines()
        assert row.startswith("'=Nguyen\t")
        assert load_dataset(file, min_labels=1).names == ["=Nguyen"]


async def test_the_coverage_of_the_set_goes_round() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        seen = []
        for coverage in (0.95, 0.8, 0.9):
            await pilot.press("f6")
            await until(pilot, lambda coverage=coverage: app.screen._prediction.coverage == coverage)
            await pilot.pause()
            seen.append(ranking(app).splitlines()[10].strip())
        assert seen == [
            "95 % prediction set: Polish, Czech, Slovak, German",
            "80 % prediction set: Polish, Czech",
            "90 % prediction set: Polish, Czech, Slovak",
        ]


async def test_the_risk_goes_round_and_dims_what_is_too_uncertain() -> None:
    app = bench()
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        before = ranking(app).splitlines()
        seen, dim = [], []
        for _ in range(4):
            await pilot.press("f7")
            await pilot.pause()
            lines = ranking(app).splitlines()
            assert lines[:11] == before[:11]  # nothing moves
            seen.append(lines[11].strip())
            drawn = [
                str(s.style.color) for s in app.screen.query_one(Ranking).render_line(0) if "█" in s.text
            ]
            dim.append(drawn)
        assert seen == [
            "answered at 20 % risk: of such answers at most 20 % are wrong",
            "too uncertain: of such names more than 10 % may be wrong",
            "too uncertain: of such names more than 5 % may be wrong",
            "answered at 20 % risk, too uncertain at 10 %",
        ]
        assert dim[0] == dim[3] != dim[1] == dim[2]
        await pilot.press("f7", "f7", "ctrl+y")
        assert app.clipboard.startswith("Kowalski: too uncertain at 10 % risk (Polish 68.4 %, Czech")


@pytest.mark.parametrize(
    ("risks", "off", "at_20"),
    [
        ((), "too uncertain even at 20 % risk", "too uncertain: of such names more than 20 %"),
        ((0.2, 0.1, 0.05), "answered at 5 % risk", "answered at 20 % risk"),
        (None, "", "this model has no risk thresholds; a risk of 20 % was asked for"),
    ],
)
async def test_what_is_said_of_risk_is_what_the_model_knows(
    risks: tuple[float, ...] | None, off: str, at_20: str
) -> None:
    engine = FakeEngine()
    engine.predictor.risks = risks
    app = bench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        assert "".join(ranking(app).splitlines()[11:12]).strip() == off
        await pilot.press("f7")
        await pilot.pause()
        assert ranking(app).splitlines()[11].strip().startswith(at_20)


async def test_in_a_low_terminal_no_line_is_left_empty() -> None:
    app = bench()
    async with app.run_test(size=(60, 16)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        lines = [line.split()[0] for line in ranking(app).splitlines()]
        assert lines == ["1", "2", "…", "90", "answered", "in"]


async def test_the_population_stands_in_the_border_and_can_be_another() -> None:
    engine = FakeEngine()
    engine.predictor.population = "training rows"
    engine.predictor.region = Ranked("West Slavic", 0.905)
    app = bench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        question = app.screen.query_one("#question")
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        assert question.border_subtitle == "population: training rows, ctrl+r"
        lines = ranking(app).splitlines()
        assert lines[9].split() == ["region:", "West", "Slavic", "90.5", "%"]
        assert {line.rindex("%") for line in lines[:10]} == {lines[0].rindex("%")}
        assert lines[10].strip() == "90 % prediction set: Polish, Czech, Slovak"
        await pilot.press("f7", "ctrl+r")
        await until(pilot, lambda: question.border_subtitle == "population: uniform, ctrl+r")
        await pilot.pause()
        told = [line.strip() for line in ranking(app).splitlines()[10:12]]
        assert told == ["sets and risks are for the model's own population", ""]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: question.border_subtitle == "population: training rows, ctrl+r")


async def test_a_population_stated_at_the_start_is_asked_about_first(tmp_path: Path) -> None:
    engine, shares = FakeEngine(), tmp_path / "shares.tsv"
    engine.predictor.population = "training rows"
    app = NameclsApp(engine=engine, prior=shares)
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        question = app.screen.query_one("#question")
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        shown = [question.border_subtitle]
        for _ in range(3):
            await pilot.press("ctrl+r")
            await until(pilot, lambda: question.border_subtitle != shown[-1])
            shown.append(question.border_subtitle)
        assert "population: /" in shown[0]  # the fake calls a population by its path
        assert shown[1:] == ["population: uniform, ctrl+r", "population: training rows, ctrl+r", shown[0]]


async def test_a_population_that_can_not_be_read_is_told_and_the_own_one_stays(tmp_path: Path) -> None:
    engine = FakeEngine()
    engine.predictor.population, engine.predictor.no_prior = "training rows", "shares.tsv: no such file"
    app = NameclsApp(engine=engine, prior=tmp_path / "shares.tsv")
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await until(pilot, lambda: any("no such file" in told.message for told in app._notifications))
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        assert app.screen.query_one("#question").border_subtitle == "population: training rows, ctrl+r"


async def test_a_model_that_knows_no_other_population_says_why() -> None:
    engine = FakeEngine()
    engine.predictor.no_prior = "what it learned from is not recorded"
    app = bench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski", "ctrl+r")
        await answered(pilot, "Kowalski")
        await until(pilot, lambda: any("is not recorded" in told.message for told in app._notifications))
        assert app.screen.query_one("#question").border_subtitle == ""
