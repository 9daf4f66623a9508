from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from namecls.answers import Seen
from tests.tui.fakes import FakeEngine
from tests.tui.screen import screen_of, text_of
from tests.tui.test_predict import answered, ready
from tests.tui.waiting import until
from tui.app import NameclsApp
from tui.drawing.reasons import VIEWS
from tui.engine.messages import Explained, Predicted
from tui.engine.threads import Post
from tui.engine.values import Question
from tui.screens.inspect import Answer, InspectScreen
from tui.screens.predict import PredictScreen
from tui.widgets.bars import Ranking
from tui.widgets.explained import ExplanationPanel
from tui.widgets.keybar import KeyBar


def panel(app: NameclsApp, name: str) -> ExplanationPanel:
    return app.screen.query_one(f"#{name}", ExplanationPanel)


async def inspecting(pilot: Pilot[None], name: str = "Kowalski") -> NameclsApp:
    """Type a name in Predict, and go to Inspect."""
    app = pilot.app
    assert isinstance(app, NameclsApp)
    await ready(pilot)
    app.screen.query_one(Input).post_message(events.Paste(name))
    await answered(pilot, name)
    await pilot.press("tab")
    await until(pilot, lambda: isinstance(app.screen, InspectScreen))
    await until(
        pilot, lambda: app.screen.is_explained and all(p.value is not None for p in app.screen._shown)
    )
    await pilot.pause()
    return app


async def shows(pilot: Pilot[None], name: str) -> ExplanationPanel:
    await until(  # not that of an earlier question
        pilot, lambda: pilot.app.screen.is_explained and panel(pilot.app, name).value is not None
    )
    await pilot.pause()
    return panel(pilot.app, name)


async def test_the_line_of_the_answer_says_what_answered_and_what_is_compared_before_more_labels() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        line = app.screen.query_one(Answer)
        prediction = line._prediction
        assert prediction is not None
        line.show(replace(prediction, seen=(Seen("Polish", 12.0),)), "")
        await until(pilot, lambda: "by counts" in text_of(line))
        assert text_of(line).startswith("Polish 68.4 %")
        line.show(prediction, "Czech")
        await until(pilot, lambda: "why not Czech?" in text_of(line))


async def test_one_key_leads_to_inspect_and_back_also_from_inside_the_input_and_the_name_stays() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        assert "Polish 68.4 %" in screen_of(app)
        assert 'after "Kowalski": Polish 90.0 %' in text_of(panel(app, "belief"))
        await pilot.press("e", "x")
        await until(pilot, lambda: 'after "Kowalskix"' in text_of(panel(app, "belief")))
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        assert app.screen.query_one(Input).value == "Kowalskix"
        await answered(pilot, "Kowalskix")
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, InspectScreen))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))


@pytest.mark.parametrize(("size", "count"), [((80, 24), 1), ((120, 40), 2), ((200, 50), len(VIEWS))])
async def test_there_are_as_many_panels_as_there_is_room_for(size: tuple[int, int], count: int) -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=size) as pilot:
        await inspecting(pilot)
        assert (
            len([p for p in app.screen.query(ExplanationPanel) if p.display and p.size.width > 20]) == count
        )
        await pilot.press("4")
        await shows(pilot, "neighbours")
        assert panel(app, "neighbours").display
        assert "Kowalczyk" in screen_of(app)


async def test_only_panels_that_show_are_computed() -> None:
    engine = FakeEngine()
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        assert {view for view, _ in engine.explaining.asked} == {"evidence", "belief"}
        await pilot.press("5")
        await shows(pilot, "walk")
        assert {view for view, _ in engine.explaining.asked} == {"evidence", "belief", "walk"}
        await pilot.press("1", "5", "1")
        await pilot.pause()
        assert len(engine.explaining.asked) == 3


async def test_arrow_keys_move_over_the_letters_and_every_panel_follows() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(200, 50)) as pilot:
        await inspecting(pilot)
        await pilot.press("left", "h", "left", "l")
        await until(pilot, lambda: 'after "Kowals"' in text_of(panel(app, "belief")))
        assert "gradient at s:" in text_of(panel(app, "reach"))
        await pilot.press("home", "left")
        await until(pilot, lambda: 'after "K"' in text_of(panel(app, "belief")))
        await pilot.press("end", "right")
        await until(pilot, lambda: 'after "Kowalski"' in text_of(panel(app, "belief")))


async def test_the_cursor_of_the_input_is_the_letter_on_predict() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await answered(pilot, "Kowalski")
        await until(pilot, lambda: 'after "Kowalski"' in text_of(panel(app, "belief")))
        assert "for Polish" in text_of(panel(app, "influence"))
        await pilot.press("left", "left")
        await until(pilot, lambda: 'after "Kowals"' in text_of(panel(app, "belief")))


