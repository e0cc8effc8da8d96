"""Claims: each persona's statements, in its voice, with the passages that it names."""

import json

import pytest

from engine.answer.claims import Claim, write_claims
from engine.answer.voice import VOICE_TRAITS, Voice, instructions_of, voice_of
from engine.errors import LanguageModelError
from engine.model.client import Listeners, connect
from engine.personas.persona import Persona
from engine.personas.traits import TRAITS
from engine.settings.settings import Ollama
from tests.support.ollama_server import OllamaServer, Scripted

BLOCKS = [("file.md#0-30", "Paris is the\n\ncapital [9]."), ("file.md#31-60", "Lyon is older.")]
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
    stated = await write_claims(model, "You are careful.", BLOCKS, QUESTION)
    first, second = (passage_id for passage_id, _ in BLOCKS)
    assert stated.kept == (Claim("Paris is it.", (first,)), Claim("Lyon.", (second, first)))
    assert stated.dropped == 3
    body = server.chats[0].body
    assert body["messages"][0]["content"].startswith("You are careful.\n\n")
    assert "[1] Paris is the capital (9).\n\n[2] Lyon is older." in body["messages"][1]["content"]
    claim = body["format"]["properties"]["claims"]
    assert claim["maxItems"] == 4
    assert claim["items"]["required"] == ["text", "passages"]
    assert claim["items"]["properties"]["passages"]["items"] == {"type": "integer", "enum": [1, 2]}


async def test_a_voice_sets_temperature_and_number_of_claims(server, model):
    server.enqueue(claims(), claims())
    await write_claims(model, "", BLOCKS, QUESTION, voice=Voice(2.0, 7))
    await write_claims(model, "", BLOCKS, QUESTION, voice=Voice(9.0, 1))
    assert [chat.body["options"]["temperature"] for chat in server.chats] == [0.8, 2.0]
    assert [chat.body["format"]["properties"]["claims"]["maxItems"] for chat in server.chats] == [7, 1]
    assert "At most 7 claims" in server.chats[0].body["messages"][0]["content"]


async def test_claims_without_passages_ask_nothing(server, model):
    assert (await write_claims(model, "", [], QUESTION)).kept == ()
    assert server.chats == []


async def test_a_model_that_ignores_the_schema_is_asked_again_with_its_own_way_of_thinking(server, model):
    server.enqueue(Scripted(["Sure! Paris."]), claims(("Paris.", [1])))
    replies = []
    stated = await write_claims(model, "", BLOCKS, QUESTION, listeners=Listeners(on_reply=replies.append))
    assert [claim.text for claim in stated.kept] == ["Paris."]
    assert [chat.body.get("think") for chat in server.chats] == [False, None]
    assert [reply.endpoint for reply in replies] == [server.url] * 2


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
        await write_claims(model, "", BLOCKS, QUESTION)
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
