"""What raters are told: the package's words, or the organiser's own, in blocks that a page can show."""

from pathlib import Path

import pytest

from srgan.errors import DataError
from srgan_study.server.wording import Block, read_wording


def test_the_package_has_words_of_its_own(tmp_path: Path) -> None:
    consent, instructions = read_wording(tmp_path, "consent"), read_wording(tmp_path, "instructions")
    assert consent.version != instructions.version
    for wording in (consent, instructions):
        assert {block.kind for block in wording.blocks} == {"heading", "list", "paragraph"}
        assert not any("[" in line or "<" in line for block in wording.blocks for line in block.lines)


def test_a_study_may_have_its_own(tmp_path: Path) -> None:
    usual = read_wording(tmp_path, "consent").version
    (tmp_path / "consent.txt").write_text(
        "\ufeff# Why\n\nOne line.\nAnother.\n- first\n-  second\n\n- third\n#tag\n", "utf-8"
    )
    own = read_wording(tmp_path, "consent")
    assert own.blocks == (
        Block("heading", ("Why",)),
        Block("paragraph", ("One line.",)),
        Block("paragraph", ("Another.",)),
        Block("list", ("first", "second", "third")),
        Block("paragraph", ("#tag",)),
    )
    assert own.version != usual
    (tmp_path / "consent.txt").write_text("# Why\n", "utf-8")
    assert read_wording(tmp_path, "consent").version not in (usual, own.version)


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00", b"a" * 100_001])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "instructions.txt").write_bytes(content)
    with pytest.raises(DataError, match=r"instructions\.txt .*: "):
        read_wording(tmp_path, "instructions")