async def test_nothing_is_explained_before_there_is_a_ranking_and_nothing_at_80_columns_but_the_evidence() -> (
    None
):
    engine = FakeEngine()
    engine.explaining.gate.clear()
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await ready(pilot)
        await pilot.press(*"Kowalski")
        await until(pilot, lambda: "68.4 %" in text_of(app.screen.query_one(Ranking)))
        engine.explaining.gate.set()
        await until(
            pilot, lambda: "in training: Polish 12, German 2" in text_of(app.screen.query_one(Ranking))
        )
        assert {view for view, _ in engine.explaining.asked} == {"evidence"}
        await pilot.press("x")
        await answered(pilot, "Kowalskix")
        await until(
            pilot, lambda: "not in training; nearest: Kowalsky" in text_of(app.screen.query_one(Ranking))
        )


async def test_a_view_of_another_name_or_another_question_is_dropped() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        before = text_of(panel(app, "belief"))
        for asked, path in (
            (Question("Nguyen", ("belief",), "Polish"), None),
            (Question("Kowalski", ("belief",), "Polish", other="Czech"), None),
            (Question("Kowalski", ("belief",), "Polish"), Path("another")),
        ):
            app.screen.post_message(Explained(path, asked, "belief", None, "no such thing"))
        await pilot.pause()
        assert text_of(panel(app, "belief")) == before


async def test_a_name_without_an_answer_clears_the_panels_and_says_why() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        await pilot.press("e", "ctrl+u", *"123")
        await until(pilot, lambda: "no answer to explain: no letters" in text_of(panel(app, "belief")))
        await pilot.press("ctrl+u")
        await until(pilot, lambda: "There is no name yet" in text_of(panel(app, "belief")))
        assert VIEWS[0].sees[:40] in text_of(panel(app, "belief"))


async def test_enter_puts_the_edited_name_into_the_box() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        await pilot.press("3")
        await shows(pilot, "changes")
        await pilot.press("j", "enter")
        await until(pilot, lambda: app.screen.query_one(Input).value == "Kowalsky")
        await until(pilot, lambda: panel(app, "changes").value.name == "Kowalsky")


async def test_the_first_label_can_be_compared_with_each_other_one() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await inspecting(pilot)
        await pilot.press("o")
        await until(pilot, lambda: "Polish rather than Czech" in text_of(panel(app, "influence")))
        assert "why not Czech?" in screen_of(app)
        await pilot.press("o")
        await until(pilot, lambda: "Polish rather than Slovak" in text_of(panel(app, "influence")))
        await pilot.press("O", "O")
        await until(pilot, lambda: "rather" not in text_of(panel(app, "influence")))


async def test_randomised_weights_and_two_edits_are_a_key_away() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await inspecting(pilot)
        await pilot.press("2", "r")
        await until(pilot, lambda: "with randomised weights" in text_of(panel(app, "influence")))
        await pilot.press("r", "3", "t")
        await until(pilot, lambda: "two edits away" in text_of(panel(app, "changes")))


async def test_units_are_checked_on_the_open_file_and_the_names_under_the_cursor_show() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await inspecting(pilot)
        await pilot.press("7", "j", "j")
        await shows(pilot, "units")
        assert "gru 2 is highest for High20ski" in text_of(panel(app, "units"))
        await pilot.press("c")
        await until(pilot, lambda: "of the open file" in text_of(panel(app, "units")))
        assert app.dataset.ready is not None
        assert f"checked on {len(app.dataset.ready):,} of the open file" in text_of(panel(app, "units"))
        await pilot.press("c")
        await until(pilot, lambda: "of the open file" not in text_of(panel(app, "units")))


async def test_the_values_of_a_step_show_on_demand() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        await pilot.press("5")
        await shows(pilot, "walk")
        await pilot.press("j", "j", "j", "enter")
        await until(pilot, lambda: "more rows" in text_of(panel(app, "walk")))
        assert "hidden states" in text_of(panel(app, "walk"))


async def test_the_epochs_replay_belief_and_walk() -> None:
    engine = FakeEngine()
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(200, 50)) as pilot:
        await inspecting(pilot)
        count = len(engine.explaining.asked)
        await pilot.press("8", "j", "j")
        await until(pilot, lambda: panel(app, "belief").border_subtitle == "after epoch 2")
        await until(pilot, lambda: ("walk", "Kowalski") in engine.explaining.asked[count:])
        assert "after epoch 2: Polish" in text_of(panel(app, "epochs"))
        await pilot.press("j", "j", "j", "j")
        await until(pilot, lambda: panel(app, "belief").border_subtitle == "")


