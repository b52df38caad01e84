"""sharing.py: every item once, errors and interrupts, threads that stay."""

import os
import threading
import time

import numpy as np
import pytest

from nrender import sharing
from nrender.sharing import BLOCK, FEW, in_blocks, in_parallel, share


@pytest.fixture(params=["1", "2", "5"])
def count(request, monkeypatch):
    monkeypatch.setenv("NRENDER_THREADS", request.param)
    return int(request.param)


@pytest.mark.parametrize("items", [0, 1, 3, 1000])
def test_each_item_is_run_once(count, items):
    done = []
    share(done.append, range(items))
    assert sorted(done) == list(range(items))


def test_all_threads_take_part(count):
    """None of the first items ends before all have begun."""
    begun = threading.Barrier(count, timeout=60)
    share(lambda _: begun.wait(), range(count))


def test_threads_stay(count):
    found = [set() for _ in range(3)]
    for idents in found:
        begun = threading.Barrier(count, timeout=60)

        def run(_, idents=idents, begun=begun):
            begun.wait()
            idents.add(threading.get_ident())

        share(run, range(count))
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == count
    assert threading.get_ident() in found[0]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, IndexError])
@pytest.mark.parametrize("bad", [0, 7])
def test_an_error_ends_it(count, error, bad):
    done = []

    def run(item):
        if item == bad:
            raise error(item)
        time.sleep(0.001)
        done.append(item)

    with pytest.raises(error):
        share(run, range(10_000))
    assert len(done) < 5000
    time.sleep(0.01)
    before = len(done)
    time.sleep(0.02)
    assert len(done) == before  # nothing goes on behind the caller's back


def test_shared_work_may_share_its_own(count):
    done = []
    share(lambda i: share(lambda k: done.append((i, k)), range(20)), range(20))
    assert sorted(done) == [(i, k) for i in range(20) for k in range(20)]


def test_callers_on_many_threads_have_their_own_items(count):
    done = [[] for _ in range(6)]
    callers = [threading.Thread(target=share, args=(mine.append, range(200))) for mine in done]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert all(sorted(mine) == list(range(200)) for mine in done)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_starts_threads_of_its_own(count):
    share(lambda _: None, range(count))
    child = os.fork()
    if child == 0:
        begun = threading.Barrier(count, timeout=30)
        try:
            share(lambda _: begun.wait(), range(count))
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("stop", [0, 1, FEW, 7 * FEW + 3])
def test_parts_of_a_range_are_the_range(count, stop):
    hits = np.zeros(stop + 1, int)

    def run(begin, end, by):
        hits[begin:end] += by

    in_parallel(run, 0, stop, 2)
    np.testing.assert_array_equal(hits, [2] * stop + [0])


@pytest.mark.parametrize("rows", [0, 1, BLOCK, 5 * BLOCK + 1])
def test_blocks_are_in_their_order(count, rows):
    found = in_blocks(lambda part: np.arange(part.start, part.stop), rows)
    np.testing.assert_array_equal(np.concatenate(found), np.arange(rows))


def test_a_number_that_is_none_is_not_taken(monkeypatch):
    monkeypatch.delenv("NRENDER_THREADS", raising=False)
    default = sharing.threads()
    for word in ("0", "-1", "many", ""):
        monkeypatch.setenv("NRENDER_THREADS", word)
        assert sharing.threads() == default
