"""Relation words: words that express the same relation, such as `born` and `birthplace`."""

from functools import cache

from engine.text.names import roots

# General English, collected by hand; the words of a line express the same relation.
_RELATIONS = """
born birth birthplace native birthday older younger age
die death dead killed murdered buried burial
spouse wife husband married marriage widow
father son daughter child children parent
mother son daughter child children parent
child son daughter father mother children
sibling brother sister
grandfather grandmother paternal maternal grandson father mother
stepfather stepmother father mother
uncle aunt nephew niece
director directed direction
author wrote written writer write novel book
composer music composed score songwriter song wrote
performer singer sung sings performed recorded band artist album song
founder founded established formed creator created
employer worked works professor employed
educated graduated studied attended university school alma
country nationality citizen citizenship nation
located location situated lies place
owner owned owns parent subsidiary acquired
purchased bought acquired buy purchaser merged
actor actress star starred starring played plays portrayed cast plays
capital seat
label records
released release published publication came
producer produced production
religion church
headquartered headquarters based
presenter host presented hosted
developer developed
language spoken
manufacturer manufactured made maker
named namesake eponym
"""


@cache
def related_roots(word_root: str) -> frozenset[str]:
    """Return the other roots that express the same relation; empty for most words."""
    return _table().get(word_root, frozenset())


@cache
def _table() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for line in _RELATIONS.strip().splitlines():
        group = set(roots(line))
        for member in group:
            table.setdefault(member, set()).update(group - {member})
    return {member: frozenset(related) for member, related in table.items()}
