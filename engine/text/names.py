"""Find the names in a passage at ingest, and make the keys under which names are looked up.

Each passage is analysed by itself, without a model and without the other passages.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise
from typing import Any, NamedTuple

from engine.text.dates import date_terms
from engine.text.languages import ENGLISH
from engine.text.sentences import sentence_spans
from engine.text.words import STOP_WORDS, exact_terms, is_camel_case, raw_words, stemmed, stems, words, words_of_pieces

CONNECTORS = frozenset(
    """of the de la le les del della di da do dos das du des van von der den zu y e and in on at for to a an al el bin
    ibn""".split()
)
_ARTICLES = frozenset({"the", "a", "an"})
_INNER = CONNECTORS | {"s"}  # words that may stand between the name words of a name
_PARENTHESES = re.compile(r"\s*\([^)]*\)")
_MAX_NAME = 8  # words of the longest name that is a whole run
_MAX_PART = 6  # words of the longest name that is a part of a longer run
_SHORTEST = 3  # letters of the shortest name of one word
_RUN = re.compile("N(?:c{0,2}N)*")  # over the flags of words (`_flag`): N is a name word, c a connector


NameSpan = tuple[int, int, float]
"""First word of a name in its passage, one past its last word, and its share of its run, in (0, 1]."""


class Analysis(NamedTuple):
    """What the index keeps of a passage beside its text. Sentence 0 is its title and heading.

    `roots` are the roots of all its words, in order, then of its date terms; `sentence_ends[i]` is one past the last
    word of sentence i; `runs` are the encoded runs of name words (`_Forms`) outside sentence 0, `starts` the numbers
    of their first words.
    """

    roots: list[str]
    sentence_ends: list[int]
    starts: list[int]
    runs: list[str]


# Stems of irregular verbs and nouns; the first form of each represents the others.
_IRREGULAR = """
begin began begun; bear bore born borne; becom becam; bind bound; bite bitten bit; break broke broken; bring brought;
build built; buy bought; catch caught; choos chose chosen; come came; draw drew drawn; drive drove driven; eat ate
eaten; fall fell fallen; feed fed; fight fought; flee fled; fli flew flown; forbid forbad; forget forgot; give gave
given; go went gone; grow grew grown; hang hung; hear heard; hide hid hidden; hold held; keep kept; know knew known;
lay laid; lead led; leav left; lend lent; lose lost; make made; mean meant; meet met; pay paid; rise rose risen; ride
rode ridden; ring rang rung; run ran; see saw seen; seek sought; sell sold; send sent; shine shone; shoot shot; show
shown; sing sang sung; sink sank sunk; sit sat; sleep slept; speak spoke spoken; spend spent; stand stood; steal stole
stolen; strike struck; swear sworn; swim swam; take took taken; teach taught; tell told; think thought; throw threw
thrown; wear wore worn; weav wove woven; win won; write wrote written
"""
# Stems of words that the walk keeps apart, but that are one word to a person.
_MORE_FORMS = """
child children; foot feet; goos gees; knife knive; leaf leav; life live; loaf loav; man men; mous mice; person peopl;
shelf shelv; thief thiev; tooth teeth; wife wive; wolf wolv; woman women; half halv; calf calv; scarf scarv; ox oxen;
freez froze frozen; wake woke woken; shake shook shaken; tear tore torn; drink drank drunk; blow blew blown; stick
stuck; dig dug; feel felt; deal dealt; dream dreamt; learn learnt; burn burnt; spell spelt; spill spilt; light lit;
creep crept; sweep swept; kneel knelt; cling clung; swing swung; wring wrung; string strung; grind ground; wind wound;
undergo underw undergon; overcom overcam; withdraw withdrew withdrawn; understand understood; get got gotten; say said;
bend bent; spring sprang sprung; swell swollen; spit spat; shrink shrank shrunk; stink stank stunk; saw sawn; sew sewn;
sow sown; prove proven; breed bred; bleed bled; speed sped; slide slid; forgiv forgav forgiven; mistak mistook mistaken;
shoe shod; good better best; bad wors worst; far further furthest
"""
_OTHER_FORMS = {form: group.split() for group in _MORE_FORMS.split(";") for form in group.split()}
_LEMMA = {form: forms.split()[0] for forms in _IRREGULAR.split(";") for form in forms.split()}
_Forms = tuple[str, str, str, str]
"""Folded word (a connector's with an underscore in front, which no word contains), stem, root, flag (`_flag`)."""
_WORDS: dict[str, dict[str, _Forms]] = {}  # by language and word as written, shared by all passages
_CACHED = 200_000


@lru_cache(maxsize=100_000)
def root(stem: str) -> str:
    """Return the form that related stems share: those of `director` and `directed`, or of `began` and `begun`."""
    if stem in _LEMMA:
        return _LEMMA[stem]
    return stem[:-2] if len(stem) >= 6 and stem.endswith(("er", "or")) else stem  # noqa: PLR2004 - not "her", "order"


def roots(text: str, language: str = ENGLISH) -> list[str]:
    """Return the roots of the search terms of `text` (`engine.text.words.stems`)."""
    return [root(stem) for stem in stems(text, language)]


def related_stems(stem: str) -> list[str]:
    """Return the other English stems with the root of this one: of `take` that of `took`, of `direct` of `director`."""
    shared = root(stem)
    irregular = [form for form, lemma in _LEMMA.items() if lemma == shared] + _OTHER_FORMS.get(stem, [])
    return [form for form in dict.fromkeys((shared, *irregular, f"{shared}or", f"{shared}er")) if form != stem]


def name_key(name: str) -> str:
    """Return the key of a name: its folded words, without a leading article."""
    parts = words(name)
    return " ".join(parts[1:] if len(parts) > 1 and parts[0] in _ARTICLES else parts)


def title_keys(*titles: str) -> list[str]:
    """Return the keys under which a passage with these titles is found: each title with and without parentheses."""
    forms = (form for title in titles if title for form in (title, _PARENTHESES.sub("", title)))
    return list(dict.fromkeys(key for key in map(name_key, dict.fromkeys(forms)) if key))


def analyse(
    title: str,
    text: str,
    language: str = ENGLISH,
    *,
    spans: Sequence[tuple[int, int]] | None = None,
    context: str = "",
) -> tuple[Analysis, list[str], list[str]]:
    """Return the analysis of a passage, the stems of its words, and the terms of its dates and part numbers.

    `spans` are its sentences, by default those of the text. `context` counts like a sentence after the last one.
    """
    spans = list(sentence_spans(text)) if spans is None else spans
    pieces = [title, *(text[start:end] for start, end in spans)]
    if context:
        pieces.append(context)
        text = f"{text}\n{context}"
    raw, ends = words_of_pieces(pieces)
    forms = _forms(raw, language)
    if forms is None:
        raw, ends = _camel_case_split(raw, ends)
        forms = _forms(raw, language) or []
    encoded, stems, roots, flags = zip(*forms, strict=True) if forms else ((), (), (), ())
    whole = f"{title}\n{text}"
    exact = date_terms(whole, raw) + exact_terms(whole)
    line = "".join(flags)
    run_spans = [run.span() for a, b in pairwise(ends) for run in _RUN.finditer(line, a, b)]
    runs = [" ".join(encoded[a:b]) for a, b in run_spans]
    return Analysis([*roots, *exact], ends, [a for a, _ in run_spans], runs), list(stems), exact


def written_words(pieces: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the words of the title and the sentences of a passage as written, and where each piece ends.

    They have the numbers that `analyse` gives them.
    """
    raw, ends = words_of_pieces(pieces)
    return _camel_case_split(raw, ends) if any(map(is_camel_case, raw)) else (raw, ends)


def _camel_case_split(raw: list[str], ends: list[int]) -> tuple[list[str], list[int]]:
    raws = [raw_words(" ".join(raw[start:end])) for start, end in pairwise([0, *ends])]
    return list(chain.from_iterable(raws)), list(accumulate(map(len, raws)))


def _forms(raw: list[str], language: str) -> list[_Forms] | None:
    """Return the forms of each word; None if one of them must be split first."""
    known = _WORDS.setdefault(language, {})
    forms: list[Any] = list(map(known.get, raw))
    if None not in forms:
        return forms
    new = list({word for word, form in zip(raw, forms, strict=True) if form is None})
    if any(map(is_camel_case, new)):
        return None
    folded, stems = stemmed(new, language)
    flags = list(map(_flag, new))
    encoded = [f"_{word}" if flag == "c" else word for word, flag in zip(folded, flags, strict=True)]
    fresh = dict(zip(new, zip(encoded, stems, map(root, stems), flags, strict=True), strict=True))
    if len(known) < _CACHED:
        known.update(fresh)  # never emptied: another thread may be reading it
    return [form or fresh[word] for word, form in zip(raw, forms, strict=True)]


def mentions_in(starts: Sequence[int], runs: Sequence[str]) -> list[tuple[str, list[NameSpan]]]:
    """Return the keys of the names in encoded runs with their spans, longest first; `starts` as in `Analysis`."""
    spans: dict[str, list[NameSpan]] = {}
    for offset, run in zip(starts, runs, strict=True):
        for key, a, b, share in _names_in(run):
            span = (offset + a, offset + b, share)
            if key in spans:
                spans[key].append(span)
            else:
                spans[key] = [span]
    return sorted(spans.items(), key=_longest_first)


def _longest_first(mention: tuple[str, list[NameSpan]]) -> tuple[int, int]:
    start, end, _ = mention[1][0]
    return start - end, start


def mention_terms(runs: Iterable[str]) -> list[str]:
    """Return the terms by which a passage with these encoded runs is found for any name in them, each once.

    They are its names of one word, and its pairs: from one name word to the next, or to a later one if all words
    between are connectors. A longer name is found by its pairs (`name_pairs`), so that a run costs no square of terms.
    """
    single: list[str] = []
    pairs: list[str] = []
    for run in runs:
        if " " not in run:
            single.append(run)
            continue
        words, heads = _words_in(run)
        if _INNER.isdisjoint(words):
            single += words
            pairs += map(" ".join, pairwise(words))
        else:
            single += [words[k] for k in heads]
            pairs += _pairs_of(words, heads)
    return list(dict.fromkeys([*pairs, *filter(_stands_alone, single)]))


def _pairs_of(words: Sequence[str], heads: Sequence[int]) -> Iterator[str]:
    """Yield the pairs of a run with these name words that do not start with an article."""
    for number, first in enumerate(heads):
        if words[first] in _ARTICLES:
            continue
        for last in heads[number + 1 :]:
            if last - first >= _MAX_PART:
                break
            yield " ".join(words[first : last + 1])
            if words[last] not in _INNER:
                break


def name_pairs(key: str) -> Iterator[str]:
    """Yield the `mention_terms` that a passage has if it mentions this name; a name of one word is its own term."""
    words, start = key.split(" "), 0
    for end in range(1, len(words) - 1):
        if words[end] not in _INNER:
            yield " ".join(words[start : end + 1])
            start = end
    yield " ".join(words[start:])


def name_runs(raw: list[str]) -> Iterator[tuple[int, int]]:
    """Yield start and end of the longest runs of capitalised words and numbers, at most two connectors in a row."""
    return (run.span() for run in _RUN.finditer("".join(map(_flag, raw))))


@lru_cache(maxsize=50_000)
def _flag(word: str) -> str:
    if is_name_word(word):
        return "N"
    return "c" if word in _INNER else "."


def is_name_word(word: str) -> bool:
    """Tell whether a name may begin or end with this word."""
    return word[0].isupper() or word[0].isdigit()


@lru_cache(maxsize=20_000)
def _names_in(run: str) -> tuple[tuple[str, int, int, float], ...]:
    """Return every name in an encoded run: key, first word, one past its last word, and its share of the run."""
    words, heads = _words_in(run)
    parts = [part for part in _parts(heads, len(words)) if _is_name(words, *part[:2])]
    return tuple((" ".join(words[a:b]), a, b, share) for a, b, share in parts)


def _words_in(run: str) -> tuple[list[str], tuple[int, ...]]:
    """Return the words of an encoded run, and the numbers of the name words among them."""
    pieces = run.split(" ")
    if "_" not in run:
        return pieces, tuple(range(len(pieces)))
    heads = tuple(k for k, piece in enumerate(pieces) if piece[0] != "_")
    return run.replace("_", "").split(" "), heads


def _is_name(words: list[str], a: int, b: int) -> bool:
    """Tell whether a part of a run is a name: one of several words must not start with an article."""
    return words[a] not in _ARTICLES if b - a > 1 else _stands_alone(words[a])


@lru_cache(maxsize=50_000)
def _stands_alone(word: str) -> bool:
    """Tell whether a single word can be a name: a number, an initial or a stop word such as `He` is none."""
    return len(word) >= _SHORTEST and word not in STOP_WORDS and not word[0].isdigit()


@lru_cache(maxsize=10_000)
def _parts(heads: tuple[int, ...], length: int) -> list[tuple[int, int, float]]:
    """Return every part of a run that begins and ends in a name word, with its share; the whole run included."""
    spans = [(a, b + 1) for first, a in enumerate(heads) for b in heads[first:]]
    return [(a, b, (b - a) / length) for a, b in spans if b - a <= (_MAX_NAME if b - a == length else _MAX_PART)]
