"""Every audit of a dataset folder: of its files, its splits and its people, each with its count.

The people are audited as they are before a build writes them; here comes first what only a folder can
get wrong. Nothing is read but the folder, so a dataset of anybody can be checked.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from s_mllmun_bench.building.audit import AUDITS
from s_mllmun_bench.building.audits.finding import Finding, listed
from s_mllmun_bench.building.groups import group_sizes
from s_mllmun_bench.building.stored import REPEATED, Stored, StoredRow, read_stored, world_of
from s_mllmun_bench.contracts import Progress
from s_mllmun_bench.data.identity import DatasetIdentity, files_digest, read_identity
from s_mllmun_bench.data.images import IMAGES
from s_mllmun_bench.data.layout import CONFIGS, TABLE_GROUPS, UNSEEN, table_path
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.records import RATIOS, Record

SHOWN = 5
"""Problems of one audit that a report repeats."""

State = Literal["passed", "failed", "not checked"]


class AuditResult(Record):
    """What one audit said."""

    audit: str
    """Its name, such as ``names_are_unique``."""
    state: State
    checked: int
    """Things that it looked at."""
    problems: int
    first: list[str]
    """The first few problems, one sentence each."""
    note: str | None


class CheckReport(Record):
    """All audits of one dataset folder."""

    dataset: str
    digest: str
    """As its README says."""
    audits: list[AuditResult]

    @property
    def failed(self) -> list[AuditResult]:
        """The audits that found a problem."""
        return [one for one in self.audits if one.state == "failed"]


def check(dataset: Path, progress: Progress) -> CheckReport:
    """Run every audit of a dataset folder.

    Args:
        dataset: the folder.
        progress: told of each audit.

    Raises:
        BenchError: it is no dataset folder.
    """
    identity = read_identity(dataset)
    total = len(AUDITS) + len(_FOLDER_AUDITS) + 1
    progress(0, total, "audits, reading")
    stored = read_stored(dataset)
    results = [_result("files_are_those_of_the_readme", _digest(dataset, identity))]
    for name, audit in _FOLDER_AUDITS.items():
        progress(len(results), total, f"audits, {name}")
        results.append(_result(name, audit(stored, identity)))
    world = None if stored.problems else world_of(stored)
    for of_people in AUDITS:
        name = of_people.__name__
        progress(len(results), total, f"audits, {name}")
        results.append(_result(name, Finding(0, note=_UNREADABLE) if world is None else of_people(world)))
    progress(total, total, "audits")
    return CheckReport(dataset=str(dataset), digest=identity.digest, audits=results)


def require_checked(dataset: Path, progress: Progress) -> None:
    """Check that a dataset folder passes every audit.

    Raises:
        BenchError: it does not, or it is no dataset folder; the text has the first problem.
    """
    failed = check(dataset, progress).failed
    if failed:
        more = f" (and {len(failed) - 1} more audits)" if len(failed) > 1 else ""
        raise BenchError(
            f"{dataset} fails the audit {failed[0].audit}: {failed[0].first[0]}{more}; "
            f"see them all with: bench check {dataset}"
        )


_UNREADABLE = "the tables cannot be read as a whole"
_TABLES_OF_PEOPLE = [
    (table, group) for table, groups in TABLE_GROUPS.items() if table != "refusals" for group in groups
]


def _result(name: str, finding: Finding) -> AuditResult:
    state: State = "failed" if finding.problems else "passed" if finding.checked else "not checked"
    return AuditResult(
        audit=name,
        state=state,
        checked=finding.checked,
        problems=len(finding.problems),
        first=list(finding.problems[:SHOWN]),
        note=finding.note,
    )


def _digest(dataset: Path, identity: DatasetIdentity) -> Finding:
    """Compare the files with the digest in the README."""
    found = files_digest(dataset)
    files = sum(len(groups) for groups in TABLE_GROUPS.values())
    if found == identity.digest:
        return Finding(files, note=f"SHA-256 {found[:16]}…")
    return Finding(files, [f"the README says digest {identity.digest}, the files have {found}"])


def _tables_have_their_columns(stored: Stored, identity: DatasetIdentity) -> Finding:
    return Finding(len(stored.rows) + bool(stored.refusals), stored.problems)


def _counts_are_those_of_the_readme(stored: Stored, identity: DatasetIdentity) -> Finding:
    """Compare the rows of every file with the counts in the README and the groups' sizes."""
    wanted: dict[str, int] = {**group_sizes(identity.people), UNSEEN: identity.unseen}
    problems = []
    for table, group in _TABLES_OF_PEOPLE:
        rows = stored.rows.get((table, group))
        if rows is None:
            problems.append(f"{table_path(table, group)} cannot be counted: it is not there, or not readable")
        elif len(rows) != wanted[group]:
            problems.append(
                f"{table_path(table, group)} has {len(rows)} people, and {wanted[group]} belong there"
            )
    if len(stored.refusals) != identity.refusals:
        problems.append(f"there are {len(stored.refusals)} refusals, and the README says {identity.refusals}")
    return Finding(sum(map(len, stored.rows.values())) + len(stored.refusals), problems, _split_sizes(stored))


