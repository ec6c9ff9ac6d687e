"""An OpenAI-compatible server as a backend: images as data URLs, greedy, many questions at once.

What the server refuses for one question is that question's failure. Anything else that stays (no
server, no key, no such model, overload) stops the run: the answers so far are on disk, and the same
command continues. So it is looked for with a first question, before a run folder is begun.
"""

import functools
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, get_args

from PIL import Image

from s_mllmun_bench.data.questions import Question, StoredImage
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import (
    UNREADABLE,
    AdapterEffect,
    Decoding,
    FinishReason,
    Generated,
    first_line,
)
from s_mllmun_bench.llm.address import checked_url
from s_mllmun_bench.llm.client import CONCURRENCY, RETRIES, Client
from s_mllmun_bench.llm.messages import Reply, Request, data_url

if TYPE_CHECKING:
    from s_mllmun_bench.checkpoints.adapters import Adapter

_ROUNDS = 8
"""Windows of so many questions for each that runs at once: few drains of the server, and little to ask
again after a run is broken off."""
_EXPLICIT: tuple[Mapping[str, object], ...] = ({"repetition_penalty": 1.0}, {})
"""vLLM takes the penalty from the checkpoint unless it is told; OpenAI refuses to be told."""


def split_target(where: str) -> tuple[str, str]:
    """Return a server's address and its model from ``URL#model``.

    Raises:
        BenchError: it is not of this form, or the address cannot be used.
    """
    url, _, model = where.partition("#")
    if not model.strip():
        raise BenchError(
            "a server is given as openai:URL#model, such as openai:http://localhost:8000/v1#name"
        )
    return checked_url(url), model.strip()


class OpenAIBackend:
    """One model of a server; its weights and adapters are the server's own business."""

    name = "openai"
    independent = True
    mode = None

    def __init__(
        self,
        where: str,
        decoding: Decoding | None = None,
        batch_size: int | None = None,
        retries: int = RETRIES,
    ) -> None:
        """Ask the server a first question.

        Args:
            where: ``URL#model``.
            decoding: `None` for the defaults.
            batch_size: the most questions at once; `None` for 16. Fewer while the server is overloaded.
            retries: attempts after a question's first, while the server is overloaded.

        Raises:
            BenchError: the server is not there, or does not answer a question about an image.
        """
        self._url, self._model = split_target(where)
        self._decoding = decoding or Decoding()
        at_once = batch_size or CONCURRENCY
        self.window = at_once * _ROUNDS
        self._client = Client(self._url, self._model, concurrency=at_once, retries=retries)
        try:
            self._options = self._accepted()
        except BaseException:
            self._client.close()
            raise

    def use(self, adapter: "Adapter | None", probes: Sequence[Question] = ()) -> AdapterEffect | None:
        """Do nothing for the plain model.

        Raises:
            BenchError: an adapter is given.
        """
        if adapter is not None:
            raise BenchError(
                "a server takes no adapter; serve the model with it and name that one after the #"
            )
        return None

    def generate(self, questions: Sequence[Question]) -> Iterator[Generated]:
        """Yield one `Generated` per question, as the server answers them.

        Raises:
            BenchError: the server answers no more, or is overloaded for too long.
        """
        unreadable: list[Generated] = []
        for reply in self._client.complete(self._requests(questions, unreadable)):
            yield self._read(reply)
        yield from unreadable

    def log_probabilities(self, questions: Sequence[Question]) -> list[float]:
        """Offer none: the protocol has no log-probabilities of a given text.

        Raises:
            BenchError: always.
        """
        raise BenchError("a server gives no log-probabilities; use the backend vllm or transformers")

    def close(self) -> None:
        """Drop what is under way."""
        self._client.close()

    def _requests(self, questions: Sequence[Question], unreadable: list[Generated]) -> Iterator[Request]:
        """Yield the requests, and put the questions whose image cannot be read on the list."""
        for question in questions:
            try:
                image = _data_url(question.image) if question.image else None
            except UNREADABLE as error:
                text = f"ValueError: the image cannot be read: {first_line(error)}"
                unreadable.append(Generated(question.id, None, failure=text))
            else:
                longest = self._decoding.max_new_tokens
                yield Request(question.id, question.question, longest, image, self._options)

    def _read(self, reply: Reply) -> Generated:
        if reply.failure is not None:
            if reply.failure.is_of_the_moment:
                raise BenchError(f"{self._url} is overloaded: {reply.failure.text}; repeat the command later")
            return Generated(reply.id, None, failure=reply.failure.text)
        finish = next((one for one in get_args(FinishReason) if one == reply.finish_reason), None)
        ended = 1 if finish == "stop" else 0
        tokens = None if reply.tokens is None else max(0, reply.tokens - ended)
        return Generated(reply.id, (reply.text or "").strip(), finish_reason=finish, tokens=tokens)

    def _accepted(self) -> Mapping[str, object]:
        """Return the most explicit decoding that the server accepts, for a question about an image."""
        file = io.BytesIO()
        Image.new("RGB", (64, 64), "gray").save(file, "PNG")
        image = data_url(file.getvalue(), "image/png")
        failure = None
        for options in _EXPLICIT:
            first = Request("first", "What color is this?", 1, image, options)
            reply = next(self._client.complete([first]))
            if reply.failure is None:
                return options
            failure = reply.failure.text
        raise BenchError(f"{self._url}: {self._model} refuses a first question with an image: {failure}")


@functools.lru_cache(maxsize=32)
def _data_url(image: StoredImage) -> str:
    """Return an image's stored bytes as a data URL, after decoding them once.

    Raises:
        OSError, ValueError, SyntaxError: it cannot be read.
    """
    with Image.open(io.BytesIO(image.data)) as opened:
        opened.load()
        kind = opened.get_format_mimetype()
    if kind is None:
        raise ValueError(f"{opened.format} has no MIME type")
    return data_url(image.data, kind)
