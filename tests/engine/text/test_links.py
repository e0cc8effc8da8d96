"""Links read as their words; other brackets are left alone."""

import pytest

from engine.text.links import legible_links


@pytest.mark.parametrize(
    ("text", "legible"),
    [
        ("See [the manual](https://host.example/a_b) first.", "See the manual first."),
        ("Kept in [[Data#Global settings|its folder]] or [[Data]].", "Kept in its folder or Data."),
        ("A ![map](map_(old).png) hangs there.", "A map hangs there."),
        ("The element a[0] is f(x), in | pipes | too.", "The element a[0] is f(x), in | pipes | too."),
    ],
)
def test_a_link_reads_as_its_words(text, legible):
    assert legible_links(text) == legible