def _split_sizes(stored: Stored) -> str:
    """Return such as ``eval_05 50 + 950 + 100``, one for every config; ``?`` where a file is missing."""
    sizes = {table_path(*key): len(rows) for key, rows in stored.rows.items()}
    if stored.refusals:
        sizes[table_path("refusals", "all")] = len(stored.refusals)

    def size(paths: Sequence[str]) -> str:
        return str(sum(sizes[path] for path in paths)) if sizes.keys() >= set(paths) else "?"

    return ", ".join(
        f"{config} {' + '.join(map(size, splits.values()))}" for config, splits in CONFIGS.items()
    )


def _groups_are_disjoint_and_nested(stored: Stored, identity: DatasetIdentity) -> Finding:
    """Look at who is in which group, and at the splits that are made of them."""
    problems = [*_misplaced(stored), *_unlike_profiles(stored)]
    people = {table_path(*key): {row.person for row in rows} for key, rows in stored.rows.items()}
    of = {
        (config, split): set().union(*(people.get(path, set()) for path in paths))
        for config, splits in CONFIGS.items()
        for split, paths in splits.items()
    }
    for ratio in RATIOS:
        forget, retain, few = (
            of[f"{config}_{ratio:02}", split]
            for config, split in (("eval", "forget"), ("eval", "retain"), ("unlearn", "retain"))
        )
        if both := forget & (retain | few | of["profiles", "unseen"]):
            problems.append(f"at {ratio} %, {listed(both)} are to be forgotten and to be kept")
        if lost := few - retain:
            problems.append(f"at {ratio} %, {listed(lost)} are in the few-shot retain set alone")
        smaller = of.get((f"eval_{ratio - 5:02}", "forget"), set())
        if outside := smaller - forget:
            problems.append(f"{listed(outside)} are forgotten at {ratio - 5} % and not at {ratio} %")
    return Finding(
        sum(len(rows) for (table, _), rows in stored.rows.items() if table == "profiles"), problems
    )


def _misplaced(stored: Stored) -> Iterator[str]:
    """Yield the people that a file of another group holds, or that are in a table twice."""
    for (table, group), rows in stored.rows.items():
        for row in rows:
            if row.group != group:
                yield f"{table_path(table, group)} holds {row.person}, whose group is {row.group}"
    for table in ("profiles", *REPEATED):
        seen = Counter(row.person for (of, _), rows in stored.rows.items() if of == table for row in rows)
        yield from (f"{person} is {times} times in {table}" for person, times in seen.items() if times > 1)


def _unlike_profiles(stored: Stored) -> Iterator[str]:
    """Yield the files that hold other people than the profiles of their group."""
    for (table, group), rows in stored.rows.items():
        known = {row.person for row in stored.rows.get(("profiles", group), [])}
        other = known ^ {row.person for row in rows}
        if other:
            yield f"{table_path(table, group)} and the profiles differ in {listed(other)}"


def _tables_show_the_same_images(stored: Stored, identity: DatasetIdentity) -> Finding:
    """Compare every table's images, and the digests in the profiles, with the profiles' images."""
    profiles = {
        row.person: row for (table, _), rows in stored.rows.items() if table == "profiles" for row in rows
    }
    problems = [
        f"the {kind} image of {row.person} is not the one whose SHA-256 its profile gives"
        for row in profiles.values()
        for kind in IMAGES
        if row.digests[kind] not in (None, row.texts[f"{kind}_sha256"])
    ]
    checked = len(profiles)
    for (table, group), rows in stored.rows.items():
        for row in rows if table in REPEATED else ():
            checked += 1
            own = profiles.get(row.person)
            if own is not None and row.digests != own.digests:
                problems.append(
                    f"{table_path(table, group)} shows other images of {row.person} than profiles"
                )
    return Finding(2 * checked, problems, _withheld(list(profiles.values())))


def _withheld(profiles: Sequence[StoredRow]) -> str | None:
    """Return how many images are not there, if any."""
    withheld = sum(digest is None for row in profiles for digest in row.digests.values())
    return f"{withheld} images are withheld" if withheld else None


_FOLDER_AUDITS: dict[str, Callable[[Stored, DatasetIdentity], Finding]] = {
    "tables_have_their_columns": _tables_have_their_columns,
    "counts_are_those_of_the_readme": _counts_are_those_of_the_readme,
    "groups_are_disjoint_and_nested": _groups_are_disjoint_and_nested,
    "tables_show_the_same_images": _tables_show_the_same_images,
}
"""What only a folder can get wrong."""
