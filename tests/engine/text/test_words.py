"""Words and stems: exact places, one stem a word, and nothing that steers a terminal."""

import random
import unicodedata

import pytest

from engine.text import words as words_module
from engine.text.safe import one_line, printable
from engine.text.words import (
    STOP_WORDS,
    content_stems,
    exact_terms,
    is_unspaced,
    raw_words,
    stemmed,
    stems,
    words,
)

ALPHABET = "abcXYZ éÉßİı½²①㎏ﬁ東京カ。 12 _-.,!?\n\t\u00a0\u2028\u200b'\"()#=*\r\x00\x1b\U0001f600\U0001d400ªºĳǆ"


def random_texts(count: int, length: int) -> list[str]:
    chance = random.Random(7)
    return ["".join(chance.choice(ALPHABET) for _ in range(chance.randint(0, length))) for _ in range(count)]


def test_no_control_character_but_tab_and_line_feed_is_printable():
    control = [chr(code) for code in range(0x10000) if unicodedata.category(chr(code)) == "Cc"]
    assert len(control) == 65
    assert printable("".join(control)) == "\t\n"


@pytest.mark.parametrize(
    "code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x2028, 0x2029, 0xFEFF]
)
def test_what_turns_or_parts_a_line_is_not_printable(code):
    assert printable(f"a{chr(code)}b") == "ab"


@pytest.mark.parametrize("code", [0xD800, 0xDBFF, 0xDC80, 0xDFFF])
def test_half_a_character_is_not_printable(code):
    printable(f"a{chr(code)}b").encode()


def test_an_escape_sequence_loses_its_escape():
    assert printable("\x1b[31mred\x1b[0m \x9b1m") == "[31mred[0m 1m"


def test_what_people_write_stays_printable():
    text = "Łódź, 東京, नमस्ते, עברית, e\u0301, 👩\u200d🔬, \u00a0½ [bold]\ttab\nline"
    assert printable(text) == text


def test_one_line_has_single_blanks_and_no_line_end():
    assert one_line("  a \t\n b\u00a0\r\n\x1b c  ") == "a b c"
    for text in random_texts(300, 80):
        line = one_line(text)
        assert line == line.strip()
        assert len(line.splitlines()) <= 1
        assert "  " not in line
        assert one_line(line) == line


def test_camel_case_is_split_where_a_name_begins():
    assert raw_words("LiHua met WangWei at BBC") == "Li Hua met Wang Wei at BBC".split()
    assert raw_words("LiHua's café_au-lait №5, 東京2020") == [
        "Li",
        "Hua",
        "s",
        "café",
        "au",
        "lait",
        "5",
        "東京",
        "東",
        "京",
        "2020",
    ]


@pytest.mark.parametrize(
    ("texts", "word"),
    [
        (("4,500", "4.500", "4'500", "4\u00a0500", "4500", "4,500.00"), "4500"),
        (("1,234,567", "1.234.567,0", "1234567"), "1234567"),
        (("3,5", "3.5", "3.50"), "3.5"),
        (("v1.20.3", "1.20.3"), "1.20.3"),
        (("192.168.1.10",), "192.168.1.10"),
        (("C++",), "c++"),
        (("C#",), "c#"),
        (("Wärme", "Wa\u0308rme", "W\u00adärme", "WÄRME", "Wär\u200bme"), "warme"),
        (("ﬁn", "fin", "ＦＩＮ"), "fin"),
        (("İzmir", "izmir", "IZMIR"), "izmir"),
        (("مُخْزَن", "مخزن"), "مخزن"),
        (("चाबी",), "चाबी"),
        (("ёлка", "елка"), "елка"),
    ],
)
def test_every_spelling_of_a_word_is_one_word(texts, word):
    assert [words(text) for text in texts] == [[word]] * len(texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("in 2019,2020 or 1,2,3", ["in", "2019", "2020", "or", "1", "2", "3"]),
        ("on 03.07.2025", ["on", "03", "07", "2025"]),
        ("at 10:17", ["at", "10", "17"]),
        ("Costs 4,500.", ["costs", "4500"]),
        ("Foo™ m²", ["foo", "m2"]),
        ("6½ kg", ["6", "kg"]),
        ("C is not C++", ["c", "is", "not", "c++"]),
        ("a#b", ["a", "b"]),
    ],
)
def test_signs_between_words_and_figures(text, expected):
    assert words(text) == expected


