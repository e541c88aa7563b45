"""What a group has counted outlives its process, where the broker keeps nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from veille.batches import KeptCounts
from veille.metrics import StageCounts


def test_each_process_counts_on_from_the_last_one(tmp_path: Path) -> None:
    folder = tmp_path / "counts"
    first = KeptCounts(folder, "veille.enrich")
    first.keep([StageCounts(read=3, out=3), StageCounts(read=2, out=1, dead={"wrong_type": 1})])
    first.keep([StageCounts(read=6, out=5, dead={"wrong_type": 1})])
    KeptCounts(folder, "veille.enrich").keep([StageCounts(read=4, out=4)])
    assert KeptCounts(folder, "veille.enrich").load() == StageCounts(read=10, out=9, dead={"wrong_type": 1})
    assert KeptCounts(folder, "veille.sqlite").load() is None


def test_without_a_folder_nothing_is_kept_and_what_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    KeptCounts(None, "veille.enrich").keep([StageCounts(read=1, out=1)])
    (tmp_path / "veille.enrich.json").write_bytes(b"{")
    broken = KeptCounts(tmp_path, "veille.enrich")
    assert broken.load() is None
    broken.keep([StageCounts(read=1, out=1)])
    assert broken.load() == StageCounts(read=1, out=1)


def test_a_folder_that_cannot_be_written_stops_nobody_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "counts"
    kept = KeptCounts(folder, "veille.enrich")
    for _ in range(2):
        folder.write_text("a file stands in its place")
        for read in range(1, 10):
            kept.keep([StageCounts(read=read, out=read)])
        assert kept.load() is None
        folder.unlink()
        kept.keep([StageCounts(read=10, out=10)])
        assert kept.load() == StageCounts(read=10, out=10)
        shutil.rmtree(folder)
    assert caplog.text.count("what was counted cannot be kept") == 2
