"""Vectors in a file: compared as exactly as bytes allow, kept across crashes, and never mixed with others."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.errors import StoreError
from engine.meaning.vector_file import VectorFile, key_of
from tests.support import ROOT


def some(count: int, dimension: int = 32) -> np.ndarray:
    return np.random.default_rng(7).standard_normal((count, dimension)).astype(np.float32)


def opened(path: Path) -> VectorFile:
    vectors = VectorFile(path)
    vectors.refresh()
    return vectors


@pytest.fixture
def path(tmp_path):
    return tmp_path / "meaning" / "vectors"


def test_a_text_has_one_key_and_another_text_another():
    assert key_of("Ada keeps an owl.") == key_of("Ada keeps an owl.") != key_of("Ada keeps an owl")
    assert key_of("\ud800") == key_of("\ud800")  # half a character of a broken document


def test_without_a_file_there_is_nothing(path):
    vectors = opened(path)
    assert (len(vectors), vectors.rows(np.array([1], np.uint64)).tolist()) == (0, [-1])
    assert vectors.similarities(some(1)[0]).tolist() == []
    assert not path.exists()


def test_similarities_are_cosines_to_a_hundredth_and_in_the_same_order(path):
    rows, question = some(500), some(501)[500]
    opened(path).add(range(500), rows * 3)
    exact = rows @ question / np.linalg.norm(rows, axis=1) / np.linalg.norm(question)
    cosines = opened(path).similarities(question)
    assert np.abs(cosines - exact).max() < 0.01
    assert set(np.argsort(-cosines)[:5]) == set(np.argsort(-exact)[:5])


def test_what_is_added_is_there_for_others_and_private(path):
    first = opened(path)
    first.add([3, 1], some(2))
    first.add([2], some(1))
    other = opened(path)
    assert other.rows(np.array([1, 2, 3, 4], np.uint64)).tolist() == [1, 2, 0, -1]
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(first) == 0
    first.refresh()
    assert len(first) == 3


def test_a_record_that_a_killed_process_left_incomplete_is_cut_off(path):
    opened(path).add([1, 2], some(2))
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    assert opened(path).rows(np.array([1, 2], np.uint64)).tolist() == [0, -1]
    opened(path).add([2], some(2)[1:])
    assert path.read_bytes() == whole


def test_a_process_killed_while_it_adds_leaves_whole_vectors(path):
    code = f"""
import numpy as np
from pathlib import Path
from engine.meaning.vector_file import VectorFile
vectors = VectorFile(Path({str(path)!r}))
for n in range(10**6):
    vectors.add([n], np.full((1, 32), n + 1, np.float32))
    print(n, flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(20):
        last = int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()
    vectors = opened(path)
    assert len(vectors) > last
    assert (vectors.rows(np.arange(last + 1).astype(np.uint64)) == np.arange(last + 1)).all()


def test_vectors_of_another_dimension_or_another_file_are_refused(path):
    opened(path).add([1], some(1))
    with pytest.raises(StoreError, match=r"a vector of 16 numbers; those in .* have 32"):
        opened(path).add([2], some(1, 16))
    path.write_bytes(b"something else that is long enough")
    with pytest.raises(StoreError, match="holds no vectors"):
        opened(path)


def test_only_the_vectors_of_the_texts_that_are_left_stay(path):
    vectors = opened(path)
    vectors.add([1, 2, 3, 2], some(4))
    assert vectors.keep(np.array([3, 2, 3, 9], np.uint64)) == 2
    assert opened(path).rows(np.array([1, 2, 3], np.uint64)).tolist() == [-1, 0, 1]
    assert vectors.keep(np.array([2, 3], np.uint64)) == 0


def test_a_vector_without_direction_is_like_no_other(path):
    opened(path).add([1, 2], np.array([[0.0] * 32, some(1)[0]]))
    assert opened(path).similarities(some(1)[0]).round(2).tolist() == [0.0, 1.0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_disk_that_refuses_is_one_clean_line(path):
    path.parent.mkdir()
    path.parent.chmod(0o500)
    with pytest.raises(StoreError, match="vectors"):
        opened(path).add([1], some(1))
