"""Texts of X that go out in a day are counted, whoever takes them, and no word of them is logged."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.records import NOON
from veille.errors import Corrupt, Misused
from veille.export import allowance

TODAY = NOON.date()


def test_many_at_once_get_no_more_together_than_one_may(tmp_path: Path) -> None:
    def one(_number: int) -> int:
        with suppress(Misused):
            allowance.take(tmp_path, TODAY, 20)
            return 20
        return 0

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(one, range(40))) == allowance.A_DAY
    assert allowance.left(tmp_path, TODAY) == 0
    assert allowance.left(tmp_path, TODAY + timedelta(days=1)) == allowance.A_DAY


def test_what_goes_out_is_logged_by_its_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="veille"):
        allowance.take(tmp_path, TODAY, 3)
    assert [record.getMessage() for record in caplog.records] == ["3 texts of X go out, 497 more may today"]


def test_a_count_that_cannot_be_read_lets_nothing_out(tmp_path: Path) -> None:
    (tmp_path / allowance.NAME).write_text('{"day":"yesterday"}')
    for call in (lambda: allowance.left(tmp_path, TODAY), lambda: allowance.take(tmp_path, TODAY, 1)):
        with pytest.raises(Corrupt, match="is not known"):
            call()


def test_a_folder_that_cannot_be_written_lets_nothing_out(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misused, match="cannot be written"):
        allowance.take(tmp_path / "file", TODAY, 1)
