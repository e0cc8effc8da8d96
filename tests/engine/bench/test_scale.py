"""What the measurement at scale says, on a library that can be counted by hand."""

from engine.bench.scale import ALONE, measure_scale, sizes_of
from engine.documents.passages import Passage
from engine.index.retriever import Retriever

PASSAGES = [Passage(f"p{n}", f"p{n}", f"Title {n}", "", 0, 0, f"Heron {n} stood in the reeds.") for n in range(8)]


def reeds(question: str, library: Retriever) -> list[int]:
    return [number for number, _ in library.search({question: 1.0}, 20)]


def test_each_size_has_a_row_for_tantivy_alone_and_one_for_each_way_of_asking():
    asked = []

    def counted(question: str, library: Retriever) -> list[int]:
        asked.append((question, len(library)))
        return reeds(question, library)

    rows = measure_scale("birds", sizes_of(PASSAGES, 30), ["heron", "reed"], {"plain": reeds, "counted": counted})
    assert [(row.method, row.passages) for row in rows] == [(ALONE, 30), ("plain", 30), ("counted", 30)]
    assert {row.dataset for row in rows} == {"birds"}
    assert {row.questions for row in rows} == {2}
    assert asked[-2:] == [("heron", 30), ("reed", 30)]


def test_ratios_are_to_tantivy_alone_at_that_size_and_to_the_first_size():
    sizes = [PASSAGES[:4], PASSAGES]
    alone, ours, larger_alone, larger = measure_scale("birds", sizes, ["heron"], {"plain": reeds})
    assert (alone.index_ratio, alone.disk_ratio, alone.p50_ratio, ours.p50_ratio) == (1, 1, 1, 1)
    assert ours.disk_ratio == round(ours.megabytes / alone.megabytes, 2)
    assert larger.disk_ratio == round(larger.megabytes / larger_alone.megabytes, 2)
    assert larger.index_ratio > 0
    assert larger.p50_ratio > 0
    assert ours.passages_per_s > 0


def test_a_library_is_never_made_smaller():
    assert [len(size) for size in sizes_of(PASSAGES, 3)] == [8]
    assert [len(size) for size in sizes_of(PASSAGES, 12_000)] == [10_000, 12_000]


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    measure_scale("birds", [PASSAGES], ["heron"], {"plain": reeds})
    assert list(tmp_path.iterdir()) == []
