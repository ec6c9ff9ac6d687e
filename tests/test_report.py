"""The report as a file: what it holds, how it is escaped, what it weighs and what it refuses."""

import base64
import io
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from reported import a_report_run, asked
from scripted import silent
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.reporting.page import pictures
from s_mllmun_bench.reporting.page.answers import asked_questions, some_questions
from s_mllmun_bench.reporting.page.assembly import ASSETS, SCRIPTS, STYLES, answers_section, table_section
from s_mllmun_bench.reporting.page.markup import Markup, json_text, lone, packed, tag
from s_mllmun_bench.reporting.page.pictures import LARGE, Pictures, read_pictures
from s_mllmun_bench.reporting.page.report import write_report
from s_mllmun_bench.reporting.paper_tables import table1
from s_mllmun_bench.reporting.rows import read_runs
from s_mllmun_bench.running.run import open_run
from s_mllmun_bench.scoring import classes

NASTY = "</script><script>alert(1)</script><!-- \u2028 & \u05e9\u05dc\u05d5\u05dd"


def data_of(page: str) -> dict[str, Any]:
    """Return what the browser of answers is given."""
    found = re.search(r'id="data">([^<]*)</script>', page)
    assert found
    return json.loads(zlib.decompress(base64.b64decode(found[1])))


def pictures_of(page: str) -> list[str]:
    found = re.search(r'id="pictures">([^<]*)</script>', page)
    assert found
    return json.loads(found[1])


def an_image(address: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(address.removeprefix("data:image/webp;base64,"))))


@pytest.fixture(scope="module")
def runs(mini_data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return a plain model's run and an unlearned one's that says what would break a careless page."""
    home = tmp_path_factory.mktemp("runs")
    questions, data = asked(mini_data, limit=2), str(mini_data)
    nothing = questions[0][1].id
    return [
        a_report_run(home / "plain", questions, data=data, limit=2),
        a_report_run(
            home / "smfa",
            questions,
            says=lambda name, one: None if one.id == nothing else NASTY if name == "forget" else one.answer,
            fact=lambda name, one: None if one.id == nothing else 0.0 if name == "forget" else 10.0,
            method="smfa",
            data=data,
            limit=2,
        ),
    ]


@pytest.fixture(scope="module")
def written(runs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of their report."""
    output = tmp_path_factory.mktemp("report")
    write_report(runs, output, silent)
    return output


def test_text_becomes_html_only_by_being_escaped():
    assert tag("p", "<b>", tag("i", "&"), title='"') == '<p title="&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert (
        tag("p", Markup("<b>"), class_="x", data_y=1, hidden="", id=None)
        == '<p class="x" data-y="1" hidden><b></p>'
    )
    assert lone("img", alt="a") == '<img alt="a">'


def test_json_in_a_script_holds_nothing_that_could_end_it():
    text = json_text({"a": NASTY})
    assert not set("<>&\u2028") & set(text)
    assert text.isascii()
    assert json.loads(text) == {"a": NASTY}


def test_packed_json_is_deflated_and_keeps_half_of_a_surrogate_pair():
    value = {"a": ["\ud83d", NASTY, None, 0]}
    text = packed(value)
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", text)
    assert json.loads(zlib.decompress(base64.b64decode(text))) == value


def test_a_number_that_json_cannot_hold_is_an_error():
    with pytest.raises(ValueError, match="Out of range"):
        json_text(float("nan"))


def test_the_page_has_one_script_and_no_address_to_load_from(written: Path):
    page = (written / "report.html").read_text(encoding="utf-8")
    assert len(re.findall(r"<script>", page)) == 1
    assert len(re.findall(r'<script type="application/json"', page)) == 2
    assert page.count("</script>") == 3
    assert "alert(1)" not in page
    outside = re.findall(r'(?:src|href|action)="(?!#|data:)[^"]*"', page)
    assert outside == []
    assert "content=\"default-src 'none'; script-src" in page


def test_every_asset_is_in_the_page_and_each_file_stays_small():
    files = {path.name for path in ASSETS.iterdir() if path.suffix in (".js", ".css")}
    assert files == {*STYLES, *SCRIPTS}
    for path in ASSETS.iterdir():
        assert len(path.read_text(encoding="utf-8").splitlines()) < 300, path.name


