"""The part of one persona in a run: the choices of the gate, its passages, and their scores."""

from collections.abc import Collection
from dataclasses import dataclass

from engine.events import GateReceipt, OutputScored
from engine.run.state import RunState


@dataclass(frozen=True, slots=True)
class RunPart:
    """The part of one persona in one run: a receipt for each cycle; passage ids and scores only if it walked."""

    run_id: str
    question: str
    receipts: tuple[GateReceipt, ...]
    passages: tuple[str, ...] = ()
    scored: OutputScored | None = None

    @property
    def called(self) -> bool:
        """Whether the gate called it."""
        return any(receipt.activated for receipt in self.receipts)

    @property
    def receipt(self) -> GateReceipt:
        """The receipt that called it, else the first one."""
        return next((receipt for receipt in self.receipts if receipt.activated), self.receipts[0])


def parts_in_run(persona_ids: Collection[str], state: RunState) -> dict[str, RunPart]:
    """Return the parts of those personas that the gate judged in this run."""
    return {
        name: RunPart(
            state.run_id, state.question, tuple(row.receipts), row.output.passages if row.output else (), row.scored
        )
        for name, row in state.rows.items()
        if name in persona_ids and row.receipts
    }
