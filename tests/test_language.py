"""Which language is spoken, and the catalogues: whole, and what the code has."""

from __future__ import annotations

import ast
import re
import string
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from namecls import errors, language
from namecls.config import PRESET, SETTINGS, TrainConfig
from namecls.data.doubts import find_doubts
from namecls.data.table import load_dataset
from namecls.errors import ConfigError, DataError
from namecls.language import chosen_language, languages
from namecls.search.space import space_of
from namecls.settings import Setting

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))
import messages


@pytest.mark.parametrize(
    ("wanted", "environment", "spoken"),
    [
        (None, {}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        (None, {"LANG": "de_DE.UTF-8"}, "en"),
        (None, {"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
        (None, {"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh_CN"),
        (None, {"LANG": "zh_CN.GBK"}, "en"),
        (None, {"LANG": "C", "NAMECLS_LANG": "zh"}, "zh_CN"),
        ("en", {"NAMECLS_LANG": "zh"}, "en"),
        ("zh-Hans", {}, "zh_CN"),
    ],
)
def test_the_option_goes_before_the_variable_and_that_before_the_system(wanted, environment, spoken) -> None:
    assert chosen_language(wanted, environment) == spoken


@pytest.mark.parametrize(
    ("wanted", "environment", "where"), [("fr", {}, "--lang"), (None, {"NAMECLS_LANG": "x"}, "NAMECLS_LANG")]
)
def test_a_language_that_is_wanted_and_not_there_is_an_error_that_names_those_there_are(
    wanted, environment, where
) -> None:
    with pytest.raises(ConfigError, match=rf"{where}: expected one of en, zh_CN"):
        chosen_language(wanted, environment)


def _catalogues() -> list[tuple[str, str]]:
    return [(spoken, domain) for spoken in languages()[1:] for domain in messages.DOMAINS]


@pytest.mark.parametrize(("spoken", "domain"), _catalogues())
def test_a_catalogue_has_the_texts_of_the_code_each_translated_with_its_placeholders(spoken, domain) -> None:
    path = messages.catalogue_file(spoken, domain)
    now = messages.brought_up_to_date(spoken, domain, [])
    assert path.read_bytes() == messages.po_bytes(now), "run scripts/messages.py"
    assert path.with_suffix(".mo").read_bytes() == messages.mo_bytes(now), "run scripts/messages.py"
    texts = [message for message in now if message.id]
    assert [message.id for message in texts if not messages.is_translated(message)] == []
    assert [message.id for message in texts if message.fuzzy] == []
    for message in texts:
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for form in forms:
            assert _placeholders(form) == _placeholders(originals[-1]), message.id


def _placeholders(text: str) -> list[str]:
    if "{" not in text:
        return sorted(re.findall(r"%[sd]", text))
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.fixture
def in_chinese() -> Iterator[None]:
    language.set_language("zh_CN")
    yield
    language.set_language(language.ENGLISH)


@pytest.mark.usefixtures("in_chinese")
def test_an_error_is_told_in_chinese_and_knows_its_english(tmp_path) -> None:
    file = tmp_path / "names.tsv"
    with pytest.raises(DataError) as missing:
        load_dataset(file)
    assert str(missing.value) == f"{file}: 没有这个文件"
    assert language.english(missing.value) == f"{file}: there is no such file"
    around = language._("{path}: is no model that can be read: {error}").format(path="x", error=missing.value)
    assert language.english({"problem": [around]}) == {
        "problem": [f"x: is no model that can be read: {file}: there is no such file"]
    }


@pytest.mark.usefixtures("in_chinese")
def test_reasons_and_doubts_are_told_in_the_language_of_the_moment_and_english_to_machines(tmp_path) -> None:
    file = tmp_path / "names.tsv"
    rows = [*(f"Name{chr(97 + at)}\tone" for at in range(4)), "a\tb\tc\td", "\tone", *["Kim\ttwo"] * 2]
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    table = load_dataset(file, separator="tab")
    assert [bad.reason for bad in table.bad_lines] == ["应为 2 列，实际为 4 列", "没有名字"]
    doubts = find_doubts(table)
    assert [doubt.text for doubt in doubts] == ["1 个标签的不同名字少于 3 个，太少而无法测试：two (1)"]
    assert "以制表符分隔" in table.layout.told
    told = language.english([asdict(bad) for bad in table.bad_lines] + [asdict(doubts[0])])
    language.set_language(language.ENGLISH)
    assert told == [asdict(bad) for bad in table.bad_lines] + [
        {**asdict(find_doubts(table)[0]), "labels": ["two"], "reasons": ["too few to be tested: 1 different"]}
    ]
    assert table.bad_lines[0].reason == "expected 2 columns, found 4"


@pytest.mark.parametrize("setting", [PRESET, *SETTINGS.values()], ids=lambda setting: setting.name)
def test_a_wrong_setting_is_told_in_the_language_of_the_moment_by_its_title(setting: Setting) -> None:
    wrong = "!!" if setting.kind is not str or setting.choices or setting.rule else object()
    said = {}
    for spoken in ("zh_CN", language.ENGLISH):
        language.set_language(spoken)
        with pytest.raises(ConfigError) as refused:
            setting.check(wrong)
        said[spoken] = (str(refused.value), language.english(refused.value))
        title = language._(setting.title)
        assert said[spoken][0].startswith(title)
    assert said["zh_CN"][1] == said["en"][0]
    told = said["zh_CN"][0].removeprefix(language._(setting.title)).replace(repr(wrong), "")
    assert not re.search(r"\b(must|be|an?|of|from|to|was|with|each|number|text)\b", told)


@pytest.mark.usefixtures("in_chinese")
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "{title}：应为整数，实际为：'x'"),
        ("0..5", "{title}：不能搜索 0..5：{title}：应为介于 1 与 65,536 之间的整数，实际为：0"),
    ],
)
def test_a_setting_that_is_searched_is_told_by_its_title(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        space_of({"hidden_size": text}, TrainConfig())
    assert str(refused.value) == said.format(title=language._(SETTINGS["hidden_size"].title))


def test_texts_are_collected_wherever_they_are_marked() -> None:
    code = ast.parse(
        """f"{told} {_('in an f-string')}"; _(KINDS.get(1, N_("within another"))); pgettext("a", "b")"""
    )
    found = set(messages.marked_texts(code, messages.KEYWORDS))
    assert found == {("in an f-string", None), ("within another", None), ("b", "a")}


_MARKS = {"_", "N_", "ngettext", "pgettext", "counted", "english"}
_SENTENCE = re.compile(r"[A-Za-z']{2,}[,.;:]? +[A-Za-z']{2,}")


def _unmarked(node: ast.AST) -> Iterator[str]:
    """The strings of several words in a statement that are not marked."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _MARKS:
        return
    text = ""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.JoinedStr):
        text = "".join(part.value if isinstance(part, ast.Constant) else "0" for part in node.values)
    if _SENTENCE.search(text) and not text.startswith("namecls "):
        yield text
    elif not text:
        for child in ast.iter_child_nodes(node):
            yield from _unmarked(child)


def test_no_error_that_a_user_can_mend_is_raised_with_a_text_that_is_not_marked() -> None:
    found = [
        f"{path.name}:{node.lineno}: {text}"
        for path in messages.sources("library")
        if path.name != "language.py"  # it is not chosen yet
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
        if hasattr(errors, ast.unparse(node.exc.func))
        for text in _unmarked(node.exc)
    ]
    assert found == []
