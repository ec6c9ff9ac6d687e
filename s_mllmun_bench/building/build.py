"""Build a dataset folder from a recipe: draw, write, audit, store; the same seed gives the same bytes.

The folder appears when it is complete, and a dataset that fails an audit is not written.
"""

from pathlib import Path

from s_mllmun_bench.building.audit import require_sound
from s_mllmun_bench.building.card import card
from s_mllmun_bench.building.folder import replacing
from s_mllmun_bench.building.groups import group_sizes
from s_mllmun_bench.building.people import make_world
from s_mllmun_bench.building.recipe import Recipe, find_recipe, read_recipe, resized
from s_mllmun_bench.building.tables import write_tables
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.identity import DatasetIdentity, files_digest
from s_mllmun_bench.data.layout import README


def build(
    recipe: str,
    output: Path,
    limit: int | None = None,
    seed: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> DatasetIdentity:
    """Build a dataset folder and return what it says of itself.

    Args:
        recipe: id in ``builders/recipes/``, or the path of a YAML file.
        output: the folder; it must not exist, or be empty, or with ``force`` be a dataset of ours.
        limit: fewer people than the recipe's, with a tenth as many unseen; `None` for the recipe's.
        seed: in place of the recipe's.
        force: replace the dataset that is there.
        progress: told how far it is.

    Raises:
        BenchError: the recipe or a part of it is missing or wrong, there are too few people, the output
            must not be replaced, or an audit failed. Nothing is left at ``output`` then.
    """
    path = find_recipe(recipe)
    plan = resized(read_recipe(path), limit, seed)
    group_sizes(plan.people)
    report = progress or _silent
    with replacing(output, force) as folder:
        world = make_world(plan, path, report)
        require_sound(world)
        write_tables(world, folder, report)
        identity = _identity(path.stem, plan, files_digest(folder))
        (folder / README).write_text(
            card(plan, identity, world, _command(recipe, limit, plan)), encoding="utf-8"
        )
    return identity


def _identity(name: str, plan: Recipe, digest: str) -> DatasetIdentity:
    return DatasetIdentity(
        recipe=name,
        version=plan.version,
        seed=plan.seed,
        people=plan.people,
        unseen=plan.unseen,
        refusals=plan.refusals,
        digest=digest,
    )


def _command(recipe: str, limit: int | None, plan: Recipe) -> str:
    """Return the command that makes the same dataset again; a recipe given by path, by its file name."""
    name = Path(recipe).name
    limited = f" --limit {limit}" if limit is not None else ""
    return f"bench build {name}{limited} --seed {plan.seed}"


def _silent(done: int, total: int, what: str) -> None:
    """Take a report and show nothing."""
