"""The index in an OpenSearch cluster: as the embedded one in every look-up, and clear when something is missing."""

import itertools
import json
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.errors import InputError, LibraryError
from engine.index.library import Library
from engine.index.opensearch import index as index_module
from engine.index.opensearch.connection import Connection
from engine.index.opensearch.index import OpenSearchIndex
from engine.index.opensearch.login import PASSWORD
from engine.index.search_index import Search
from engine.mixture.panel import Panel
from engine.personas.persona import persona_from_json
from engine.personas.traits import needs_vectors
from engine.settings.settings import OpenSearch, System
from engine.shipped import shipped
from tests.support import ROOT
from tests.support.certificate import certificate
from tests.support.opensearch_server import free_port
from tui.session.library import sample_library

_NAMES = itertools.count()


def ranking(question: str, retriever: Any) -> dict[str, float]:
    """The fused ranking of all shipped personas, with scores, by passage id."""
    files = sorted(shipped("personas").glob("*/*.json"))
    personas = [persona_from_json(json.loads(path.read_text()), where=path.name) for path in files]
    panel = Panel(question, retriever)
    panel.send_all([(persona, 1.0) for persona in personas if not needs_vectors(persona)])
    return {panel.passage(number).id: score for number, score in panel.fused().items()}


def cluster(url: str, **changes: Any) -> OpenSearch:
    return OpenSearch(hosts=(url,), index=f"test-{next(_NAMES)}-{free_port()}", **changes)


def questions() -> list[str]:
    return [entry["question"] for entry in json.loads(shipped("db/sample_questions.json").read_bytes())][:5]


class Both:
    """A library that is indexed here, and in a cluster."""

    def __init__(self, folder: Path, documents: Path, settings: OpenSearch) -> None:
        self.documents = documents
        self.here = Library(folder / "here", System())
        self.there = Library(folder / "there", System(), settings)
        self.ingest()

    def ingest(self) -> None:
        reports = [library.ingest([self.documents]) for library in (self.here, self.there)]
        assert reports[0] == reports[1]

    def ids(self, library: Library, numbers: Any) -> list[str]:
        return [library.index.open(number).passage.id for number in numbers]

    def check(self) -> None:
        """Compare every look-up, and whole panels."""
        here, there = self.here.retriever(), self.there.retriever()
        assert len(there) == len(here)
        assert there.mean_length == pytest.approx(here.mean_length)
        assert there.languages == here.languages
        files = sorted(self.here.indexed_files)[:2]
        names = [name for file in files for number in here.index.under(file, 3)
                 for name, _ in here.open(number).mentions][:80]  # fmt: skip
        stems = ["lighthous", "keeper", "1894", "strike", "nowhere", "boat"]
        assert there.name_frequencies(names) == here.name_frequencies(names)
        terms = [(stem, language) for stem in stems for language in ("", "en")]
        counts, expected = there.count(terms, names[:20]), here.count(terms, names[:20])
        assert counts[:2] == expected[:2]
        assert [self.ids(self.there, t) for t in counts.titled] == [self.ids(self.here, t) for t in expected.titled]
        searches = [Search({stem: 1.0, "keeper": 0.5}, 8, name) for stem in stems for name in ("", *names[:4])]
        for hits, expected_hits in zip(there.look_up(searches).hits, here.look_up(searches).hits, strict=True):
            assert self.ids(self.there, [n for n, _ in hits]) == self.ids(self.here, [n for n, _ in expected_hits])
            assert [score for _, score in hits] == pytest.approx([score for _, score in expected_hits], rel=1e-5)
        assert there.similar("lighthuse") == here.similar("lighthuse")
        for file in files:
            passages = [self.ids(library, library.index.under(file, 99)) for library in (self.here, self.there)]
            assert passages[0] == passages[1]
            assert [p.passage.id for p in self.there.index.some_under(file, [0])] == passages[0][:1]
            first = here.index.under(file, 1)[0]
            assert self.there.index.find(passages[0][0], "") == here.open(first).passage
            title = here.open(first).passage.title
            assert self.there.titles(title[:5].casefold()) == self.here.titles(title[:5].casefold())
        assert self.there.index.find("/nowhere#1", "") is None
        for question in questions():
            fused, expected_ranking = ranking(question, there), ranking(question, here)
            assert list(fused) == list(expected_ranking)
            assert list(fused.values()) == pytest.approx(list(expected_ranking.values()), rel=1e-5)


