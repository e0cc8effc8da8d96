"""A cluster with logins and TLS, by the security plugin of its makers: whom it lets in, and how a refusal is told."""

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from engine.errors import InputError, LibraryError
from engine.index.library import Library
from engine.index.opensearch.connection import Connection
from engine.index.opensearch.login import PASSWORD
from engine.settings.settings import OpenSearch, System
from tests.support.certificate import certificate
from tests.support.opensearch_server import ADMIN, secured_node
from tui.session.library import sample_library

SECRET = "Wäschekörbe-und-€-für-100%"
# The rights that `engine/index/opensearch/FIGURES.md` names: of a user who asks, and what one who ingests needs, too.
ASKING = ["indices:data/read/msearch", "indices:data/read/mtv"]
ASKING_INDEX = ["read", "indices:monitor/stats", "indices:admin/shards/search_shards"]
INGESTING = ["indices:data/write/bulk"]
INGESTING_INDEX = ["write", "indices:admin/create", "indices:admin/get", "indices:admin/refresh*"]


def make_user(admin: Connection, name: str, rights: list[str], index_rights: list[str]) -> None:
    role = {
        "cluster_permissions": rights,
        "index_permissions": [{"index_patterns": ["archive-*"], "allowed_actions": index_rights}],
    }
    for path, body in (("roles", role), ("internalusers", {"password": SECRET}), ("rolesmapping", {"users": [name]})):
        admin.request("PUT", f"/_plugins/_security/api/{path}/{name}", body)


@pytest.mark.opensearch
def test_users_do_what_they_may_and_are_told_what_they_may_not(tmp_path, monkeypatch):
    monkeypatch.setenv(PASSWORD, ADMIN)
    with secured_node(tmp_path / "node") as (admin, secured):
        settings = replace(secured, index="archive")
        make_user(admin, "asking", ASKING, ASKING_INDEX)
        make_user(admin, "ingesting", [*ASKING, *INGESTING], [*ASKING_INDEX, *INGESTING_INDEX])
        monkeypatch.setenv(PASSWORD, SECRET)
        ingesting = Library(tmp_path / "ingesting", System(), replace(settings, user="ingesting"))
        passages = ingesting.ingest([sample_library()]).passages
        asking = Library(tmp_path / "asking", System(), replace(settings, user="asking"))
        assert len(asking.retriever()) == passages > 0
        assert asking.retriever().name_frequencies(["ysolde marrak"])[0][0] > 0
        assert ingesting.remove(str(sample_library())) > 0
        with pytest.raises(LibraryError, match=r"403 no permissions for \[indices:.*an administrator of the cluster"):
            asking.ingest([sample_library()])
        _check_refusals(replace(settings, user="asking"), tmp_path, monkeypatch)


def _check_refusals(settings: OpenSearch, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = partial(_ask, folder, settings)
    _, other_key = certificate(folder)
    with pytest.raises(LibraryError, match=r"not known here: name the file of its authority as `ca_file`"):
        ask(ca_file=str(folder / "ca.pem"))
    with pytest.raises(LibraryError, match=r"not known here: name the file of its authority as `ca_file`"):
        ask(ca_file="")
    with pytest.raises(InputError, match=r"key\.pem cannot be used \(it holds no certificate"):
        ask(ca_file=str(other_key))
    with pytest.raises(InputError, match=r"none\.pem cannot be used \(No such file"):
        ask(ca_file=str(folder / "none.pem"))
    with pytest.raises(LibraryError, match=r"write https:// in `hosts`"):
        ask(hosts=(settings.hosts[0].replace("https:", "http:"),))
    refused = re.escape("refuses: 401 Unauthorized (look at `user` in opensearch.yaml, and at the password")
    for changes in ({"user": ""}, {"user": "nobody"}):
        with pytest.raises(LibraryError, match=refused):
            ask(**changes)
    monkeypatch.setenv(PASSWORD, "wrong")
    with pytest.raises(LibraryError, match=refused) as error:
        ask()
    assert "wrong" not in str(error.value)


def _ask(folder: Path, settings: OpenSearch, **changes: Any) -> int:
    return len(Library(folder / "refused", System(), replace(settings, **changes)).retriever())
