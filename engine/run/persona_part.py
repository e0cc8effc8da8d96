"""The part that a persona had in recorded runs: how the gate chose, what it brought back, how that was scored."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from engine.events import GateReceipt, OutputProduced, OutputScored, RunEvent, RunStarted


@dataclass(slots=True)
class RunPart:
    """One persona's part in one run: a receipt for each cycle in which the gate judged it; the rest if it walked."""

    run_id: str
    question: str
    receipts: list[GateReceipt] = field(default_factory=list)
    passages: tuple[str, ...] = ()
    scored: OutputScored | None = None

    @property
    def called(self) -> bool:
        """Did the gate call it?"""
        return any(receipt.activated for receipt in self.receipts)

    @property
    def receipt(self) -> GateReceipt:
        """The choice that counts: the one that called it, else the first; the gate has judged it."""
        return next((receipt for receipt in self.receipts if receipt.activated), self.receipts[0])


def parts_in_run(persona_ids: Collection[str], events: Iterable[RunEvent]) -> dict[str, RunPart]:
    """The parts of those personas that the gate judged in the run with these events."""
    parts: dict[str, RunPart] = {}
    run_id = question = ""
    for event in events:
        if isinstance(event, RunStarted):
            run_id, question = event.run_id, event.question
        elif isinstance(event, GateReceipt) and event.persona_id in persona_ids:
            parts.setdefault(event.persona_id, RunPart(run_id, question)).receipts.append(event)
        elif isinstance(event, OutputProduced) and event.persona_id in parts:
            parts[event.persona_id].passages = event.passages
        elif isinstance(event, OutputScored) and event.persona_id in parts:
            parts[event.persona_id].scored = event
    return parts