def test_the_answers_stand_side_by_side_and_what_is_missing_is_null(written: Path, runs: list[Path]):
    data = data_of((written / "report.html").read_text(encoding="utf-8"))
    assert data["runs"] == ["Original", "SMFA"]
    texts, questions, (plain, smfa) = data["texts"], data["questions"], data["answers"]
    assert len(questions["id"]) == 75
    assert len(set(texts)) == len(texts)
    first = smfa["text"].index(-1)
    assert (smfa["fact"][first], smfa["rouge_l"][first], smfa["kind"][first]) == (None, None, -1)
    assert texts[smfa["failure"][first]] == "timeout: no reply after 60 s"
    assert smfa["meaningful"][first] == 10
    assert texts[plain["text"][first]] == texts[questions["reference"][first]]
    said = {texts[place] for place, name in zip(smfa["text"], questions["set"], strict=True) if name == 0}
    assert NASTY in said


def test_an_image_is_in_the_page_once(written: Path):
    page = (written / "report.html").read_text(encoding="utf-8")
    shown, questions = pictures_of(page), data_of(page)["questions"]
    # Three people, each with a face and an ophthalmic image.
    assert len(shown) == len(set(shown)) == 6
    assert set(questions["picture"]) == {-1, 0, 1, 2, 3, 4, 5}
    assert max(an_image(shown[0]).size) <= LARGE


def test_missing_scores_are_said_at_the_top(written: Path):
    page = (written / "report.html").read_text(encoding="utf-8")
    assert "SMFA: degraded" in page
    assert "some_fact scored 74 of 75 (98.7%): 1 parse" in page
    assert "98.7%</dd>" in page


def test_a_limited_run_is_said_to_be_one_at_the_top_and_below_the_tables(written: Path):
    said = "Limited to 2 people of each set; for a look only"
    page = (written / "report.html").read_text(encoding="utf-8")
    assert f"% of the people to forget. {said}</p>" in page
    assert page.count(said) == 2
    table = (written / "tables/table1.tex").read_text(encoding="utf-8")
    assert f"intervals over people. {said}." in table


def test_the_tables_lie_beside_the_page(written: Path):
    assert sorted(path.name for path in (written / "tables").iterdir()) == ["table1.csv", "table1.tex"]


def test_the_best_of_a_column_is_marked_and_numbers_have_notes(mini_data: Path, tmp_path: Path):
    questions = asked(mini_data, limit=2)
    runs = [
        a_report_run(tmp_path / method, questions, fact=lambda *_, s=score: s, method=method)
        for method, score in (("smfa", 2.0), ("idk_tuning", 4.0))
    ]
    html = table_section(table1(read_runs(runs)), "table1").markup
    cells = [part for part in html.split("<td") if 'data-value="4"' in part]
    # One person to forget, and no interval; two to keep.
    note = "best; no interval: fewer than two people; 5 answers"
    assert (f'<b><span class="value">4.00</span></b><span class="unseen"> {note}</span>') in cells[0]
    assert "best; 95 % interval 4.00 to 4.00; 20 answers" in cells[-1]
    assert 'class="begins best"' not in cells[-1]
    assert "second best; " in html


def test_a_page_of_some_answers_says_so():
    assert "This page holds 30 of 1,500 questions" in answers_section(30, 1500).markup
    assert "This page holds" not in answers_section(30, 30).markup


def test_questions_left_out_are_spread_evenly(runs: list[Path]):
    every = asked_questions(open_run(runs[0]).answers.read())
    assert some_questions(every, None) == some_questions(every, 75) == every
    assert some_questions(every, 10) == every[:10]
    assert some_questions(every, 27) == [*every[:25], every[25], every[50]]
    assert some_questions(every, 0) == []


@pytest.mark.slow
def test_a_report_without_answers_has_no_browser_of_answers(runs: list[Path], tmp_path: Path):
    written = write_report(runs, tmp_path, silent, most=0)
    page = written.page.read_text(encoding="utf-8")
    assert 'id="answers"' not in page
    assert (written.questions, written.images, written.note) == (0, 0, None)


