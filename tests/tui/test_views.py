"""What panels draw of made-up values; numbers on the screen are those of the value."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from namecls.text import safe
from tests.tui.explanations import MadeUp, made_up_changes, made_up_units
from tui.app import NameclsApp
from tui.drawing.palette import palette_of
from tui.drawing.reasons import VIEWS
from tui.drawing.views import Scene, View
from tui.drawing.why import draw_changes
from tui.engine.values import Question

PALETTE = palette_of(NameclsApp())
ALL = pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)


def value_of(view: View, name: str = "Kowalski", **asked: Any) -> Any:
    return MadeUp().explain(view.name, Question(name, (), **asked))


def drawn(view: View, name: str = "Kowalski", width: int = 76, height: int = 17, **scene: Any) -> list[str]:
    asked = {key: scene.pop(key) for key in ("other", "randomised", "edits") if key in scene}
    value = value_of(view, name, **asked)
    lines = view.lines(value, Scene(width=width, height=height, palette=PALETTE, **scene))
    return [line.plain.rstrip() for line in lines]


def named(name: str) -> View:
    return next(view for view in VIEWS if view.name == name)


@ALL
def test_each_view_says_what_one_sees_and_what_it_does_not_mean(view: View) -> None:
    told = " ".join(drawn(view))
    assert view.sees in told
    assert view.caution in told
    assert view.sees.endswith(".")
    assert view.caution.startswith("Not ")


@ALL
@pytest.mark.parametrize("size", [(76, 17), (56, 16), (56, 33), (30, 5), (20, 1)])
@pytest.mark.parametrize("opened", [False, True])
def test_each_view_keeps_within_its_room(view: View, size: tuple[int, int], opened: bool) -> None:
    for item in (None, 0, 3, 6):
        lines = drawn(view, width=size[0], height=size[1], item=item, opened=opened, other="Czech", letter=5)
        assert len(lines) <= size[1]
        assert all(cell_len(line) <= size[0] for line in lines)


HOSTILE = (
    "O[x]\x1b]52;c;Zm9v\x07 [/b]\u202e",
    "محمد\u202eعلي",
    "王小明",
    "e\u0301\u0301\u0301\u0301",
    "a" * 256,
)


@ALL
@pytest.mark.parametrize("name", HOSTILE, ids=["markup", "rtl", "wide", "marks", "long"])
def test_no_letter_of_a_name_steers_the_terminal(view: View, name: str) -> None:
    for item, opened in ((None, False), (3, True)):
        for line in drawn(view, name, 56, 30, letter=4, item=item, opened=opened, other="[/b]\x1b[31m"):
            assert safe(line) == line
            assert cell_len(line) <= 56


@ALL
@settings(max_examples=20, deadline=None)
@given(name=st.text(min_size=1, max_size=40).filter(lambda text: any(map(str.isalpha, text))))
def test_any_name_can_be_drawn_and_written(view: View, name: str) -> None:
    value = value_of(view, name)
    view.lines(value, Scene(width=50, height=20, palette=PALETTE, letter=len(name), ascii_only=True))
    rows = view.table(value)
    assert len(rows) > 1
    assert len({len(row) for row in rows}) == 1
    assert value.to_json()


def test_belief_has_the_percentages_of_the_value_and_the_letters_as_typed() -> None:
    lines = drawn(named("belief"), letter=7)
    assert lines[0].split() == list("Kowalski")
    assert lines[1].split() == ["Polish", "1", "6", "13", "22", "35", "51", "69", "90"]
    assert lines[4].split()[0] == "others"
    assert lines[5] == 'after "Kowalski": Polish 90.0 %, German 10.0 %, Czech 2.0 %'
    assert 'after "Ko": Czech' in drawn(named("belief"), letter=1)[5]


def test_labels_for_which_there_is_no_room_are_among_the_others() -> None:
    lines = drawn(named("belief"), height=5, letter=7)
    assert [line.split()[0] for line in lines[1:4]] == ["Polish", "Czech", "others"]
    assert lines[3].split()[-1] == "8"


def test_influence_has_signs_and_says_how_much_it_sums_to() -> None:
    lines = drawn(named("influence"), other="Czech")
    assert lines[0].startswith("for Polish rather than Czech   logit ")
    assert lines[2].split()[:5] == ["leave", "out", "+1.68", "+1.82", "+0.28"]
    assert "-1.51" in lines[2]
    assert "sum" in lines[5]


def test_influence_beside_randomised_weights_says_in_a_word_how_alike_they_are() -> None:
    lines = drawn(named("influence"), randomised=True)
    assert "rank correlation +1.00: alike" in lines[6]


def test_changes_mark_what_is_in_the_data_and_lead_to_the_other_label() -> None:
    lines = drawn(named("changes"), item=0)
    assert any("i→y" in line and "in the data: Ukrainian, Russian" in line for line in lines)
    assert any(line.startswith("▸ Ukrainian    61.2 %  Kowalsky") for line in lines)
    assert any("to Czech" in line for line in drawn(named("changes"), other="Czech"))


def test_two_edits_that_were_tried_are_told_where_one_is_enough() -> None:
    once, twice = (made_up_changes("Kim", edits=edits) for edits in (1, 2))
    scene = Scene(width=76, height=17, palette=PALETTE)
    assert "1,234 names tried, one edit away" in draw_changes(once, scene)[0].plain
    enough = dataclasses.replace(twice, smallest=once.smallest)
    assert "1,234 names tried, two edits away" in draw_changes(enough, scene)[0].plain


def test_the_walk_shows_shapes_and_code_and_on_demand_the_values() -> None:
    closed = "\n".join(drawn(named("walk"), item=3))
    assert "[8, 1, 32]" in closed
    assert "rnn(x, h0)" in closed
    opened = drawn(named("walk"), item=3, opened=True, height=24)
    assert any(line.split()[:2] == ["32", "+0.29"] for line in opened)
    logits = "\n".join(drawn(named("walk"), item=5, opened=True, height=24))
    assert "Polish       +3.200 ███" in logits


def test_neighbours_say_whether_they_count_for_or_against_and_how_good_they_are() -> None:
    lines = drawn(named("neighbours"))
    assert lines[1].split()[:3] == ["-", "Kowalsky", "Ukrainian"]
    assert lines[2].split()[:3] == ["+", "Kowalczyk", "Polish"]
    assert "58.2 %" in " ".join(lines)
    assert "63.6 %" in " ".join(lines)


def test_units_are_told_by_what_they_are_worth_on_held_out_names() -> None:
    lines = drawn(named("units"), height=24)
    assert lines[2].split()[:6] == ["gru", "0", "+", "0.980", "0.950", "+0.50"]
    assert lines[6].split()[:6] == ["gru", "4", "+", "0.940", "-", "-0.30"]
    assert "measured on 410 held-out ones" in " ".join(lines)
    lines = drawn(named("units"), height=24, item=3)
    assert "gru 3 is highest for High30ski, High31ski" in " ".join(lines)


def test_units_are_checked_on_another_file() -> None:
    scene = Scene(width=100, height=24, palette=PALETTE)
    lines = [line.plain for line in named("units").lines(made_up_units("Kim", checked=99), scene)]
    assert lines[1].split() == ["unit", "searched", "held", "out", "checked", "here"]
    assert lines[2].split()[3:6] == ["0.980", "0.950", "0.875"]
    assert "checked on 99 of the open file" in " ".join(lines)


def test_the_epochs_stand_side_by_side_and_the_cursor_is_on_one() -> None:
    lines = drawn(named("epochs"), item=1)
    assert lines[0].split() == ["1", "2", "3", "4", "5", "6"]
    assert lines[1].split()[:3] == ["Polish", "36", "58"]
    assert "after epoch 2: Polish 57.6 %" in lines[3]
    assert "after epoch 6" in drawn(named("epochs"))[3]


def test_letters_that_the_network_does_not_know_are_told() -> None:
    assert "does not know: 王 小" in "\n".join(drawn(named("belief"), "王小"))


def test_without_unicode_all_is_ascii_but_the_letters() -> None:
    from tui.terminal.plain import plain

    for view in VIEWS:
        for line in drawn(view, ascii_only=True, item=3, opened=True, other="Czech"):
            assert plain(line).replace("š", "s").replace("č", "c").isascii(), line
