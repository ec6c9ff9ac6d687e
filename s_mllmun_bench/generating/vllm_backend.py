"""The vLLM backend: the same prompts, token by token, in vLLM's own batching.

Adapters are merged into a temporary checkpoint before the engine starts: vLLM ignores a LoRA whose
keys match nothing, and then scores the model that never unlearned. An image's id is its content's
digest, so questions on one image share its encoding and the beginning of their prompts.
"""

import gc
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from s_mllmun_bench.checkpoints.adapters import Adapter
from s_mllmun_bench.checkpoints.loading import load_processor
from s_mllmun_bench.checkpoints.merging import merge
from s_mllmun_bench.data.questions import Question
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.generating.backend import (
    UNREADABLE,
    AdapterEffect,
    Decoding,
    Generated,
    first_line,
    in_halves,
)
from s_mllmun_bench.generating.prompts import (
    PromptWriter,
    context_length,
    end_tokens,
    require_room,
    resolved_dtype,
)

_WINDOW = 512
_LONGEST = 8192
"""The most tokens of prompt and answer to reserve room for, however long a context the model has."""
_ENVIRONMENT = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
}
"""What the user has set stays. The engine's core runs in this process: it starts in half the time, and
schedules the same requests the same way each time. So it must not pin this process to some cores.
On a CPU the keys and values get 1 GiB."""


class VllmBackend:
    """A checkpoint in a vLLM engine of its own."""

    name = "vllm"
    window = _WINDOW

    def __init__(
        self,
        model: Path,
        adapters: Sequence[Adapter] = (),
        decoding: Decoding | None = None,
        batch_size: int | None = None,
        dtype: str = "auto",
    ) -> None:
        """Merge the adapters, if any, and start an engine; this takes most of a minute on a CPU.

        Args:
            model: the checkpoint's folder.
            adapters: are merged one after the other.
            decoding: `None` for the defaults.
            batch_size: the most questions that run at once; `None` leaves it to vLLM.
            dtype: of the computation; "auto" is float32 on a CPU, else the checkpoint's own.

        Raises:
            BenchError: the checkpoint or an adapter cannot be used.
        """
        self.dtype = resolved_dtype(dtype, model)
        self._decoding = decoding or Decoding()
        processor: Any = load_processor(model)
        self._writer = PromptWriter.of(processor)
        self._ends = end_tokens(model, processor.tokenizer)
        self._longest = min(context_length(model) or _LONGEST, _LONGEST)
        self._merged = tempfile.TemporaryDirectory(prefix="bench_merged_") if adapters else None
        self.effect: AdapterEffect | None = None
        try:
            if self._merged is not None:
                merged = Path(self._merged.name) / "model"
                merge(model, adapters, merged)
                self.effect = _weights_effect(model, merged)
                model = merged
            self._engine = _start(model, self.dtype, self._longest, batch_size)
        except BaseException:
            self._remove_merged()
            raise

    def generate(self, questions: Sequence[Question]) -> Iterator[Generated]:
        """Yield one `Generated` per question, when all of them are done."""
        from vllm.exceptions import VLLMClientError

        prompts: list[tuple[Question, dict[str, Any]]] = []
        for question in questions:
            try:
                prompts.append((question, self._prompt(question)))
            except ValueError as error:
                yield Generated(question.id, None, failure=first_line(error))
        if not prompts:
            return
        for some, result in in_halves(prompts, self._answer, (ValueError, VLLMClientError)):
            if isinstance(result, Exception):
                yield Generated(some[0][0].id, None, failure=first_line(result))
            else:
                yield from result

    def log_probabilities(self, questions: Sequence[Question]) -> list[float]:
        """Return for each question the sum of its reference answer's token log-probabilities, in nats.

        Raises:
            ValueError: a question cannot be asked.
        """
        from vllm import SamplingParams

        answers = [self._writer.answer(question) for question in questions]
        prompts = [self._prompt(one, answer) for one, answer in zip(questions, answers, strict=True)]
        settings = SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0)
        outputs = self._engine.generate(prompts, settings, use_tqdm=False)
        logps = [output.prompt_logprobs for output in outputs]
        return [sum(_of_answer(one, answer)) for one, answer in zip(logps, answers, strict=True)]

    def close(self) -> None:
        """Stop the engine and remove the merged checkpoint."""
        self._engine.llm_engine.engine_core.shutdown()
        del self._engine
        gc.collect()
        self._remove_merged()

    def _remove_merged(self) -> None:
        if self._merged is not None:
            self._merged.cleanup()

    def _prompt(self, question: Question, answer: Sequence[int] = ()) -> dict[str, Any]:
        """Return a prompt as vLLM takes it, with ``answer`` after it; the image is decoded here."""
        prompt: dict[str, Any] = {"prompt_token_ids": [*self._writer.prompt(question), *answer]}
        if question.image is not None:
            try:
                prompt["multi_modal_data"] = {"image": question.image.open()}
            except UNREADABLE as error:
                raise ValueError(f"the image cannot be read: {first_line(error)}") from error
            prompt["multi_modal_uuids"] = {"image": [question.image.digest]}
        return prompt

    def _answer(self, prompts: Sequence[tuple[Question, dict[str, Any]]]) -> list[Generated]:
        """Return the answers to some prompts; one that vLLM refuses raises for all of them."""
        from vllm import SamplingParams

        settings = SamplingParams(
            temperature=0.0,
            max_tokens=self._decoding.max_new_tokens,
            stop_token_ids=self._ends,
            repetition_penalty=1.0,
            skip_special_tokens=True,
        )
        outputs = self._engine.generate([prompt for _, prompt in prompts], settings, use_tqdm=False)
        return [self._read(question, output) for (question, _), output in zip(prompts, outputs, strict=True)]

    def _read(self, question: Question, output: Any) -> Generated:
        """Return an answer, or a failure where vLLM gave it less room than it may take."""
        try:
            require_room(len(output.prompt_token_ids), self._longest, self._decoding)
        except ValueError as error:
            return Generated(question.id, None, failure=first_line(error))
        said = [token for token in output.outputs[0].token_ids if token not in self._ends]
        text = self._writer.tokenizer.decode(said, skip_special_tokens=True).strip()
        stopped = output.outputs[0].finish_reason == "stop"
        return Generated(question.id, text, finish_reason="stop" if stopped else "length", tokens=len(said))


