"""What the local tier does, in the ledger: free, and counted all the same."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import ollama
import structlog

from model_chain.ledger import Ledger, Operation
from model_chain.usage import Tokens

TIER = "local"

log = structlog.get_logger(__name__)


def recording(ledger: Ledger, model: str, kind: str, caller: str) -> Callable[[object, float], None]:
    """A listener for `report_to`: each reply, and each batch of vectors, is one operation; look-ups are none.

    A ledger that cannot be written is logged; the work goes on.
    """

    def on_answer(answer: object, seconds: float) -> None:
        match answer:
            case ollama.ChatResponse():
                tokens: Tokens | None = Tokens(
                    input=answer.prompt_eval_count or 0, output=answer.eval_count or 0
                )
            case np.ndarray():
                tokens = None  # vectors, which say nothing of it; the tier is free
            case _:
                return
        operation = Operation(TIER, model, "free", kind, tokens, caller, kind, round(seconds * 1000))
        try:
            ledger.record(operation)
        except OSError as error:
            log.warning("operation_not_recorded", tier=TIER, reason=str(error))

    return on_answer
