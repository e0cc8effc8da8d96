"""Questions from the titles of a library."""

import pytest

from engine.index.catalogue import KnownFile
from tui.session.suggested_questions import MOST_FOLDERS, MOST_OF_FOLDER, question_about, questions_about

LONG = KnownFile(size=1, mtime_ns=1, passages=3, words=400)
TITLES = {"canvas": "Canvas", "daily notes": "Daily notes", "how to begin": "How to begin"}


def titles(key: str) -> list[str]:
    return [title for name, title in TITLES.items() if name.startswith(key)]


@pytest.mark.parametrize(
    ("title", "question"),
    [("Canvas", "What is Canvas about?"), ("How to begin", "How to begin?"), ("What is new?", "What is new?")],
)
def test_a_title_becomes_a_question(title, question):
    assert question_about(title) == question


def test_each_folder_has_its_turn_and_only_files_named_by_their_title_are_asked():
    files = {
        "/a/canvas.md": LONG,
        "/a/daily-notes.md": KnownFile(size=1, mtime_ns=1, passages=9, words=300),
        "/b/How to begin.md": KnownFile(size=1, mtime_ns=1, passages=1, words=200),
        "/b/short.md": KnownFile(size=1, mtime_ns=1, passages=1, words=5),
        "/b/2024.md": LONG,
        "/c/picture.png": KnownFile(size=1, mtime_ns=1, reason="binary"),
    }
    questions = ["What is Canvas about?", "How to begin?", "What is Daily notes about?"]
    assert questions_about(files, titles, 8) == questions
    assert questions_about(files, titles, 1) == questions[:1]


def test_few_titles_of_a_large_library_are_looked_up():
    looked_up: list[str] = []
    files = {f"/{folder}/file {name}.md": LONG for folder in range(50) for name in range(50)}

    def no_titles(key: str) -> list[str]:
        looked_up.append(key)
        return []

    assert questions_about(files, no_titles, 8) == []
    assert len(looked_up) == MOST_FOLDERS * MOST_OF_FOLDER + 1
    assert looked_up[-1] == ""  # any titles, since none of them is the name of a file


def test_where_no_file_is_named_by_its_title_the_first_subjects_are_asked():
    subjects = ["Minutes of the board, 4 March", "Re: Minutes", "42", "a lower one", "One " * 9, "Band for the party"]
    questions = ["What is Minutes of the board, 4 March about?", "What is Band for the party about?"]
    assert questions_about({"/mail/club.mbox": LONG}, lambda key: [] if key else subjects, 8) == questions
    assert questions_about({"/mail/club.mbox": LONG}, lambda key: [] if key else subjects, 1) == questions[:1]


def test_titles_in_scripts_without_capital_letters_are_asked_in_their_own_words():
    subjects = [
        "关于租船费用的通知",
        "回复：租船费用",
        "会议" * 13,
        "قائمة الأعضاء",
        "회의록 3월",
        "ประชุมใหญ่",
        "春季比赛安排。",
    ]
    questions = ["关于租船费用的通知？", "قائمة الأعضاء؟", "회의록 3월?", "ประชุมใหญ่?", "春季比赛安排？"]
    assert questions_about({"/mail/club.mbox": LONG}, lambda key: [] if key else subjects, 8) == questions
    assert questions_about({"/n/租船费用.md": LONG}, lambda key: ["租船费用"] if key else [], 8) == ["租船费用？"]