def test_scripts_without_spaces_are_found_by_pairs_of_characters():
    assert raw_words("仓库的钥匙") == ["仓库", "库的", "的钥", "钥匙", "仓", "库", "的", "钥", "匙"]
    assert raw_words("ポンプは") == ["ポン", "ンプ", "プは"]
    assert raw_words("열쇠는 있다") == ["열쇠", "쇠는", "있다"]
    assert raw_words("Windows上の") == ["Windows", "上の", "上"]
    assert {"กุ", "ุญ"} <= set(raw_words("กุญแจ"))
    assert [is_unspaced(word) for word in ("上の", "cat", "Łódź", "열쇠")] == [True, False, False, True]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Sensor S-057 and COVID-19, 24/7.", ["s-057", "covid-19", "24/7"]),
        ("and/or well-known", []),
        ("the years 2019-2021, rooms 201-204", ["201-204"]),
        ("s-057 S-057", ["s-057"]),
        ("A-1 ｂ‐2", ["a-1"]),
        ("plain", []),
    ],
)
def test_part_numbers_are_terms_of_their_own(text, terms):
    assert exact_terms(text) == terms
    assert stems(text)[-len(terms) :] == terms if terms else True


def test_a_word_with_a_combining_mark_may_end_in_a_figure():
    assert raw_words("x\u0302\u03042 and 4,500") == ["x\u0302\u03042", "and", "4500"]


def test_words_around_another_script_are_those_of_plain_text():
    plain = "v1.2 runs on 4,500 hosts, C++ and Bob's S-057"
    for text in (f"{plain} 東京 {plain}", f"東京 {plain}", f"{plain} 東京 京都", f"{plain} (東京) {plain} 東京都"):
        ours = [word for word in raw_words(text) if word.isascii()]
        assert ours == raw_words(plain) * text.count(plain)


def test_each_language_has_its_own_stems():
    assert stemmed(["Häuser", "Wärmepumpen", "Waermepumpe"], "de")[1] == ["haus", "warmepump", "warmepump"]
    assert stemmed(["ключи", "ключ"], "ru")[1] == ["ключ", "ключ"]
    assert stemmed(["anahtarı", "anahtarları"], "tr")[1] == ["anahtar", "anahtar"]
    assert stemmed(["钥匙"], "zh")[1] == ["钥匙"]
    assert stemmed(["running"], "xx")[1] == ["running"]


def test_words_are_folded_and_stems_are_cut():
    assert words("The Élan of RUNNING Straße") == ["the", "elan", "of", "running", "strasse"]
    assert stems("running Running runs directors") == ["run", "run", "run", "director"]


def test_content_stems_leave_stop_words_out_by_the_word_not_by_the_stem():
    assert content_stems("Who was the keeper of this light?") == ["keeper", "light"]
    assert "was" in STOP_WORDS
    assert content_stems("Does it do? Being doings") == ["do"]


def test_every_word_has_one_folded_form_and_one_stem():
    for text in [*random_texts(500, 80), "", "...", "ﬁ ½ ① İ ß"]:
        raw = raw_words(text)
        folded, stem = stemmed(raw)
        assert len(raw) == len(folded) == len(stem)
        assert all(folded)
        assert all(stem)


def test_words_that_many_signs_join_are_read_once():
    assert list(words_module._chunks("see a-1/b-2 and s-057 or -x y-")) == ["a-1/b-2", "s-057", "-x"]
