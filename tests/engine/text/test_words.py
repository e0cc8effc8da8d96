"""Words, stems and sentences: exact places, one stem a word, and nothing that steers a terminal."""

import random
import time
import unicodedata

import pytest

from engine.text.safe import one_line, printable
from engine.text.sentences import sentence_spans
from engine.text.words import STOP_WORDS, content_stems, raw_words, stemmed, stems, words

ALPHABET = "abcXYZ éÉßİı½²①㎏ﬁ東京カ。 12 _-.,!?\n\t\u00a0\u2028\u200b'\"()#=*\r\x00\x1b\U0001f600\U0001d400ªºĳǆ"


def random_texts(count: int, length: int) -> list[str]:
    chance = random.Random(7)
    return ["".join(chance.choice(ALPHABET) for _ in range(chance.randint(0, length))) for _ in range(count)]


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


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
    assert raw_words("LiHua's café_au-lait №5, 東京2020") == ["Li", "Hua", "s", "café", "au", "lait", "5", "東京2020"]


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ('"Yes." (Maybe.) So.', ['"Yes."', "(Maybe.)", "So."]),
        ("“Go.” “Stay.”", ["“Go.”", "“Stay.”"]),
        ("Dr. Smith met J. K. Rowe. He left.", ["Dr. Smith met J. K. Rowe.", "He left."]),
        ("See No. 5, c. 1815, vs. Vane.", ["See No. 5, c. 1815, vs. Vane."]),
        ("It cost 3.5 pounds. 1848 was dry.", ["It cost 3.5 pounds.", "1848 was dry."]),
        ("e.g. this stays. and this", ["e.g. this stays. and this"]),
        ("A line\nand its end\n\nNew block", ["A line\nand its end", "New block"]),
        ("Buy:\n- salt\n* rope\n1. tar\n2) oil", ["Buy:", "- salt", "* rope", "1. tar", "2) oil"]),
        ("Ann Lee: hello\nBob: hi there\nand more", ["Ann Lee: hello", "Bob: hi there\nand more"]),
        ("  padded.  \n ", ["padded."]),
        ("It ended. Éva left.", ["It ended.", "Éva left."]),
        ("It ended... Then more.", ["It ended...", "Then more."]),
        ("東京は首都です。大阪は違います。", ["東京は首都です。大阪は違います。"]),
        ("", []),
        (" \n\n\t ", []),
    ],
)
def test_where_sentences_end(text, expected):
    assert sentences(text) == expected


def test_sentences_hold_every_visible_character_once_and_in_order():
    for text in random_texts(800, 120):
        spans = list(sentence_spans(text))
        at = 0
        for start, end in spans:
            assert at <= start < end <= len(text)
            assert text[at:start].strip() == ""
            assert text[start:end] == text[start:end].strip()
            at = end
        assert text[at:].strip() == ""


def test_a_long_run_of_blanks_takes_no_long_time():
    blanks = " " * 300_000  # one pass takes 10 ms, a pass for each blank takes minutes
    started = time.process_time()
    assert sentences(f"a{blanks}b") == [f"a{blanks}b"]
    assert time.process_time() - started < 5
