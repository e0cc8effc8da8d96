"""Sentences end where a reader of their script sees an end."""

import random
import time

import pytest

from engine.text.sentences import sentence_spans

ALPHABET = "abcXYZ éßİ½東京カ。？」「։؟ 12 _-.,!?;\n\t\u00a0\u2028\u200b'\"()#=*\r\x00\U0001f600α"


def random_texts(count: int, length: int) -> list[str]:
    chance = random.Random(7)
    return ["".join(chance.choice(ALPHABET) for _ in range(chance.randint(0, length))) for _ in range(count)]


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Dr. Smith came on Jan. 5.", 'He said "Hello."', "Then he left."],
        ["我在北京。", "你在哪里？", "“他说好。”", "价格３．５元。"],
        ["彼は「そうだ。」と言った。", "本当？！", "はい。"],
        ["राम घर गया।", "वह खुश था।", "ठीक है?"],
        ["كيف حالك؟", "أنا بخير.", "شكرا."],
        ["یہ گھر ہے۔", "وہ آیا۔"],
        ["Սա տուն է։", "Նա եկավ։"],
        ["ይህ ቤት ነው።", "እሱ መጣ።"],
        ["သူသွားသည်။", "သူလာသည်။"],
        ["Πού είσαι;", "Εδώ είμαι."],
        ["А. С. Пушкин родился в 1799 г. в Москве.", "Он писал стихи, т. е. поэзию.", "Это всё."],
        ["Am 3. Juli 2025 kam z. B. Dr. Meier.", "Im 19. Jahrhundert war das anders.", "Er sagte: „Ja.“", "»Nein.«"],
        ["¿Dónde está?", "¡Aquí!", "«Sí.»", "Dijo."],
        ["Il est parti.", "École fermée."],
        ["Přišel. řekl.", "Ďábel odešel."],
        ["She went to the Museum of Art.", "Élan followed."],
    ],
)
def test_each_script_has_its_own_ends(sentences):
    for joint in (" ", "" if sentences[0][0] > "\u2e80" else "\n"):
        assert split(joint.join(sentences)) == sentences


def test_spans_are_in_order_and_hold_everything_but_blanks():
    text = " Ab. Cd!\n\n- e\n- f 。g ？h"
    spans = list(sentence_spans(text))
    assert [text[start:end] for start, end in spans] == ["Ab.", "Cd!", "- e", "- f 。", "g ？", "h"]
    assert "".join(text[start:end] for start, end in spans).replace(" ", "") == "".join(text.split())


@pytest.mark.parametrize(
    "unit", ["。", "。”", "“我。", "é. ", "É. A", "a. é", "; α", ".           é", "(Ab. é", "3. é", "!\u3000"]
)
def test_no_text_takes_more_than_linear_time(unit):
    def seconds(length: int) -> float:
        start = time.process_time()
        sum(1 for _ in sentence_spans(unit * (length // len(unit))))
        return time.process_time() - start

    seconds(1000)
    assert seconds(200_000) < 100 * max(seconds(20_000), 0.001)


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
        ("東京は首都です。大阪は違います。", ["東京は首都です。", "大阪は違います。"]),
        ("", []),
        (" \n\n\t ", []),
    ],
)
def test_where_sentences_end(text, expected):
    assert split(text) == expected


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
    assert split(f"a{blanks}b") == [f"a{blanks}b"]
    assert time.process_time() - started < 5
