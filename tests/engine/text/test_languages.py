"""The language of a text, and what belongs to a language."""

import pytest

from engine.text.languages import STEMMERS, function_words, language_of, stemmer, stop_words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The keeper wound the clock every evening and slept in the tower.", "en"),
        ("Die Wärmepumpe im Keller wurde von der Firma erneuert, und das Dach ist neu.", "de"),
        ("Le gardien a remonté la pendule, et il dort dans la tour.", "fr"),
        ("Насос в подвале починили, а ключи хранятся у сторожа.", "ru"),
        ("Deponun anahtarları görevlide duruyor.", "tr"),
        ("仓库的钥匙由守卫保管。", "zh"),
        ("倉庫の鍵は誰が管理していますか。", "ja"),
        ("창고 열쇠는 누가 보관합니까?", "ko"),
        ("กุญแจอยู่ที่ไหน", "th"),
        ("def area(width, height): return width * height", "en"),
        ("| id | stock |\n| P1 | 12 |", "en"),
        ("", "en"),
        ("12345", "en"),
    ],
)
def test_the_language_of_a_text(text, language):
    assert language_of(text) == language


def test_only_the_beginning_of_a_long_text_is_read():
    german = "Die Pumpe wurde von der Firma erneuert, und das ist gut so. "
    assert language_of(german * 50) == "de"
    assert language_of(german * 50 + "and the rest is English " * 1000) == "de"


def test_each_stemmer_is_there_and_others_are_not():
    assert all(stemmer(language) for language in STEMMERS)
    assert stemmer("zh") is stemmer("xx") is None


def test_function_words_are_not_missed_and_the_short_ones_not_searched_for():
    assert {"wer", "welche", "wurde"} <= function_words("de")
    assert "wer" in stop_words("de")
    assert "welche" not in stop_words("de")
    assert function_words("xx") == frozenset()
    assert stop_words("en") == function_words("en")
