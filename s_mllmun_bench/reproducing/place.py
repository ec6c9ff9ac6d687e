"""One model at one ratio and seed: what is asked there, in as few processes as can be.

Starting a process and loading a model takes as long as asking fifty people. So the adapters of a place are
asked by one command, one for each dataset and list of k.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from s_mllmun_bench.records import Ratio
from s_mllmun_bench.reproducing.cells import Cell, Plan
from s_mllmun_bench.reproducing.steps import Step, digest_of, folder_name

_PEOPLE = 50
"""Of a run whose minutes the reproduction's file says: those of the quick tier."""
_START = 1.0
"""How many runs a process could make while it starts and loads a model."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom a place asks, and in which words."""

    data: Step
    """The dataset."""
    limit: int | None
    """People of each set; `None`: all."""
    people: int
    """Asked about in a run."""


@dataclass(slots=True)
class Place:
    """Collects what is asked; `close` adds it to the plan."""

    plan: Plan
    model: str
    """The pretrained checkpoint."""
    ratio: Ratio
    seed: int
    evaluation: Asking
    validation: Asking
    original: Step
    """The fine-tuned checkpoint."""
    _asked: dict[tuple[bool, tuple[float, ...]], list[Step]] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """What steps here are called by, such as ``qwen2_5_vl_05_seed0``."""
        return [self.model.removeprefix("mini_"), f"{self.ratio:02}", f"seed{self.seed}"]

    def ask(
        self,
        made: Step,
        method: str,
        strength: str = "",
        reading: str = "",
        ks: Sequence[float] = (),
        validated: Sequence[float] | bool = False,
    ) -> None:
        """Have an adapter asked about, and say what the runs are for.

        Args:
            made: makes the adapter; `original` for none.
            method: its id.
            strength: what tells its runs apart where no k does.
            reading: of SMFA.
            ks: a run for each; empty for the adapter as it is.
            validated: the k that are also asked in the validation wording; `True` for the adapter as it is.
        """
        self._note(False, ks, made)
        chosen = () if isinstance(validated, bool) else tuple(validated)
        if validated:
            self._note(True, chosen, made)
        for k in ks or (None,):
            told = strength if k is None else f"k = {k:g}"
            also = validated is True if k is None else k in chosen
            run = self._run(self.evaluation, made, k)
            second = self._run(self.validation, made, k) if also else None
            self._enter(method, reading, told, run, second, k, made.folder)

    def ask_checkpoint(self, made: Step, checkpoint: str, method: str) -> None:
        """Have a whole checkpoint asked about.

        Args:
            made: makes it, or if it ships, anything.
            checkpoint: its folder or id.
            method: such as ``retrain``.
        """
        run = self._folder(self.evaluation) / method
        arguments = ("eval", "--model", checkpoint, *self._common(self.evaluation), "-o", str(run))
        needs = (made, self.evaluation.data)
        self._add(method, self.evaluation, needs, arguments, [run])
        self._enter(method, "", "", run)

    def close(self) -> None:
        """Add the steps that evaluate all that was asked for."""
        for (is_validation, ks), adapters in self._asked.items():
            asking = self.validation if is_validation else self.evaluation
            runs = [self._run(asking, made, k) for made in adapters for k in ks or (None,)]
            named = [("--adapter", self._adapter(made)) for made in adapters]
            arguments = ["eval", "--model", str(self.original.folder), *sum(named, ()), *self._common(asking)]
            told = ",".join(f"{k:g}" for k in ks)
            arguments += ["--k", told] if ks else []
            # Of a single run the output is its folder, of several the folder around them.
            arguments += ["-o", str(runs[0] if len(runs) == 1 else self._folder(asking))]
            words = ["validation" if is_validation else "evaluation", f"k={told}" if ks else "adapters"]
            needs = tuple(dict.fromkeys([*adapters, self.original, asking.data]))
            self._add("_".join(words), asking, needs, tuple(arguments), runs)
        self._asked.clear()

    def _note(self, is_validation: bool, ks: Sequence[float], made: Step) -> None:
        self._asked.setdefault((is_validation, tuple(ks)), []).append(made)

    def _adapter(self, made: Step) -> str:
        return "none" if made is self.original else str(made.folder)

    def _run(self, asking: Asking, made: Step, k: float | None) -> Path:
        """Return a run's folder, called as `bench eval` calls it."""
        label = "base" if made is self.original else made.folder.name
        return self._folder(asking) / (label if k is None else f"{label}_k{k:g}")

    def _folder(self, asking: Asking) -> Path:
        """Return the folder of a place's runs: another adapter or k is another run in it."""
        kind = "validation" if asking is self.validation else ""
        settings = {"ratio": self.ratio, "limit": asking.limit, "seed": self.seed}
        digest = digest_of("evaluate", settings, [self.original, asking.data])
        return self.plan.root / "runs" / folder_name([kind, *self.words], digest)

    def _common(self, asking: Asking) -> list[str]:
        limit = ["--limit", str(asking.limit)] if asking.limit else []
        data = ["--data", str(asking.data.folder), "--ratio", str(self.ratio)]
        return [*data, *limit, "--backend", "transformers", "--judge", "offline"]

    def _add(
        self,
        title: str,
        asking: Asking,
        needs: tuple[Step, ...],
        arguments: tuple[str, ...],
        runs: list[Path],
    ) -> None:
        folder = self._folder(asking)
        self.plan.add(
            Step(
                "evaluate",
                folder,
                digest_of("evaluate", title, needs),
                needs,
                arguments,
                tuple(run / "scores.json" for run in runs),
                len(runs),
                size=len(runs) * asking.people / _PEOPLE + _START,
                title=title,
            )
        )

    def _enter(
        self,
        method: str,
        reading: str,
        strength: str,
        run: Path,
        validation: Path | None = None,
        k: float | None = None,
        made: Path | None = None,
    ) -> None:
        what = (self.model, self.ratio, self.seed, method, reading, strength)
        self.plan.cells.append(Cell(*what, run, validation, k, made))
