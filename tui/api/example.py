"""Read a folder of documents, ask it one question, and print the run as it happens: a complete program.

python example.py FOLDER QUESTION
"""

import asyncio
import sys
import tempfile
from contextlib import aclosing
from pathlib import Path

from tui.api import InputError, PersonaMoe


async def main(folder: Path, question: str) -> None:
    """Ask a folder in a workspace that exists only for this question."""
    with tempfile.TemporaryDirectory() as workspace:
        async with PersonaMoe(workspace, library=[folder], model="none") as program:
            report = await program.ingest(folder)
            print(f"{report.files} files, {report.passages} passages")

            async with aclosing(program.events(question)) as events:
                async for recorded in events:
                    print(f"{recorded.at_ms:8.1f} ms  {type(recorded.event).__name__}")

            answer = await program.ask(question)
            print(answer.answer)
            for citation in answer.citations:
                print(f"[{citation.n}] {citation.source}:{citation.start}-{citation.end} {citation.quote!r}")
                opened = await program.open_citation(answer.run_id, citation.n, margin=40)
                print(f"    {opened.state}: ...{opened.preceding}{opened.text}{opened.following}...")


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
    except InputError as error:
        sys.exit(str(error))
