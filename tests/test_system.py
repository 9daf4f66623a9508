"""What the operating system says of an error, in the language of the moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from namecls.language import ENGLISH, english, set_language
from namecls.system import reason_of


@pytest.fixture
def missing(tmp_path: Path) -> OSError:
    with pytest.raises(OSError, match="none") as failed:
        (tmp_path / "none").read_bytes()
    return failed.value


def test_what_the_system_says_is_translated_and_english_to_machines(missing: OSError) -> None:
    assert reason_of(missing) == "No such file or directory"
    set_language("zh_CN")
    try:
        told = reason_of(missing)
        assert (told, english(told)) == ("没有这个文件或目录", "No such file or directory")
        assert reason_of(OSError(2, "another text")) == "another text"
        assert reason_of(OSError(99999, "never heard of")) == "never heard of"
        assert reason_of(ValueError("no number")) == "no number"
    finally:
        set_language(ENGLISH)
