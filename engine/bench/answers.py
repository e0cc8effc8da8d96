"""Measures answers on questions with known answers: whether they hold the answer, where, in how many words."""

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from engine.answer.citations import ABSTENTION, resolve_citations
from engine.answer.prompt import send_prompt_to_ollama
from engine.answer.quotation import Quotation
from engine.bench.dataset import Dataset, Query, indexed
from engine.bench.memory_roster import MemoryRoster
from engine.bench.statistics import median_and_p95
from engine.errors import LanguageModelError
from engine.index.catalogue import Progress
from engine.index.retriever import Retriever
from engine.model.client import LanguageModel
from engine.personas.persona import RosterEntry
from engine.question.question import read_question
from engine.run.orchestrator import MoeOrchestrator
from engine.settings.settings import Settings
from engine.text.sentences import sentence_spans

_RAG_PASSAGES = 5  # of the baseline `plain-rag`
_MARK = re.compile(r"\s*\[\d+\]")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")  # no blanks


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A method on a data set: shares in percent, `words` on average, `p50_ms` a question.

    Of the answerable questions: `shown`, an accepted answer stands in the text; `first`, in the first quotation or
    sentence; `exact`, the text is an accepted answer; `f1`, the words that both have; `gold_cited`, the needed passages
    that are cited; `false_abstentions`, no answer was given. `right_abstentions` is the share of the unanswerable
    questions without an answer, None if there are none; `abstained` that of all questions.
    """

    dataset: str
    method: str
    questions: int
    shown: float
    first: float
    f1: float
    exact: float
    gold_cited: float
    abstained: float
    false_abstentions: float
    right_abstentions: float | None
    words: float
    p50_ms: float


@dataclass(frozen=True, slots=True)
class Shown:
    """What a method shows: the whole text, its first quotation or sentence, and the ids of the cited passages."""

    text: str = ""
    first: str = ""
    cited: tuple[str, ...] = ()


Method = Callable[[Query, Retriever], Awaitable[Shown]]


async def measure_answers(
    dataset: Dataset,
    entries: Sequence[RosterEntry],
    settings: Settings,
    model: LanguageModel | None = None,
    *,
    progress: Progress = lambda _done, _total, _label: None,
) -> list[AnswerRow]:
    """Return a row for each method.

    `extractive` is a whole run without a model, `bm25-passage` shows the first passage of a plain search whole. With a
    model also `model`, a whole run with it, and `plain-rag`, its answer from the first five passages of a plain search.
    Each question meets the personas as they are in `entries`. A request that fails counts as an abstention.
    """
    methods: dict[str, Method] = {"extractive": _run(entries, settings, None), "bm25-passage": _best_passage}
    if model is not None:
        methods |= {"model": _run(entries, settings, model), "plain-rag": _plain_rag(model)}
    rows = list[AnswerRow]()
    total = len(methods) * len(dataset.queries)
    with indexed(dataset) as library:
        for name, answer in methods.items():
            shown, times = list[Shown](), list[float]()
            await answer(dataset.queries[0], library.library(dataset.queries[0]))  # it also imports modules
            for query in dataset.queries:
                progress(len(rows) * len(dataset.queries) + len(shown), total, f"{dataset.name} {name}")
                started = time.perf_counter()
                shown.append(await answer(query, library.library(query)))
                times.append((time.perf_counter() - started) * 1000)
            rows.append(_row(dataset, name, shown, times))
    return rows


def _row(dataset: Dataset, name: str, shown: Sequence[Shown], times: Sequence[float]) -> AnswerRow:
    pairs = list(zip(dataset.queries, shown, strict=True))
    answerable = [(query, one) for query, one in pairs if query.gold]
    unanswerable = [one for query, one in pairs if not query.gold]
    answered = [one.text for _, one in pairs if one.text]
    return AnswerRow(
        dataset=dataset.name,
        method=name,
        questions=len(pairs),
        shown=_percent(holds(one.text, query.answers) for query, one in answerable),
        first=_percent(holds(one.first, query.answers) for query, one in answerable),
        f1=_percent(token_f1(_unmarked(one.text), query.answers) for query, one in answerable),
        exact=_percent(_plain(_unmarked(one.text)) in map(_plain, query.answers) for query, one in answerable),
        gold_cited=_percent(len({*query.gold} & {*one.cited}) / len({*query.gold}) for query, one in answerable),
        abstained=_percent(not one.text for one in shown),
        false_abstentions=_percent(not one.text for _, one in answerable),
        right_abstentions=_percent(not one.text for one in unanswerable) if unanswerable else None,
        words=round(fmean(len(words(_unmarked(text))) for text in answered), 1) if answered else 0.0,
        p50_ms=round(median_and_p95(times)[0], 3),
    )


def _percent(shares: Iterable[float]) -> float:
    return round(100 * fmean([*shares] or [0.0]), 2)


# -- the methods ------------------------------------------------------------------------------------------


def _run(entries: Sequence[RosterEntry], settings: Settings, model: LanguageModel | None) -> Method:
    async def answer(query: Query, library: Retriever) -> Shown:
        orchestrator = MoeOrchestrator(
            query.question,
            library,
            MemoryRoster(entries),
            settings,
            emit=lambda _event: None,
            run_id="bench",
            language_model=model,
        )
        written = await orchestrator.run()
        if written.abstained:
            return Shown()
        first = _first_sentence(written.answer) if model is not None else written.citations[0].quote
        return Shown(written.answer, first, tuple(citation.passage for citation in written.citations))

    return answer


async def _best_passage(query: Query, library: Retriever) -> Shown:
    passages = _searched(query.question, library, 1)
    return Shown(passages[0].text, passages[0].text, (passages[0].passage.id,)) if passages else Shown()


def _plain_rag(model: LanguageModel) -> Method:
    async def answer(query: Query, library: Retriever) -> Shown:
        passages = _searched(query.question, library, _RAG_PASSAGES)
        context = "\n\n".join(f"[{n}] {q.passage.title}: {q.text}" for n, q in enumerate(passages, 1))
        try:
            text = await send_prompt_to_ollama(context, query.question, model)
        except LanguageModelError:
            return Shown()
        if ABSTENTION.rstrip(".") in text:
            return Shown()
        cited = resolve_citations(text, passages, query.question).citations
        return Shown(text, _first_sentence(text), tuple(citation.passage for citation in cited))

    return answer


def _searched(question: str, library: Retriever, count: int) -> list[Quotation]:
    numbers = [number for number, _ in library.search(read_question(question, library).search_terms(), count)]
    passages = [(number, library.open(number).passage) for number in numbers]
    return [Quotation(number, passage, passage.start, passage.end) for number, passage in passages]


def _first_sentence(text: str) -> str:
    return next((text[start:end] for start, end in sentence_spans(text)), "")


# -- comparing texts --------------------------------------------------------------------------------------


def holds(text: str, answers: Sequence[str]) -> bool:
    """Tell whether one of the answers stands in a text, as whole words, without regard to case and punctuation."""
    plain = f" {_plain(text)} "
    return any(bool(key := _plain(answer)) and _within(key, plain) for answer in answers)


def token_f1(text: str, answers: Sequence[str]) -> float:
    """Return the highest F1, in [0, 1], of the words of a text against one of the answers, as SQuAD counts it.

    Rajpurkar et al., SQuAD (EMNLP 2016); words are those of `words`.
    """
    return max((_f1(words(text), words(answer)) for answer in answers), default=0.0)


def words(text: str) -> list[str]:
    """Return the words of a text in small letters, without articles; each character of an unspaced script is one."""
    spaced = _UNSPACED.sub(lambda match: f" {match[0]} ", _plain(text))
    return [word for word in spaced.split() if word not in {"a", "an", "the"}]


def _within(key: str, plain: str) -> bool:
    return key.replace(" ", "") in plain.replace(" ", "") if _UNSPACED.search(key) else f" {key} " in plain


def _f1(shown: Sequence[str], accepted: Sequence[str]) -> float:
    common = sum((Counter(shown) & Counter(accepted)).values())
    return 2 * common / (len(shown) + len(accepted)) if common else 0.0


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(char if char.isalnum() or char == "%" else " " for char in folded).split())


def _unmarked(text: str) -> str:
    return _MARK.sub("", text)
