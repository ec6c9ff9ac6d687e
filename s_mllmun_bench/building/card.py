"""A dataset folder's README.md: the configs that `datasets` reads, and what a reader must know.

The prose is ``builders/dataset_card.md``; here are only the figures that fill it. It holds no date, so
the same recipe and seed give the same file.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

import yaml

from s_mllmun_bench import contents
from s_mllmun_bench.building.audit import AUDITS
from s_mllmun_bench.building.people import Person, World
from s_mllmun_bench.building.recipe import Recipe
from s_mllmun_bench.building.sizes import FileSize, dataset_info
from s_mllmun_bench.data.identity import MARKER, DatasetIdentity, Withheld, front_matter
from s_mllmun_bench.data.layout import CONFIGS, DEFAULT_CONFIG, SHEET, TABLE_GROUPS, Table

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"))
"""The Hub's names for numbers of rows."""


def card(
    recipe: Recipe,
    identity: DatasetIdentity,
    world: World,
    command: str,
    sizes: Mapping[str, FileSize],
) -> str:
    """Return the text of a dataset folder's README.md.

    Args:
        recipe: as it was built, with its true numbers.
        identity: of the tables as they lie in the folder.
        world: what they hold.
        command: makes the same dataset again.
        sizes: of the folder's files.
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
        sheet=f"![Six of the people, with both images and some attributes]({SHEET})",
        splits=_split_table(sizes),
        questions=_question_table(world),
        groups=_group_table(world),
        parts=_part_table(recipe),
        audits=_audits(),
        licence=recipe.licence,
        image_licences=_image_licences(world.people),
        image_format=recipe.images.format.upper(),
        longest_side=recipe.images.longest_side,
    )
    rows = identity.people + identity.unseen
    head = {
        "pretty_name": recipe.title,
        "license": recipe.licence,
        "language": ["en"],
        "task_categories": ["visual-question-answering"],
        "tags": ["machine-unlearning", "multimodal", "privacy", "synthetic"],
        "size_categories": [next((name for size, name in _SIZES if rows < size), "10K<n<100K")],
    }
    return _joined(head, identity, sizes, prose)


def restated(text: str, identity: DatasetIdentity, sizes: Mapping[str, FileSize]) -> str:
    """Return a README for the same people with images left out, or filled in again.

    Args:
        text: the README as it was.
        identity: of the tables as they lie in the folder now.
        sizes: of the folder's files now.
    """
    head = front_matter(text)
    before = DatasetIdentity.model_validate(head[MARKER])
    prose = text.split("\n---\n\n", maxsplit=1)[1]
    if before.withheld:
        prose = prose.replace(_notice(before.withheld), "")
    prose = prose.replace(before.digest, identity.digest)
    if identity.withheld:
        title, rest = prose.split("\n", maxsplit=1)
        prose = f"{title}\n{_notice(identity.withheld)}{rest}"
    return _joined(head, identity, sizes, prose)


def _joined(
    head: Mapping[str, Any], identity: DatasetIdentity, sizes: Mapping[str, FileSize], prose: str
) -> str:
    own = {
        MARKER: identity.model_dump(exclude_none=True),
        "configs": [_config(name, identity) for name in CONFIGS],
        "dataset_info": dataset_info(sizes),
    }
    block = yaml.safe_dump({**head, **own}, sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{block}---\n\n{prose}"


def _notice(withheld: Withheld) -> str:
    """Return the paragraph on images that are not there, for below the title."""
    return (
        f"\n> {withheld.images} ophthalmic images are not in this copy: their owner gives them on request "
        "and does not let\n> them be passed on. With your own copy of them, `bench attach-ophthalmic DATASET "
        f"--ophthalmic DIR -o OUT`\n> fills them in: digest `{withheld.digest}`.\n"
    )


def _config(name: str, identity: DatasetIdentity) -> dict[str, Any]:
    """Return one entry of ``configs:``, with the digest for the sake of the cache (see `data.identity`)."""
    entry: dict[str, Any] = {"config_name": name}
    if name == DEFAULT_CONFIG:
        entry["default"] = True
    entry["description"] = f"content {identity.digest}"
    entry["data_files"] = [{"split": split, "path": list(paths)} for split, paths in CONFIGS[name].items()]
    return entry


def _split_table(sizes: Mapping[str, FileSize]) -> str:
    rows = (
        (f"`{config}`", f"`{split}`", str(sum(sizes[path].rows for path in paths)))
        for config, splits in CONFIGS.items()
        for split, paths in splits.items()
    )
    return _table(("config", "split", "rows"), rows)


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
    """Return a part's settings; of a folder of the builder's own machine its last name alone."""
    shown = {key: Path(value).name if key == "folder" else value for key, value in settings.items()}
    return ", ".join(f"{key} {value}" for key, value in shown.items()) or "none"


def _audits() -> str:
    return "\n".join(f"- {audit.__name__.replace('_', ' ')}" for audit in AUDITS)


def _image_licences(people: Sequence[Person]) -> str:
    """Return the licence notes of all images, the most frequent first."""
    notes = Counter(picture.licence for person in people for picture in (person.face, person.ophthalmic))
    return "\n".join(f"- {note} ({count} images)" for note, count in notes.most_common())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
