"""A chat model on Ollama as a reasoner: memory search and summaries, on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from model_chain.backends.ollama.hosts import Hosts, Patience
from model_chain.cut import encodable
from model_chain.errors import ModelError, ModelUnavailable, Permanent, Transient
from model_chain.limits import LOCAL_CONTEXT_TOKENS, TIER_SECONDS
from model_chain.protocol import Finished, Piece, Question, TextPiece
from model_chain.tiers import Tier
from model_chain.usage import ModelUse, Tokens


class OllamaReasoner:
    """Asks one chat model; the answer comes in one piece. It cannot cite."""

    def __init__(self, tier: Tier, hosts: Sequence[str]) -> None:
        self._tier = tier
        self._hosts = tuple(hosts)

    async def reason(self, question: Question) -> AsyncGenerator[Piece, None]:
        """Answer; a prompt that does not fit the model's context is refused, never silently cut."""
        try:
            text, use, cut_off = await asyncio.to_thread(self._ask, question)
        except ModelUnavailable as error:
            raise Transient(str(error)) from error
        except ModelError as error:
            raise Permanent(str(error)) from error
        yield TextPiece(text)
        yield Finished((use,), cut_off=cut_off)

    def _ask(self, question: Question) -> tuple[str, ModelUse, bool]:
        hosts = Hosts(self._tier.model, self._hosts, Patience(read=TIER_SECONDS, retries=0))
        options = {
            "num_ctx": LOCAL_CONTEXT_TOKENS,
            "num_predict": question.max_tokens,
            "temperature": 0,
            "seed": 1,
        }
        try:
            reply = hosts.call(
                lambda client: client.chat_whole(self._tier.model, _messages(question), options, think=None)
            )
        finally:
            hosts.close()
        used = Tokens(input=reply.prompt_eval_count or 0, output=reply.eval_count or 0)
        return reply.message.content or "", ModelUse(self._tier.model, used), reply.done_reason == "length"


def _messages(question: Question) -> list[dict[str, str]]:
    """Sources stand in messages of their own: data, apart from the instructions and from the question."""
    sources = [
        {"role": "user", "content": f"Source {source.name}:\n" + encodable("\n".join(source.blocks))}
        for source in question.sources
    ]
    asked = {"role": "user", "content": encodable(question.text)}
    return [{"role": "system", "content": question.instructions}, *sources, asked]
