"""Writers of one process on SQLite go in the order in which they came, and none is left behind."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from pipeline.store import engine as engines
from pipeline.store.engine import open_engine, read_only
from pipeline.store.turns import Door, Turns


def test_turns_come_in_order() -> None:
    turns, order = Turns(), []

    def go(number: int) -> None:
        assert turns.take(60)
        order.append(number)
        turns.give_back()

    assert turns.take(60)
    threads = [threading.Thread(target=go, args=(number,)) for number in range(5)]
    for number, thread in enumerate(threads, start=1):
        thread.start()
        while len(turns._waiting) < number:
            time.sleep(0.001)
    turns.give_back()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert turns.take(60)


def test_who_waited_in_vain_is_out_of_the_way() -> None:
    turns = Turns()
    assert turns.take(60)
    assert not turns.take(0.01)
    turns.give_back()
    assert turns.take(0.01)


def test_a_turn_ends_with_its_transaction_however_that_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 200)
    engine = open_engine(f"sqlite:///{tmp_path / 'a.db'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    with pytest.raises(ZeroDivisionError), engine.begin() as connection:
        raise ZeroDivisionError
    with engine.begin() as holder:
        with pytest.raises(OperationalError, match="locked"), engine.begin():
            pass
        with read_only(engine).begin() as reader:
            assert reader.scalar(text("SELECT count(*) FROM t")) == 0
        holder.execute(text("INSERT INTO t VALUES (1)"))
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 60_000)
    began = time.monotonic()
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM t")) == 1
    assert time.monotonic() - began < 30  # nobody holds a turn any more
    engine.dispose()


def test_who_writes_without_a_pause_starves_no_other_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two engines share nothing but the file, as two processes do; SQLite alone gave the second one no chance."""
    monkeypatch.setattr(engines, "BUSY_TIMEOUT_MS", 5_000)
    url = f"sqlite:///{tmp_path / 'a.db'}"
    busy, other = open_engine(url), open_engine(url)
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    at_work, done = threading.Event(), threading.Event()

    def write_on() -> None:
        while not done.is_set():
            with busy.begin() as connection:
                connection.execute(text("INSERT INTO t VALUES (1)"))
                time.sleep(0.2)
            at_work.set()

    thread = threading.Thread(target=write_on)
    thread.start()
    try:
        assert at_work.wait(60)
        for _ in range(3):
            with other.begin() as connection:
                connection.execute(text("INSERT INTO t VALUES (2)"))
    finally:
        done.set()
        thread.join()
        busy.dispose()
        other.dispose()


def test_a_door_that_cannot_be_made_or_does_not_open_keeps_nobody_out(tmp_path: Path) -> None:
    with Door(tmp_path / "no such folder" / "turn").held(0.0):
        pass
    with Door(tmp_path / "turn").held(0.0), Door(tmp_path / "turn").held(0.01):
        pass