async def test_a_panel_is_copied_as_text_and_written_as_a_picture_and_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    copied: list[str] = []
    app = NameclsApp(engine=FakeEngine())
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        await pilot.press("y", "ctrl+e")
        await until(pilot, lambda: len(list(tmp_path.iterdir())) == 3)
        assert copied[0].startswith("Kowalski · belief by letter\n")
        assert 'after "Kowalski": Polish 90.0 %' in copied[0]
        written = {path.suffix: path.read_text("utf-8") for path in tmp_path.iterdir()}
        assert written[".svg"].startswith("<svg")
        value = panel(app, "belief").value
        told = json.loads(written[".json"])
        assert told["name"] == "Kowalski"
        assert told["belief"] == json.loads(json.dumps(value.to_json()))
        rows = list(csv.reader(written[".csv"].splitlines()))
        assert rows[1] == ["Polish", *map(str, value.probabilities[0])]
        await pilot.press("ctrl+e")
        await until(pilot, lambda: len(list(tmp_path.iterdir())) == 6)


async def test_the_footer_has_the_keys_of_the_panel() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(120, 40)) as pilot:
        await inspecting(pilot)
        shown = text_of(app.screen.query_one(KeyBar))
        assert shown.startswith(" tab predict  ←→ letter  1-8 panel")
        assert "two edits" not in shown
        await pilot.press("3")
        await shows(pilot, "changes")
        await until(pilot, lambda: "t two edits" in text_of(app.screen.query_one(KeyBar)))
        await pilot.press("e")
        await until(pilot, lambda: "y copy" not in text_of(app.screen.query_one(KeyBar)))


async def test_another_model_explains_anew() -> None:
    engine = FakeEngine()
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        count = len(engine.explaining.asked)
        app.use_model(Path("save_model/another"))
        await until(pilot, lambda: ("belief", "Kowalski") in engine.explaining.asked[count:])
        await until(pilot, lambda: app.screen.is_explained)


async def test_the_screen_behind_asks_nothing_that_would_replace_its_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    real = NameclsApp.ask, NameclsApp.explain

    def ask(app: NameclsApp, text: str, k: int, coverage: float, post: Post, prior: str) -> None:
        asked.append(post.__self__)  # type: ignore[attr-defined]
        real[0](app, text, k, coverage, post, prior)

    def explain(app: NameclsApp, question: Question, post: Post) -> None:
        asked.append(post.__self__)  # type: ignore[attr-defined]
        real[1](app, question, post)

    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        monkeypatch.setattr(NameclsApp, "ask", ask)
        monkeypatch.setattr(NameclsApp, "explain", explain)
        behind = app._screen_stacks["predict"][0]
        app.use_model(Path("save_model/another"))
        await until(pilot, lambda: app.model.status == "ready" and asked and app.screen.is_explained)
        behind.on_predicted(Predicted(app.model.path, app.screen._prediction))
        assert {type(screen) for screen in asked} == {InspectScreen}


async def test_an_answer_of_the_model_before_is_not_explained_with_the_next_one() -> None:
    engine = FakeEngine()
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        engine.loaded.clear()
        app.use_model(Path("save_model/another"))
        app.screen._arrange()
        assert not app.screen._requested - app.screen._come
        engine.loaded.set()
        path = Path("save_model/another")
        await until(pilot, lambda: app.screen._question and app.screen._question[0] == path)
        await until(pilot, lambda: app.screen.is_explained)


async def test_influence_is_that_of_the_first_label_of_the_ranking_whatever_the_network_alone_would_say() -> (
    None
):
    engine = FakeEngine()
    app = NameclsApp(engine=engine)
    labels: list[str] = []
    explain = engine.explaining.explain
    engine.explaining.explain = lambda view, asked: (labels.append(asked.label), explain(view, asked))[1]  # type: ignore[method-assign]
    async with app.run_test(size=(120, 40)) as pilot:
        await inspecting(pilot, "Nguyen")
        assert set(labels) == {"Vietnamese"}


async def test_it_asks_about_the_population_of_predict() -> None:
    engine = FakeEngine()
    engine.predictor.population = "training rows"
    app = NameclsApp(engine=engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)
        assert app.screen._prediction.population == "training rows"
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, PredictScreen))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "uniform" in str(app.screen.query_one("#question").border_subtitle))
        await pilot.press("tab")
        await until(pilot, lambda: isinstance(app.screen, InspectScreen))
        await until(pilot, lambda: app.screen._prediction.population == "uniform")


async def test_o_and_c_say_what_they_did_where_the_panels_do_not_show_it() -> None:
    app = NameclsApp(engine=FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await inspecting(pilot)

        async def told(words: str) -> None:
            await until(pilot, lambda: any(words in each.message for each in app._notifications))
            app.clear_notifications()

        await pilot.press("1", "o")
        await told("Compared with Czech; the panels 2, 3, 7 show it.")
        await pilot.press("O")
        await told("Compared with no label.")
        await pilot.press("2", "o", "O")
        await pilot.pause()
        assert not app._notifications
        await pilot.press("7")
        await shows(pilot, "units")
        await pilot.press("c")
        await until(pilot, lambda: app._notifications)
        await until(pilot, lambda: app.dataset.ready is not None)
        await pilot.press("c")
        await told("The units are checked on the names of the model alone.")
        await pilot.press("c")
        await told("The units are checked on names.tsv, too.")
