"""A dataset folder's README.md: the configs that `datasets` reads, and what a reader must know.

The prose is ``builders/dataset_card.md``; here are only the figures that fill it. It holds no date, so
the same recipe and seed give the same file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from string import Template
from typing import Any

import yaml

from s_mllmun_bench import contents
from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.building.recipe import Recipe
from s_mllmun_bench.data.identity import MARKER, DatasetIdentity
from s_mllmun_bench.data.layout import CONFIGS, DEFAULT_CONFIG, TABLE_GROUPS, Table, table_path

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"))
"""The Hub's names for numbers of rows."""


def card(recipe: Recipe, identity: DatasetIdentity, world: World, command: str) -> str:
    """Return the text of a dataset folder's README.md.

    Args:
        recipe: as it was built, with its true numbers.
        identity: of the tables as they lie in the folder.
        world: what they hold.
        command: makes the same dataset again.
    """
    template = Template((contents.folder("builders") / "dataset_card.md").read_text(encoding="utf-8"))
    prose = template.substitute(
        title=recipe.title,
        recipe=identity.recipe,
        version=identity.version,
        seed=identity.seed,
        people=identity.people,
        unseen=identity.unseen,
        refusals=identity.refusals,
        digest=identity.digest,
        command=command,
        splits=_split_table(world),
        questions=_question_table(world),
        groups=_group_table(world),
        parts=_part_table(recipe),
        licence=recipe.licence,
        image_licences=_image_licences(world.people),
        image_format=recipe.images.format.upper(),
        longest_side=recipe.images.longest_side,
    )
    return f"---\n{_front_matter(recipe, identity)}---\n\n{prose}"


def _front_matter(recipe: Recipe, identity: DatasetIdentity) -> str:
    rows = identity.people + identity.unseen
    block = {
        "pretty_name": recipe.title,
        "license": recipe.licence,
        "language": ["en"],
        "task_categories": ["visual-question-answering"],
        "tags": ["machine-unlearning", "multimodal", "privacy", "synthetic"],
        "size_categories": [next((name for size, name in _SIZES if rows < size), "10K<n<100K")],
        MARKER: identity.model_dump(),
        "configs": [_config(name, identity) for name in CONFIGS],
    }
    return yaml.safe_dump(block, sort_keys=False, allow_unicode=True, width=100)


def _config(name: str, identity: DatasetIdentity) -> dict[str, Any]:
    """Return one entry of ``configs:``, with the digest for the sake of the cache (see `data.identity`)."""
    entry: dict[str, Any] = {"config_name": name}
    if name == DEFAULT_CONFIG:
        entry["default"] = True
    entry["description"] = f"content {identity.digest}"
    entry["data_files"] = [{"split": split, "path": list(paths)} for split, paths in CONFIGS[name].items()]
    return entry


def _split_table(world: World) -> str:
    sizes = dict(_file_sizes(world))
    rows = (
        (f"`{config}`", f"`{split}`", str(sum(sizes[path] for path in paths)))
        for config, splits in CONFIGS.items()
        for split, paths in splits.items()
    )
    return _table(("config", "split", "rows"), rows)


def _file_sizes(world: World) -> Iterable[tuple[str, int]]:
    """Yield each parquet file and its number of rows."""
    people = Counter(person.group for person in world.people)
    for table, groups in TABLE_GROUPS.items():
        for group in groups:
            yield table_path(table, group), len(world.refusals) if table == "refusals" else people[group]


def _question_table(world: World) -> str:
    tables: Sequence[Table] = ("finetune", "unlearn", "evaluation")
    counts = Counter(
        (table, row.task) for person in world.people for table in tables for row in _stored(person, table)
    )
    tasks = ("text_memory", "image_memory", "image_understanding")
    rows = ((f"`{table}`", *(str(counts[table, task]) for task in tasks)) for table in tables)
    return _table(("table", "text memory", "image memory", "image understanding"), rows)


def _stored(person: Person, table: Table) -> Sequence[Any]:
    """Return a person's questions in a table; groups that a table does not hold have none in it."""
    return getattr(person.written, table) if person.group in TABLE_GROUPS[table] else ()


def _group_table(world: World) -> str:
    groups = TABLE_GROUPS["profiles"]
    return _table(groups, [tuple(str(len(world.of(group))) for group in groups)])


def _part_table(recipe: Recipe) -> str:
    parts = {"faces": recipe.faces, "ophthalmic images": recipe.ophthalmic, "texts": recipe.writer}
    return _table(
        ("part", "made by", "settings"), ((k, f"`{p.name}`", _settings(p.settings)) for k, p in parts.items())
    )


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in settings.items()) or "none"


def _image_licences(people: Sequence[Person]) -> str:
    """Return the licence notes of all images, the most frequent first."""
    notes = Counter(picture.licence for person in people for picture in (person.face, person.ophthalmic))
    return "\n".join(f"- {note} ({count} images)" for note, count in notes.most_common())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
