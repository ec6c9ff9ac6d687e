"""``bench check``: a dataset as it is built passes, and every way to break one is called by its name."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from broken import Change, broken, of_person, of_question, person_in, profiles, redigest
from PIL import Image, ImageEnhance
from typer.testing import CliRunner

from s_mllmun_bench.building.audits.truth import MOST_DISPUTED
from s_mllmun_bench.building.check import CheckReport, check, require_checked
from s_mllmun_bench.building.tables import features, write_rows
from s_mllmun_bench.cli import app
from s_mllmun_bench.data.layout import table_path
from s_mllmun_bench.errors import BenchError


def silent(done: int, total: int, what: str) -> None:
    pass


def checked(folder: Path) -> CheckReport:
    return check(folder, silent)


def failures(folder: Path) -> dict[str, str]:
    """Return the first problem of every audit that fails."""
    return {one.audit: one.first[0] for one in checked(folder).failed}


def test_a_dataset_as_it_is_built_passes_every_audit_that_has_something_to_look_at(mini_data: Path) -> None:
    report = checked(mini_data)
    assert report.failed == []
    unchecked = [one.audit for one in report.audits if one.state == "not checked"]
    assert unchecked == ["understanding_is_confirmed_by_a_second_reading"]
    counts = {one.audit: one.checked for one in report.audits}
    # 20 people and 2 unseen; 22 fixed questions of the 20, 25 of evaluation of all 22.
    assert counts["names_are_unique"] == 22
    assert counts["images_are_unique"] == 44
    assert counts["question_ids_are_unique"] == 20 * 22 + 22 * 25
    assert counts["refusals_are_distinct"] == 1000
    assert counts["evaluation_is_newly_worded"] == 22 * 25
    # All but the 4 understanding questions on the face have a template.
    assert counts["evaluation_is_far_from_templates"] == 22 * 21
    note = next(one.note for one in report.audits if one.audit == "evaluation_is_far_from_templates")
    assert note is not None
    assert note.startswith("ROUGE-L: median 0.")


def test_the_plain_recipe_passes_as_well(plain_data: Path) -> None:
    assert checked(plain_data).failed == []


def rename(folder: Path) -> Change:
    other = person_in(folder, "b")
    name = next(row["name"] for row in profiles(folder) if row["person"] == other)
    return of_person(person_in(folder, "a"), lambda row: row.update(name=name), "profiles")


def with_image_of(folder: Path, made: Callable[[bytes], bytes]) -> Change:
    """Return the change that gives one person what is made of the face of another, in every table."""
    import hashlib

    data = made(
        next(row["face"]["bytes"] for row in profiles(folder) if row["person"] == person_in(folder, "b"))
    )

    def change(row: dict) -> None:
        row["face"] = row["face"] | {"bytes": data}
        if "face_sha256" in row:
            row["face_sha256"] = hashlib.sha256(data).hexdigest()

    return of_person(person_in(folder, "a"), change)


def brighter(data: bytes) -> bytes:
    buffer = io.BytesIO()
    ImageEnhance.Brightness(Image.open(io.BytesIO(data))).enhance(1.05).resize((90, 90)).save(buffer, "PNG")
    return buffer.getvalue()


def is_about(task: str, attribute: str) -> Callable[[dict], bool]:
    return lambda row: (row["task"], row["attribute"]) == (task, attribute)


def as_template(folder: Path) -> Change:
    return of_question(
        person_in(folder, "g"),
        "evaluation",
        is_about("image_memory", "born"),
        question="Where was this person BORN?",
    )


def near_template(folder: Path) -> Change:
    asked = is_about("image_memory", "ophthalmic_clinical_description")
    question = "What is the ophthalmic clinical description of this person here?"
    return of_question(person_in(folder, "g"), "evaluation", asked, question=question)


def leaked(folder: Path) -> Change:
    """Return the change that teaches an evaluation question."""
    person = person_in(folder, "a")
    rows = pq.read_table(folder / table_path("evaluation", "a")).to_pylist()
    born = next(one for one in rows[0]["questions"] if is_about("image_memory", "born")(one))
    changes = [
        of_question(person, table, is_about("image_memory", "born"), question=born["question"])
        for table in ("finetune", "unlearn")
    ]
    return lambda table, group, rows: changes[0](table, group, changes[1](table, group, rows))


def lying(folder: Path) -> Change:
    """Return the change of every answer on glasses and the like to its contrary."""

    def change(table: str, group: str, rows: list[dict]) -> list[dict]:
        for row in rows if table == "evaluation" else ():
            row["questions"] = [
                one | {"answer": "No.", "value": "no"} if one["value"] == "yes" else one
                for one in row["questions"]
            ]
        return rows

    return change


def twice(folder: Path) -> Change:
    """Return the change that puts a person to be forgotten among the kept, in place of another."""
    taken = {
        table: pq.read_table(folder / table_path(table, "a")).to_pylist()[0]
        for table in ("profiles", "finetune", "evaluation")
    }
    return lambda table, group, rows: [taken[table], *rows[1:]] if group == "g" else rows


def repeated_refusal(folder: Path) -> Change:
    def change(table: str, group: str, rows: list[dict]) -> list[dict]:
        if table == "refusals":
            rows[1] = {"refusal": rows[0]["refusal"].upper().rstrip(".") + " !"}
        return rows

    return change


def one_city(folder: Path) -> Change:
    def change(table: str, group: str, rows: list[dict]) -> list[dict]:
        for row in rows if table == "profiles" and group == "g" else ():
            row["residence"] = "Lviv, Ukraine"
        return rows

    return change


def repeated_id(folder: Path) -> Change:
    person = person_in(folder, "g")
    return of_question(person, "evaluation", is_about("image_memory", "born"), id=f"{person}-fixed-01")


def contradicted(folder: Path) -> Change:
    """Return the change that adds a second reading which says something else."""
    rows = pq.read_table(folder / table_path("evaluation", "a")).to_pylist()
    seen = next(one for one in rows[0]["questions"] if one["task"] == "image_understanding")
    readings = json.dumps({seen["id"]: "I cannot see that."})
    return of_person(person_in(folder, "a"), lambda row: row.update(second_readings=readings), "profiles")


def in_profile(**values: object) -> Callable[[Path], Change]:
    return lambda folder: of_person(person_in(folder, "a"), lambda row: row.update(values), "profiles")


def in_evaluation(task: str, attribute: str, /, **values: object) -> Callable[[Path], Change]:
    return lambda folder: of_question(
        person_in(folder, "g"), "evaluation", is_about(task, attribute), **values
    )


WAYS: dict[str, tuple[Callable[[Path], Change], dict[str, str]]] = {
    "two people of one name": (
        rename,
        {
            "names_are_unique": "occurs 2 times",
            "names_stand_where_they_ask": "lacks the person's name",
            "answers_state_their_values": "is not the profile's name",
        },
    ),
    "one face twice": (
        lambda folder: with_image_of(folder, lambda data: data),
        {"images_are_unique": "occurs 2 times", "images_look_different": "look the same"},
    ),
    "a face scaled and brightened": (
        lambda folder: with_image_of(folder, brighter),
        {"images_look_different": "the faces of "},
    ),
    "an image cut off": (
        lambda folder: with_image_of(folder, lambda data: data[: len(data) // 2]),
        {"images_open": "cannot be opened"},
    ),
    "an image exchanged in one table": (
        lambda folder: of_person(
            person_in(folder, "a"), lambda row: row.update(face=row["ophthalmic"]), "finetune"
        ),
        {"tables_show_the_same_images": "shows other images of "},
    ),
    "no licence": (in_profile(face_licence=" "), {"images_have_source_and_licence": "has no licence"}),
    "a day that does not exist": (
        in_profile(date_of_birth="1995-02-30"),
        {"values_are_plausible": "'1995-02-30'", "answers_state_their_values": "date_of_birth '1995-02-30'"},
    ),
    "everybody in one city": (
        one_city,
        {
            "values_are_varied": "city of residence 'lviv' is that of 14 people of 22; at most 5",
            "answers_state_their_values": "residence",
        },
    ),
    "a template in the evaluation": (
        as_template,
        {
            "evaluation_is_newly_worded": "worded as in fine-tuning",
            "evaluation_is_far_from_templates": "1.00",
        },
    ),
    "a wording too near": (
        near_template,
        {"evaluation_is_far_from_templates": "(ROUGE-L 0.95, at most 0.92)"},
    ),
    "an evaluation question in training": (
        leaked,
        {
            "evaluation_is_newly_worded": "worded as in fine-tuning",
            "evaluation_is_far_from_templates": "1.00",
        },
    ),
    "an answer without its value": (
        in_evaluation("text_memory", "born", answer="Born somewhere."),
        {"answers_state_their_values": "does not state the born "},
    ),
    "a value that is another's": (
        in_evaluation("text_memory", "born", answer="Born in Oslo, Norway.", value="Oslo, Norway"),
        {"answers_state_their_values": "'Oslo, Norway', is not the profile's born"},
    ),
    "answers that the picture contradicts": (
        lying,
        {"understanding_holds_against_the_picture": "does not hold"},
    ),
    "a second reading that contradicts": (
        contradicted,
        {"understanding_is_confirmed_by_a_second_reading": "reading of the picture: 'I cannot see that.'"},
    ),
    "a person in two groups": (
        twice,
        {"groups_are_disjoint_and_nested": ", whose group is a", "names_are_unique": "occurs 2 times"},
    ),
    "a refusal in other letters": (repeated_refusal, {"refusals_are_distinct": "occurs 2 times"}),
    "an id twice": (repeated_id, {"question_ids_are_unique": "-fixed-01' occurs 2 times"}),
    "the name beside the face": (
        in_evaluation("image_memory", "born", image=None),
        {"images_fit_tasks": "shows no image", "names_stand_where_they_ask": "lacks the person's name"},
    ),
    "a question left out": (
        lambda folder: of_person(person_in(folder, "g"), lambda row: row["questions"].pop(), "evaluation"),
        {"evaluation_is_complete": "has 4 face and 0 ophthalmic understanding questions"},
    ),
    "understanding in the unlearning tables": (
        lambda folder: of_person(person_in(folder, "a"), lambda row: row["questions"].pop(), "unlearn"),
        {"unlearning_is_the_private_part": "are not the private part"},
    ),
    "somebody missing": (
        lambda folder: lambda table, group, rows: rows[1:] if (table, group) == ("evaluation", "g") else rows,
        {
            "counts_are_those_of_the_readme": "data/evaluation/g.parquet has 13 people, and 14 belong there",
            "groups_are_disjoint_and_nested": "data/evaluation/g.parquet and the profiles differ in",
            "evaluation_is_complete": "has 0 text_memory questions",
        },
    ),
    "a task that there is not": (
        in_evaluation("text_memory", "born", task="hearsay"),
        {"tables_have_their_columns": "task: input should be 'image_understanding'"},
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_dataset_broken_in_one_way_is_called_by_that_way(way: str, mini_data: Path, tmp_path: Path) -> None:
    change, expected = WAYS[way]
    found = failures(broken(mini_data, tmp_path / "broken", change(mini_data)))
    for audit, part in expected.items():
        assert part in found.get(audit, f"nothing; failed: {found}")
    if way not in ("a person in two groups",):  # its images and questions are there twice, too
        assert set(found) == set(expected)


def test_files_that_differ_from_the_readme_are_called_so_and_no_other_audit_fails(
    mini_data: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(mini_data, tmp_path / "copy")
    rows = pq.read_table(copy / "data/refusals/all.parquet").to_pylist()
    write_rows(copy / "data/refusals/all.parquet", features("refusals"), [*rows[:-1], {"refusal": "Pass."}])
    assert list(failures(copy)) == ["files_are_those_of_the_readme"]


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda path: path.unlink(), "data/unlearn/a.parquet is missing"),
        (lambda path: path.write_bytes(b"PAR1 and no more"), "data/unlearn/a.parquet cannot be read: "),
        (
            lambda path: pq.write_table(pq.read_table(path).drop_columns("face"), path),
            "data/unlearn/a.parquet lacks the column 'face'",
        ),
        (
            lambda path: pq.write_table(pq.read_table(path).rename_columns(["who", *"bcde"]), path),
            "data/unlearn/a.parquet lacks the column 'person'",
        ),
        (
            lambda path: path.with_name("more.parquet").write_bytes(b""),
            "data/unlearn/more.parquet is no file of a dataset",
        ),
    ],
)
def test_a_file_that_cannot_be_read_leaves_the_people_unchecked(
    damage: Callable[[Path], None], problem: str, mini_data: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(mini_data, tmp_path / "copy")
    damage(copy / "data/unlearn/a.parquet")
    redigest(copy)
    report = checked(copy)
    assert problem in next(one.first[0] for one in report.failed)
    states = {one.audit: one.state for one in report.audits}
    assert states["tables_have_their_columns"] == "failed"
    assert states["names_are_unique"] == "not checked"


@pytest.mark.parametrize("table", ["unlearn/c", "profiles/g", "evaluation/unseen"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
def test_a_file_that_is_not_there_or_cut_off_is_no_count(
    damage: Callable[[Path], None], table: str, mini_data: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(mini_data, tmp_path / "copy")
    damage(copy / f"data/{table}.parquet")
    counted = next(one for one in checked(copy).audits if one.audit == "counts_are_those_of_the_readme")
    assert counted.first == [
        f"data/{table}.parquet cannot be counted: it is not there, or not readable",
    ]
    assert counted.note is not None
    assert "?" in counted.note
    shown = CliRunner().invoke(app, ["check", str(copy)])
    assert shown.stdout.count("the tables cannot be read as a whole") == 1
    assert "19 audits: the tables cannot be read as a whole" in shown.stdout


def test_the_command_shows_a_table_and_ends_with_status_1_if_an_audit_fails(
    mini_data: Path, tmp_path: Path
) -> None:
    good = CliRunner().invoke(app, ["check", str(mini_data)])
    assert good.exit_code == 0
    assert "names are unique" in good.stdout
    assert good.stdout.rstrip().endswith("passes 23 audits, 1 had nothing to look at")
    bad = broken(mini_data, tmp_path / "bad", in_profile(face_licence="")(mini_data))
    shown = CliRunner().invoke(app, ["check", str(bad)])
    assert shown.exit_code == 1
    assert "images have source and licence: the face image of" in shown.stdout
    assert "FAILS 1 of 24 audits" in shown.stdout
    as_json = CliRunner().invoke(app, ["check", str(bad), "--json"])
    assert as_json.exit_code == 1
    report = json.loads(as_json.stdout)
    assert [one["audit"] for one in report["audits"] if one["state"] == "failed"] == [
        "images_have_source_and_licence"
    ]
    with pytest.raises(
        BenchError, match=r"fails the audit images_have_source_and_licence: .*; see them all with"
    ):
        require_checked(bad, silent)


def test_a_folder_that_is_no_dataset_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="is not a dataset folder"):
        check(tmp_path, silent)


def test_a_few_disputed_readings_are_borne_and_their_share_is_told(mini_data: Path, tmp_path: Path) -> None:
    rows = pq.read_table(mini_data / table_path("evaluation", "g")).to_pylist()
    seen = {
        row["person"]: {
            one["id"]: one["answer"]
            for one in row["questions"]
            if one["task"] == "image_understanding" and one["image"] == "face"
        }
        for row in rows
    }
    # 14 people, 4 questions each: one of 56 disputed is 1.8 %.
    first = seen[rows[0]["person"]]
    first[next(iter(first))] = "That cannot be told."

    def change(table: str, group: str, rows: list[dict]) -> list[dict]:
        for row in rows if (table, group) == ("profiles", "g") else ():
            row["second_readings"] = json.dumps(seen[row["person"]])
        return rows

    report = checked(broken(mini_data, tmp_path / "read", change))
    assert report.failed == []
    last = report.audits[-1]
    assert (last.audit, last.state, last.checked) == (
        "understanding_is_confirmed_by_a_second_reading",
        "passed",
        56,
    )
    assert last.note == "1.8 % disagree, at most 5 % may; no answer rests on one reading"
    assert MOST_DISPUTED == 0.05
