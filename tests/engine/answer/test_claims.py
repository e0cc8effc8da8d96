"""Claims: each persona's statements, in its voice, with the passages that it names."""

import json

import pytest
from msgspec import structs

from engine.answer.citations import ground_claims
from engine.answer.claims import Claim, write_claims
from engine.answer.quotation import Quotation
from engine.answer.voice import VOICE_TRAITS, Voice, instructions_of, voice_of
from engine.documents.passages import Passage
from engine.errors import LanguageModelError
from engine.model.client import Listeners, connect
from engine.personas.persona import Persona
from engine.personas.traits import TRAITS
from engine.settings.settings import Ollama
from tests.support.ollama_server import OllamaServer, Scripted

TEXTS = ["Paris is the\n\ncapital [9].", "Lyon is older."]
PASSAGES = [
    Quotation(n, Passage(f"file.md#{n}", "file.md", "Cities", "", 0, len(text), text), 0, len(text))
    for n, text in enumerate(TEXTS, 1)
]
ANN = Persona("ann", {}, metadata={"name": "Ann"})
QUESTION = "What is the capital of France?"


@pytest.fixture
def server():
    with OllamaServer() as running:
        yield running


@pytest.fixture
async def model(server):
    connected = await connect(Ollama("auto", 0.4, 256, server.url, 4096, 5.0, persona_outputs=True))
    yield connected
    await connected.close()


def claims(*pairs):
    return Scripted([json.dumps({"claims": [{"text": text, "passages": numbers} for text, numbers in pairs]})])


async def test_claims_rest_on_the_passages_given(server, model):
    server.enqueue(
        claims(("Paris is\x1b it.", [1, 1]), ("Lyon.", [2, 7, 1]), ("Made up.", [9]), (" ", [1]), ("None.", []))
    )
    stated = await write_claims(model, ANN, PASSAGES, QUESTION)
    assert stated[:2] == [Claim("Paris is\x1b it.", [1, 1]), Claim("Lyon.", [2, 7, 1])]
    grounded, removed = ground_claims(stated, PASSAGES)
    assert [(claim.text, claim.passage) for claim in grounded] == [
        ("Paris is it.", "file.md#1"),
        ("Lyon.", "file.md#2"),
    ]
    assert removed == 3
    body = server.chats[0].body
    assert body["messages"][0]["content"].startswith("You are Ann.\n\n")
    assert "[1] Cities: Paris is the capital (9).\n\n[2] Cities: Lyon is older." in body["messages"][1]["content"]
    claim = body["format"]["properties"]["claims"]
    assert claim["maxItems"] == 4
    assert claim["items"]["required"] == ["text", "passages"]
    assert claim["items"]["properties"]["passages"]["items"] == {"type": "integer", "enum": [1, 2]}


async def test_a_voice_sets_temperature_and_number_of_claims(server, model):
    server.enqueue(claims(), claims())
    await write_claims(model, Persona("a", {"creativity": 7, "talkativeness": 8}), PASSAGES, QUESTION)
    model.settings = structs.replace(model.settings, temperature=1.5)
    await write_claims(model, Persona("b", {"creativity": 9, "talkativeness": 1}), PASSAGES, QUESTION)
    assert [chat.body["options"]["temperature"] for chat in server.chats] == [0.8, 2.0]
    assert [chat.body["format"]["properties"]["claims"]["maxItems"] for chat in server.chats] == [7, 1]
    assert "At most 7 claims" in server.chats[0].body["messages"][0]["content"]


async def test_claims_without_passages_ask_nothing(server, model):
    assert await write_claims(model, ANN, [], QUESTION) == []
    assert server.chats == []


async def test_a_model_that_ignores_the_schema_is_asked_again_with_its_own_way_of_thinking(server, model):
    server.enqueue(Scripted(["Sure! Paris."]), claims(("Paris.", [1])))
    replies = []
    stated = await write_claims(model, ANN, PASSAGES, QUESTION, listeners=Listeners(on_reply=replies.append))
    assert [claim.text for claim in stated] == ["Paris."]
    assert [chat.body.get("think") for chat in server.chats] == [False, None]
    assert [(reply.purpose, reply.persona_id, reply.endpoint) for reply in replies] == [
        ("claims", "ann", server.url)
    ] * 2


@pytest.mark.parametrize(
    ("text", "done_reason", "hint"),
    [
        ("no JSON", "stop", "schema"),
        ('{"claims": [{"text": "Par', "length", "max_tokens"),
        ('{"claims": 5}', "stop", "schema"),
        ('{"claims": [{"text": 5, "passages": [1]}]}', "stop", "schema"),
        ('{"claims": [{"text": "a", "passages": ["b"]}]}', "stop", "schema"),
    ],
)
async def test_claims_that_are_no_claims_are_an_error(server, model, text, done_reason, hint):
    server.enqueue(*[Scripted([text], done_reason=done_reason)] * 2)
    with pytest.raises(LanguageModelError, match="did not write its claims as JSON") as caught:
        await write_claims(model, ANN, PASSAGES, QUESTION)
    assert hint in caught.value.hint


# -- the voice ------------------------------------------------------------------------------------------------


def test_a_middling_trait_or_none_leaves_the_voice_as_it_is():
    assert voice_of(Persona("p", {})) == voice_of(Persona("p", dict.fromkeys(VOICE_TRAITS, 5))) == Voice()
    assert voice_of(Persona("p", {"humour": 9, "focus": 1})) == Voice()


@pytest.mark.parametrize(("trait", "value", "voice"), [
    ("creativity", 1, Voice(0.0)), ("creativity", 3, Voice(0.5)), ("creativity", 9, Voice(3.0)),
    ("talkativeness", 1, Voice(1.0, 1)), ("talkativeness", 9, Voice(1.0, 8)),
])  # fmt: skip
def test_a_trait_sets_its_part_of_the_voice(trait, value, voice):
    assert voice_of(Persona("p", {trait: value})) == voice


def test_a_trait_sets_a_walk_or_a_voice_never_both():
    assert not TRAITS.keys() & VOICE_TRAITS.keys()


def test_other_traits_colour_the_prompt_and_how_it_walks_is_no_matter():
    traits = {"humour": 8, "focus": 9, "creativity": 9, "dry <|x|>": 2}
    persona = Persona("p", traits, ("ships",), metadata={"name": "The P", "description": "Is\nbrief. [1]"})
    assert instructions_of(persona) == (
        "You are The P. Is brief. (1) In your words: humour 8 of 9, dry \u2039|x|\u203a 2 of 9. "
        "You are at home in ships."
    )
    assert instructions_of(Persona("p", {})) == "You are p."