@pytest.mark.opensearch
def test_every_look_up_and_ranking_is_that_of_the_embedded_index_also_after_changes(tmp_path, opensearch):
    documents = Path(shutil.copytree(sample_library(), tmp_path / "documents"))
    both = Both(tmp_path, documents, cluster(opensearch))
    both.check()
    index: Any = both.there.index
    rounds = []
    retriever = both.there.retriever()
    for question in questions():
        before = index.connection.rounds
        ranking(question, retriever)
        rounds.append(index.connection.rounds - before)
    assert sorted(rounds)[len(rounds) // 2] <= 8
    first, second, third = sorted(documents.rglob("*.md"))[:3]
    first.unlink()
    second.write_text("# Changed\n\nYsolde Marrak keeps a lighthouse of glass.\n", "utf-8")
    (documents / "new.md").write_text("# New\n\nA keeper of the Net Strike came in 1894.\n", "utf-8")
    both.ingest()
    assert index.under(str(first), 1) == []
    both.check()
    third.write_text("", "utf-8")
    both.ingest()
    both.check()
    assert both.there.remove(str(documents)) == both.here.remove(str(documents))
    assert len(both.there.index) == len(both.here.index) == 0


@pytest.mark.opensearch
def test_where_many_documents_were_replaced_the_counts_are_those_of_a_new_index(tmp_path, opensearch):
    documents = Path(shutil.copytree(sample_library(), tmp_path / "documents"))
    both = Both(tmp_path, documents, cluster(opensearch))
    files = sorted(documents.rglob("*.md"))
    for file, other in zip(files[::3], files[1::3], strict=False):
        file.write_text(f"{file.read_text('utf-8')}\n\n{other.read_text('utf-8')}", "utf-8")
    both.ingest()
    new = Library(tmp_path / "new", System())
    new.ingest([documents])
    index: Any = both.there.index
    assert index.connection.refreshes(index.name) is None  # Lucene still counts words of removed passages
    retrievers = [library.retriever() for library in (both.there, both.here, new)]
    hits = retrievers[2].search({"keeper": 1.0}, 20)
    names = [name for number, _ in hits for name, _ in retrievers[2].open(number).mentions]
    stems = [("lighthous", ""), ("keeper", "en"), ("1894", "")]
    titled: list[list[set[str]]] = []
    counts = [(r.count(stems, names[:20])[:2], r.name_frequencies(names)) for r in retrievers]
    assert counts[0] == counts[1] == counts[2]
    for retriever in retrievers:
        passages = [{retriever.open(n).passage.id for n in retriever.titled(name)} for name in names[:20]]
        titled.append(passages)
    assert titled[0] == titled[1] == titled[2]
    assert all(mentions for mentions, _ in counts[0][1])


@pytest.mark.opensearch
def test_several_machines_fill_one_index_and_an_ingest_that_broke_goes_on(tmp_path, opensearch):
    settings = cluster(opensearch)
    folders = []
    for name in ("first", "second"):
        folders.append(tmp_path / name)
        folders[-1].mkdir()
        for n in range(12):
            (folders[-1] / f"{n}.md").write_text(f"# Note {n}\n\nAda Quist of {name} wrote note {n}.\n", "utf-8")
    machines = [Library(tmp_path / f"machine-{n}", System(), settings) for n in (0, 1)]
    ingests = [threading.Thread(target=m.ingest, args=([f],)) for m, f in zip(machines, folders, strict=True)]
    for ingest in ingests:
        ingest.start()
    for ingest in ingests:
        ingest.join()
    for machine in machines:
        machine.index.refresh()
        assert len(machine.index) == 24
        assert machine.index.name_frequency("ada quist") == 24
    broken = machines[0]
    for n in range(12):
        (folders[0] / f"{n}.md").write_text(f"# Note {n}\n\nBo Ferro wrote note {n} again.\n", "utf-8")

    def fail(_done: int, _total: int, path: str) -> None:
        if path.endswith("/7.md"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.ingest([folders[0]], progress=fail)
    Library(tmp_path / "machine-0", System(), settings).ingest([folders[0]])
    again = Library(tmp_path / "machine-1", System(), settings)
    assert len(again.index) == 24
    assert (again.index.name_frequency("ada quist"), again.index.name_frequency("bo ferro")) == (12, 12)
    shorter = Library(tmp_path / "machine-0", System(passage_characters=300), settings)
    assert shorter.is_outdated
    shorter.ingest([folders[0]])
    again.index.refresh()
    assert len(again.index) == 24  # what the other machine filled stays


@pytest.mark.opensearch
def test_three_shards_rank_as_one_also_for_a_machine_that_was_told_of_one(tmp_path, opensearch):
    settings = cluster(opensearch, shards=3)
    Library(tmp_path / "first", System(), settings).ingest([sample_library()])
    there = Library(tmp_path / "second", System(), replace(settings, shards=1)).retriever()
    here = Library(tmp_path / "here", System())
    here.ingest([sample_library()])
    for question in questions():
        fused, expected_ranking = ranking(question, there), ranking(question, here.retriever())
        assert list(fused) == list(expected_ranking)
        assert list(fused.values()) == pytest.approx(list(expected_ranking.values()), rel=1e-5)


def write_notes(folder: Path, name: str, count: int = 12) -> Path:
    folder.mkdir(exist_ok=True)
    for n in range(count):
        (folder / f"{n}.md").write_text(f"# Note {n}\n\n{name} wrote note {n} on lamp {n % 3}.\n", "utf-8")
    return folder


@pytest.mark.opensearch
def test_a_question_reads_one_state_whoever_changes_the_index_meanwhile(tmp_path, opensearch):
    settings, folder = cluster(opensearch), write_notes(tmp_path / "notes", "Ada Quist")
    asking, writing = (Library(tmp_path / name, System(), settings) for name in ("asking", "writing"))
    writing.ingest([folder])
    early, late = asking.retriever(), asking.retriever()
    question = "Who wrote note 3 on lamp 0?"
    expected = ranking(question, early)
    assert len(expected) == len(late) == 12
    write_notes(folder, "Bo Ferro", 15)
    writing.ingest([folder])
    asking.index.refresh()  # as `retriever` does when the state is old
    newest = asking.retriever()
    assert (len(newest), newest.name_frequency("bo ferro")) == (15, 15)
    assert late.name_frequencies(["ada quist", "bo ferro"]) == [(12, 0), (0, 0)]  # not asked for before
    assert ranking(question, late) == ranking(question, early) == expected
    del early, late
    for _ in range(3):
        asking.index.refresh()
        assert len(asking.retriever()) == 15
    assert len(asking.index.connection.unused) <= 2  # type: ignore[attr-defined]  # the cluster was told of the others


@pytest.mark.opensearch
def test_a_state_that_the_cluster_lost_in_a_question_is_read_again_or_it_is_told(tmp_path, opensearch, monkeypatch):
    monkeypatch.setattr("engine.index.opensearch.state._PAUSES", (0.0,))
    settings, folder = cluster(opensearch), write_notes(tmp_path / "notes", "Ada Quist")
    library = Library(tmp_path / "library", System(), settings)
    library.ingest([folder])
    question = "Who wrote note 3 on lamp 0?"
    index: Any = library.retriever().index
    expected, before = ranking(question, library.retriever()), index.connection.rounds

    def lose_in(round_: int, change: Callable[[], object] = lambda: None) -> Any:
        """A retriever whose state is lost with its round of this number."""
        library.index.refresh()
        retriever = library.retriever()
        reader = retriever.index._reader  # type: ignore[attr-defined]
        ask, rounds = reader.ask, itertools.count(1)

        def losing(searches: Any) -> Any:
            if next(rounds) == round_:
                change()
                index.connection.request("DELETE", "/_search/point_in_time", {"pit_id": [reader.state.point_in_time]})
            return ask(searches)

        monkeypatch.setattr(reader, "ask", losing)
        return retriever

    for round_ in range(1, index.connection.rounds - before):
        assert ranking(question, lose_in(round_)) == expected
    other = Library(tmp_path / "other", System(), settings)
    changed = write_notes(tmp_path / "notes", "Cy Brandt")  # as many passages and words

    def rewrite() -> None:
        other.ingest([changed])

    retriever = lose_in(2, rewrite)
    for _ in range(2):
        with pytest.raises(LibraryError, match=r"the index changed while a host was lost \(ask again\)"):
            ranking(question, retriever)
    assert ranking(question, library.retriever()).keys() == expected.keys()
    assert library.retriever().name_frequency("cy brandt") == 12


# -- what is missing is told, with a server that answers as one in trouble does --------------------------------


class Trouble:
    """An HTTP server on 127.0.0.1 that answers every request with a status and a body, or never."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.hangs = threading.Event()
        trouble = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.partition("?")[0]
                status, body = next((a for end, a in trouble.answers.items() if path.endswith(end)), (200, {}))
                if body is None:
                    trouble.hangs.wait(30)
                    return
                text = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.hangs.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def trouble() -> Iterator[Trouble]:
    server = Trouble()
    yield server
    server.close()


STATE = {"pit_id": "x", "_shards": {"total": 1, "successful": 1, "failed": 0}}
PARTIAL = {"status": 200, "timed_out": False, "_shards": {"total": 3, "successful": 2, "failed": 1}, "hits": {}}


def refused(status: int, kind: str) -> tuple[int, dict[str, Any]]:
    return 200, {"responses": [{"status": status, "error": {"type": kind}}]}


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        ("/point_in_time", (429, {"error": {"type": "rejected_execution_exception"}, "status": 429}), "too much to do"),
        ("/point_in_time", (401, {}), "look at `user` in opensearch.yaml"),
        ("/point_in_time", (403, {}), "this user may not do that"),
        ("/point_in_time", (503, {"error": {"type": "no_shard_available_action_exception"}}), "nodes are back"),
        ("/point_in_time", (200, b"<html>no JSON"), "does not answer as OpenSearch does"),
        ("/_msearch", (200, {"message": "a gateway"}), "does not answer as OpenSearch does"),
        ("/_msearch", (200, {"responses": ["?"]}), "does not answer as OpenSearch does"),
        ("/_msearch", (200, [1]), "does not answer as OpenSearch does"),
        ("/_stats/docs,refresh", (200, {"indices": 3}), "does not answer as OpenSearch does"),
        ("/_msearch", (200, {"responses": [PARTIAL]}), "1 of 3 parts of the index at"),
        ("/_msearch", (200, {"responses": [{**PARTIAL, "timed_out": True}]}), "did not answer"),
        ("/_msearch", refused(404, "search_context_missing_exception"), "ask again"),
        ("/_msearch", refused(503, "search_phase_execution_exception"), "its nodes"),
        ("/_msearch", (200, None), "did not answer in 0.3 seconds"),
    ],
)  # fmt: skip
def test_what_is_missing_is_told_and_what_to_do(tmp_path, trouble, monkeypatch, path, answer, words):
    monkeypatch.setattr("engine.index.opensearch.connection.RETRIES", 0)
    monkeypatch.setattr("engine.index.opensearch.state._PAUSES", (0.0,))
    trouble.answers = {"/point_in_time": (200, STATE), path: answer}
    library = Library(tmp_path, System(), OpenSearch(hosts=(trouble.url,), timeout_seconds=0.3))
    with pytest.raises(LibraryError) as error:
        library.retriever().search({"lamp": 1.0}, 5)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("form", "is_authority", "words"),
    [
        ({}, False, r"not known here: name the file of its authority as `ca_file`"),
        ({"address": "127.0.0.2"}, True, r"its certificate is not valid: IP address mismatch"),
        ({"last_year": 2021}, True, r"its certificate is not valid: certificate has expired"),
        (None, True, r"no secure connection to .* write http:// in `hosts`"),
    ],
)
def test_a_host_is_believed_only_with_a_valid_certificate_that_is_known(tmp_path, trouble, form, is_authority, words):
    authority, key = certificate(tmp_path, **(form or {}))
    if form is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority, key)
        trouble.server.socket = context.wrap_socket(trouble.server.socket, server_side=True)
    settings = OpenSearch(hosts=(trouble.url.replace("http:", "https:"),))
    with pytest.raises(LibraryError, match=words):
        Connection(replace(settings, ca_file=str(authority) if is_authority else "")).request("GET", "/")
    if form == {}:
        assert Connection(replace(settings, ca_file=str(authority))).request("GET", "/") == {}


def test_a_cluster_that_is_away_is_told_and_nothing_is_connected_before(tmp_path):
    library = Library(tmp_path, System(), OpenSearch(hosts=(f"127.0.0.1:{free_port()}",)))
    with pytest.raises(LibraryError, match=r"no OpenSearch at 127.0.0.1:\d+ answers \(start it, or look at `hosts`"):
        len(library.index)
    with pytest.raises(LibraryError, match="no OpenSearch at"):
        library.ingest([sample_library()])
    assert library.roots == ()


def test_a_password_is_read_from_the_environment_or_a_file_that_is_the_owners(tmp_path, monkeypatch):
    monkeypatch.delenv(PASSWORD, raising=False)
    secret = tmp_path / "secret"
    secret.write_text("hunter2\n", "utf-8")
    secret.chmod(0o644)
    for settings in (
        OpenSearch(hosts=("https://127.0.0.1:9",), user="ann"),
        OpenSearch(hosts=("https://127.0.0.1:9",), user="ann", password_file=str(secret)),
        OpenSearch(hosts=("https://127.0.0.1:9",), user="ann", password_file=str(tmp_path / "none")),
    ):
        with pytest.raises(InputError, match="password"):
            Connection(settings).request("GET", "/")
    secret.chmod(0o600)
    for connection in (
        Connection(OpenSearch(hosts=("127.0.0.1:9",), user="ann", password_file=str(secret))),
        Connection(OpenSearch(hosts=("127.0.0.1:9",), user="ann")),
    ):
        with pytest.raises(LibraryError, match="no OpenSearch at"):
            connection.request("GET", "/")
        monkeypatch.setenv(PASSWORD, "hunter2")


def test_a_password_is_sent_in_clear_only_to_this_machine(monkeypatch):
    monkeypatch.setenv(PASSWORD, "hunter2")
    for host in ("search:9200", "http://search:9200"):
        with pytest.raises(InputError, match="in clear"):
            Connection(OpenSearch(hosts=("https://search:9200", host), user="ann")).request("GET", "/")


@pytest.mark.parametrize("answer", [{}, [], {"pit_id": "x"}])
def test_a_host_that_is_no_opensearch_is_told(tmp_path, trouble, answer):
    trouble.answers = {"": (200, answer)}
    library = Library(tmp_path, System(), OpenSearch(hosts=(trouble.url,)))
    with pytest.raises(LibraryError, match="does not answer as OpenSearch does"):
        len(library.retriever())


def test_passages_are_there_also_where_memory_is_emptied_meanwhile(tmp_path, monkeypatch):
    index = OpenSearchIndex(tmp_path, OpenSearch(hosts=("search",)), 1)
    hits = [{"sort": [number], "fields": {"opened": [""]}} for number in (1, 2, 3)]
    monkeypatch.setattr(index_module, "CACHED", 1)
    monkeypatch.setattr(OpenSearchIndex, "_state", None)
    monkeypatch.setattr(index, "_ask", lambda searches: [{"hits": {"hits": hits[2:]}} for _ in searches])
    index._hits({"hits": {"hits": hits[:2]}})
    assert index.existing([1, 2, 3]) == {1, 2, 3}


def test_without_the_package_the_command_to_install_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    with pytest.raises(InputError, match="pip install"):
        Connection(OpenSearch(hosts=("127.0.0.1:9",))).request("GET", "/")


def test_who_does_not_use_it_imports_nothing_of_it(workspace):
    code = (
        "import sys\nfrom tui.command_line import main\n"
        f"main(['ask', 'Who led the Net Strike?', '--model', 'none', '--workspace', {str(workspace)!r}])\n"
        "print([name for name in sys.modules if 'opensearch' in name or 'urllib3' in name])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert ended.stdout.splitlines()[-1] == "[]"
