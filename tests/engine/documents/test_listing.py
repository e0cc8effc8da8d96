"""Which files of a folder are documents: ignored, excluded, hidden and linked ones are not."""

import os
from pathlib import Path

import pytest

from engine.documents.listing import Listing, ListingRules, list_files

PLAIN = ListingRules(gitignore=False)


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("text")


def names(listing: Listing, root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in listing.files]


def test_files_are_listed_in_order_without_hidden_ones(tmp_path):
    make(tmp_path, "b.md", "a/z.txt", "a/B.txt", "a/.hidden", ".git/config", "c/d/e.rst")
    assert names(list_files(tmp_path, PLAIN), tmp_path) == ["b.md", "a/B.txt", "a/z.txt", "c/d/e.rst"]
    assert list_files(tmp_path / "b.md", PLAIN).files == [tmp_path / "b.md"]
    assert list_files(tmp_path / "a/.hidden", PLAIN).files == [tmp_path / "a/.hidden"]


def test_links_to_folders_are_not_followed_so_a_loop_ends(tmp_path):
    make(tmp_path, "a/x.txt")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "a/.up").symlink_to(tmp_path)
    assert list_files(tmp_path, PLAIN).files == [tmp_path / "a/up", tmp_path / "a/x.txt"]


def test_ignore_files_count_in_their_folder_and_the_deeper_one_has_the_last_word(tmp_path):
    make(tmp_path, "a.md", "b.log", "dist/app.js", "src/k.py", "src/keep.log", "sub/deep/c.tmp", "sub/deep/d.md")
    (tmp_path / ".gitignore").write_bytes(b"*.log\ndist/\n\xff\n")
    (tmp_path / "src/.gitignore").write_text("!keep.log\n")
    (tmp_path / "sub/.gitignore").write_text("/deep/*.tmp\n")
    listing = list_files(tmp_path, ListingRules())
    assert names(listing, tmp_path) == ["a.md", "src/k.py", "src/keep.log", "sub/deep/d.md"]
    assert listing.left_out == 3
    assert len(list_files(tmp_path, PLAIN).files) == 7


def test_excluded_and_generated_folders_are_counted_as_left_out(tmp_path):
    make(tmp_path, "a.md", "node_modules/x/README.md", "lib/app.min.js", "venv/pyvenv.cfg", "venv/lib/x.py")
    make(tmp_path, "cache/CACHEDIR.TAG", "cache/y.md", "notes/node_modules.md")
    listing = list_files(tmp_path, ListingRules(("node_modules/", "*.min.js")))
    assert names(listing, tmp_path) == ["a.md", "notes/node_modules.md"]
    assert listing.left_out == 4


def test_an_ignore_file_may_bring_back_what_the_setting_excludes(tmp_path):
    make(tmp_path, "drafts/a.md", "drafts/b.md")
    (tmp_path / "drafts/.gitignore").write_text("!a.md\n")
    assert names(list_files(tmp_path, ListingRules(("*.md",))), tmp_path) == ["drafts/a.md"]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path, monkeypatch):
    make(tmp_path, "a.md", "locked/b.md")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    listing = list_files(tmp_path, PLAIN)
    assert names(listing, tmp_path) == ["a.md"]
    assert listing.unreadable == {str(tmp_path / "locked"): "Permission denied"}


@pytest.mark.parametrize("content", ["", "# only a comment\n", "\n\n"])
def test_an_ignore_file_without_patterns_leaves_nothing_out(tmp_path, content):
    make(tmp_path, "a.md")
    (tmp_path / ".gitignore").write_text(content)
    assert list_files(tmp_path, ListingRules()) == Listing([tmp_path / "a.md"])