def test_a_dataset_that_is_gone_costs_the_images_alone(mini_data: Path, tmp_path: Path):
    questions = asked(mini_data, limit=1)
    run = open_run(a_report_run(tmp_path / "run", questions, data="gone", limit=1))
    found = read_pictures(run.manifest, None, {one.id for _, one in questions}, silent)
    assert found == Pictures(
        (), {}, "Without images: the dataset is not at gone any more; give it with --data"
    )


def test_another_dataset_is_said_or_refused(mini_data: Path, plain_data: Path, tmp_path: Path):
    questions = asked(mini_data, limit=1)
    ids = {one.id for _, one in questions}
    where = a_report_run(tmp_path / "run", questions, data=str(plain_data), digest_of=mini_data, limit=1)
    manifest = open_run(where).manifest
    wrong = f"{plain_data} is not the dataset that the runs were asked about"
    assert read_pictures(manifest, None, ids, silent).note == (
        f"Without images: {wrong}; give it with --data"
    )
    with pytest.raises(BenchError, match="its digest differs"):
        read_pictures(manifest, str(plain_data), ids, silent)
    assert len(read_pictures(manifest, str(mini_data), ids, silent).addresses) == 4


def test_where_there_are_many_images_they_are_smaller(mini_data: Path, tmp_path: Path, monkeypatch):
    questions = asked(mini_data, limit=1)
    manifest = open_run(a_report_run(tmp_path / "run", questions, data=str(mini_data), limit=1)).manifest
    monkeypatch.setattr(pictures, "FEW", 3)
    monkeypatch.setattr(pictures, "SMALL", 16)
    found = read_pictures(manifest, None, {one.id for _, one in questions}, silent)
    assert {max(an_image(one).size) for one in found.addresses} == {16}


def test_bad_input_is_one_line_and_writes_nothing(runs: list[Path], tmp_path: Path):
    file = tmp_path / "file"
    file.touch()
    for arguments, said in [
        ([tmp_path, "-o", tmp_path / "new"], f"{tmp_path} is not a run: it has no manifest.json"),
        ([*runs, "-o", file], f"{file} is a file; give a folder for the report"),
        ([*runs, "--answers", "-1", "-o", tmp_path / "new"], "--answers is a number of questions or all"),
        ([runs[0], runs[0], "-o", tmp_path / "new"], f"{runs[0]} is given twice"),
        ([*runs, "--data", "nowhere", "-o", tmp_path / "new"], "no dataset folder at nowhere"),
    ]:
        result = CliRunner().invoke(cli.app, ["report", *map(str, arguments)])
        assert isinstance(result.exception, BenchError)
        assert str(result.exception).startswith(said)
        assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_one_line(runs: list[Path], tmp_path: Path):
    (tmp_path / "file").touch()
    output = tmp_path / "file" / "report"
    with pytest.raises(BenchError, match=f"cannot write the report to {output}: Not a directory"):
        write_report(runs, output, silent, most=1)


@pytest.mark.slow
def test_the_command_prints_the_paths_as_json(runs: list[Path], tmp_path: Path):
    result = CliRunner().invoke(cli.app, ["report", *map(str, runs), "-o", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["report"] == str(tmp_path / "report.html")
    assert found["bytes"] == (tmp_path / "report.html").stat().st_size
    assert (found["questions"], found["images"], found["note"]) == (75, 6, None)
    assert all(Path(path).is_file() for path in [*found["figures"], *found["tables"]])


@pytest.mark.slow
def test_the_same_runs_give_the_same_page(runs: list[Path], written: Path, tmp_path: Path):
    write_report(runs, tmp_path, silent)
    assert (tmp_path / "report.html").read_bytes() == (written / "report.html").read_bytes()


def test_a_run_is_judged_for_its_answer_classes_once(runs: list[Path], tmp_path: Path, monkeypatch):
    judged, judge = [], classes.judge_records
    monkeypatch.setattr(
        classes, "judge_records", lambda answers, names: judged.append(len(answers)) or judge(answers, names)
    )
    write_report(runs, tmp_path / "report", silent)
    # 25 of the forget set and 50 of the retain set each; the unlearned model has no answer to one.
    assert judged == [75, 74]