def _start(model: Path, dtype: str, longest: int, batch_size: int | None) -> Any:
    """Return a running `vllm.LLM`; what it says on the way up is kept from the console.

    Raises:
        BenchError: vLLM refuses the checkpoint.
    """
    import torch

    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    settings: dict[str, Any] = {} if batch_size is None else {"max_num_seqs": batch_size}
    if not torch.cuda.is_available():
        # A CPU engine refuses to start unless this share of the memory is free; the default is 0.92.
        settings |= {"gpu_memory_utilization": 0.3, "enforce_eager": True}
    for name in ("vllm", "torch.utils.cpp_extension"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _engine(
            model=str(model),
            dtype=dtype,
            max_model_len=longest,
            limit_mm_per_prompt={"image": 1, "video": 0},
            generation_config="vllm",
            seed=0,
            disable_log_stats=True,
            use_tqdm_on_load=False,
            **settings,
        )


def _engine(**settings: Any) -> Any:
    """Return the engine, or vLLM's reason for refusing the checkpoint in one line."""
    from vllm import LLM

    try:
        return LLM(**settings)
    except (ValueError, RuntimeError) as error:
        raise BenchError(f"vLLM cannot start with {settings['model']}: {first_line(error)}") from error


def _of_answer(logps: Sequence[Mapping[int, Any] | None], answer: Sequence[int]) -> Iterator[float]:
    """Yield the log-probabilities of the answer's tokens, which end the prompt."""
    for token, candidates in zip(answer, logps[len(logps) - len(answer) :], strict=True):
        if candidates is not None:
            yield candidates[token].logprob


def _weights_effect(model: Path, merged: Path) -> AdapterEffect:
    """Return how many of a checkpoint's tensors the merged one has otherwise.

    The engine holds only the merged weights, so the effect is measured on what it loads.
    """
    from safetensors import safe_open

    tensors = changed = 0
    for shard in sorted(merged.glob("*.safetensors")):
        with safe_open(shard, framework="pt") as new, safe_open(model / shard.name, framework="pt") as old:
            for name in new.keys():  # noqa: SIM118 - not a mapping
                tensors += 1
                changed += not bool((new.get_tensor(name) == old.get_tensor(name)).all())
    return AdapterEffect(measure="weights", probes=tensors, changed=changed)
