"""Texts for raters: the package's or the organiser's own, in blocks that a page can show."""

from pathlib import Path

import pytest

from srgan.errors import DataError
from srgan_study.stimuli.instructions import TextBlock, read_text


def test_the_package_has_texts(tmp_path: Path) -> None:
    consent, instructions = read_text(tmp_path, "consent"), read_text(tmp_path, "instructions")
    assert consent.version != instructions.version
    for text in (consent, instructions):
        assert {block.kind for block in text.blocks} == {"heading", "list", "paragraph"}


def test_a_study_may_have_its_own(tmp_path: Path) -> None:
    usual = read_text(tmp_path, "consent").version
    path = tmp_path / "consent.txt"
    path.write_text("\ufeff# Why\n\nOne line.\nAnother.\n- first\n-  second\n\n- third\n#tag\n", "utf-8")
    own = read_text(tmp_path, "consent")
    assert own.blocks == (
        TextBlock("heading", ("Why",)),
        TextBlock("paragraph", ("One line.",)),
        TextBlock("paragraph", ("Another.",)),
        TextBlock("list", ("first", "second", "third")),
        TextBlock("paragraph", ("#tag",)),
    )
    path.write_text("# Why\n", "utf-8")
    assert len({usual, own.version, read_text(tmp_path, "consent").version}) == 3


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00", b"a" * 100_001])
def test_a_file_without_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "instructions.txt").write_bytes(content)
    with pytest.raises(DataError):
        read_text(tmp_path, "instructions")
