"""The leaderboard's site as files: the same bytes twice, nothing of a stranger but text, stale pages gone."""

import base64
import json
import re
import shutil
import threading
import urllib.request
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from scripted import silent
from submitted import a_board, a_run, all_files, forgets, submitted
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.board.entries import Entry, read_entries
from s_mllmun_bench.board.leaderboard import leaderboard_of
from s_mllmun_bench.board.reported import TABLE
from s_mllmun_bench.board.site.answers import carried_answers, shown_questions
from s_mllmun_bench.board.site.boards import board_page
from s_mllmun_bench.board.site.marks import shown_rows
from s_mllmun_bench.board.site.places import board_place, front, link, row_place, switches
from s_mllmun_bench.board.site.plot import plots
from s_mllmun_bench.board.site.serving import address, serving
from s_mllmun_bench.board.site.writing import write_site
from s_mllmun_bench.board.standings import Board, Leaderboard
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.scoring.records import Estimate

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = "</script><script>alert(1)</script>"
Material = tuple[Leaderboard, list[Entry]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a leaderboard of three bundles and the paper's figures; do not write into it."""
    folder = tmp_path_factory.mktemp("site")
    board = a_board(folder)
    (board / TABLE).parent.mkdir()
    shutil.copyfile(ROOT / "leaderboard" / TABLE, board / TABLE)
    return board


@pytest.fixture(scope="module")
def material(home: Path) -> Material:
    return read(home)


def read(board: Path) -> Material:
    entries = read_entries(board, silent)
    return leaderboard_of(board, entries), entries


def write(material: Material, output: Path, most: int | None = None) -> dict[str, bytes]:
    write_site(*material, output, silent, most)
    return all_files(output)


def texts(boards: Sequence[Board]) -> list[tuple[str, str, int]]:
    return [(one.benchmark, one.base_model, one.ratio) for one in boards]


def test_the_same_bundles_give_the_same_bytes(material: Material, home: Path, tmp_path: Path):
    first = write(material, tmp_path / "first")
    assert write(read(home), tmp_path / "second") == first
    assert write(material, tmp_path / "first") == first
    assert "submissions/made-up-1.0.0/model/05/good.html" in first
    assert sum(name.startswith("boards/") for name in first) == 7


def test_the_folder_is_a_static_space(material: Material, tmp_path: Path):
    head = write(material, tmp_path / "site")["README.md"].decode().split("---\n")[1]
    found = yaml.safe_load(head)
    assert (found["sdk"], found["app_file"]) == ("static", "index.html")


def test_every_link_within_the_site_leads_somewhere(material: Material, tmp_path: Path):
    files = write(material, tmp_path / "site")
    for name, content in files.items():
        if not name.endswith(".html"):
            continue
        for target in re.findall(r'href="([^"#]+)"', content.decode().partition("<script")[0]):
            if not target.startswith(("https://", "data:")):
                assert (tmp_path / "site" / name).parent.joinpath(target).resolve().is_file(), (name, target)


def test_no_page_names_an_address_but_those_of_submissions(material: Material, tmp_path: Path):
    for content in write(material, tmp_path / "site").values():
        found = set(re.findall(rb"(?:src|href|action)=.?https?://[^\s\"'>]+", content))
        assert found <= {b'href="https://example.org/method', b'href="https://openreview.net'}


def test_the_front_page_is_the_board_of_the_largest_benchmark(material: Material):
    boards = material[0].boards
    assert front(boards).benchmark == "made-up-1.0.0"
    paper = [one for one in boards if one.benchmark == "paper"]
    assert front(paper) is paper[0]


def test_the_switch_keeps_what_a_lighter_dimension_says_if_it_can(material: Material):
    boards = material[0].boards
    here = next(one for one in boards if (one.base_model, one.ratio) == ("Qwen2.5-VL", 15))
    benchmark, model, ratio, judges = switches(boards, here)
    assert texts(benchmark) == [("made-up-1.0.0", "model", 5), ("paper", "Qwen2.5-VL", 15)]
    assert texts(model) == [("paper", "LLaVA-OneVision", 15), ("paper", "Qwen2.5-VL", 15)]
    assert [one.ratio for one in ratio] == [5, 10, 15]
    assert judges == [here]


def test_a_page_leads_to_another_relative_to_itself():
    assert link("boards/a/b/05-x.html", "submissions/a/b/05/m.html") == "../../../submissions/a/b/05/m.html"
    assert link("index.html", "boards/a/b/05-x.html") == "boards/a/b/05-x.html"


def test_a_name_with_the_signs_of_a_path_stays_within_the_site(material: Material):
    board = material[0].boards[0]
    hostile = board.model_copy(update={"benchmark": "../../etc", "base_model": "/.."})
    assert board_place(hostile).startswith("boards/-..-etc/-/05-")
    row = board.ranked[0].model_copy(update={"place": "../../x/05/y"})
    assert row_place(row) == "submissions/-/-/x/05/y.html"


def test_texts_of_strangers_are_escaped_even_where_a_check_has_missed_them(material: Material):
    boards = material[0].boards
    board = front(boards)
    update = {"name": SCRIPT, "authors": '"><img src=x onerror=alert(1)>', "url": "javascript:alert(1)"}
    bad = board.model_copy(update={"ranked": (board.ranked[0].model_copy(update=update),)})
    page = board_page(bad, [bad, *boards[1:]], "index.html")
    assert SCRIPT not in page
    assert "<img" not in page
    assert "javascript:" not in page
    assert page.count("</script>") == page.count("<script") == 1


def test_a_row_without_a_figure_is_named_and_not_drawn_at_0(material: Material):
    ranked, others = shown_rows(front(material[0].boards))
    missing = Estimate(mean=None, low=None, high=None)
    row = ranked[0].row.model_copy(update={"forget_memory": missing, "name": "Nobody"})
    board = front(material[0].boards).model_copy(update={"ranked": (row,)})
    drawn = plots([*shown_rows(board)[0], *others], lambda _: None)
    assert "Not drawn, a figure is missing: Nobody." in drawn
    assert 'aria-label="Nobody' not in drawn


def test_the_points_stand_where_their_figures_say(material: Material):
    ranked, _ = shown_rows(front(material[0].boards))
    drawn = plots(ranked, lambda _: None)
    # The method that forgets has 0 on the forget set's memory and 10 on all else: the upper right corner.
    (good,) = [one for one in ranked if one.row.method == "good"]
    assert (good.row.forget_memory.mean, good.row.retain_memory.mean) == (0.0, 10.0)
    assert drawn.count('transform="translate(586.0 14.0)"') == 2


def test_half_of_the_answers_shown_are_of_the_forget_set(material: Material):
    entry = material[1][0]
    assert len(shown_questions(entry, None)) == 36
    shown = shown_questions(entry, 10)
    assert [one.set for one in shown] == ["forget"] * 5 + ["retain"] * 3 + ["unseen"] * 2
    # 12 of the forget set and 24 others: with room for 34, none of the forget set is left out.
    assert [one.set for one in shown_questions(entry, 34)].count("forget") == 12
    assert shown_questions(entry, 0) == []


def test_a_reference_that_was_not_asked_says_so(material: Material):
    entry, reference = material[1][:2]
    answers = tuple(one for one in reference.bundle.contents.answers if one.set != "unseen")
    bundle = replace(reference.bundle, contents=replace(reference.bundle.contents, answers=answers))
    questions = shown_questions(entry, None)
    packed = carried_answers(entry, [replace(reference, bundle=bundle)], questions)["data"]
    data = json.loads(zlib.decompress(base64.b64decode(packed)))
    beside = data["answers"][1]
    for place, one in enumerate(questions):
        failure = beside["failure"][place]
        assert (failure >= 0 and data["texts"][failure] == "this run was not asked") == (one.set == "unseen")
        assert (beside["fact"][place] is None) == (one.set == "unseen")


def test_a_text_that_no_page_could_hold_is_cut(material: Material):
    entry = material[1][0]
    first, *others = entry.bundle.contents.answers
    long = first.model_copy(update={"answer": "x" * 100_000})
    contents = replace(entry.bundle.contents, answers=(long, *others))
    changed = replace(entry, bundle=replace(entry.bundle, contents=contents))
    data = json.loads(zlib.decompress(base64.b64decode(carried_answers(changed, [], [long])["data"])))
    text = data["texts"][data["answers"][0]["text"][0]]
    assert text == "x" * 2000 + " \u2026 (cut: 98,000 more characters)"


def test_a_page_of_a_row_that_is_gone_goes(material: Material, home: Path, tmp_path: Path):
    board = Path(shutil.copytree(home, tmp_path / "leaderboard"))
    submitted(board, a_run(tmp_path / "more", forgets))
    site = tmp_path / "site"
    (site / ".git").mkdir(parents=True)
    (site / ".git" / "config").write_text("kept")
    page = "submissions/made-up-1.0.0/model/05/more.html"
    assert page in write(read(board), site)
    left = write(material, site)
    assert page not in left
    assert ".git/config" in left


def test_a_folder_that_holds_something_else_is_left_alone(material: Material, tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(BenchError, match=r"holds thesis\.tex, which is no part of a site"):
        write(material, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(BenchError, match="is a file; give a folder for the site"):
        write(material, tmp_path / "thesis.tex")


def test_a_readme_alone_is_no_site(material: Material, tmp_path: Path):
    (tmp_path / "README.md").write_text("of another project")
    with pytest.raises(BenchError, match=r"holds README\.md but no site"):
        write(material, tmp_path)


def test_without_a_board_there_is_nothing_to_show(tmp_path: Path):
    with pytest.raises(BenchError, match="submit a run first"):
        write((Leaderboard(boards=()), []), tmp_path)


def test_the_command_builds_boards_and_site_and_says_where(home: Path, tmp_path: Path):
    board = Path(shutil.copytree(home, tmp_path / "leaderboard"))
    result = CliRunner().invoke(
        cli.app, ["leaderboard", "build", "--leaderboard", str(board), "--answers", "3"]
    )
    assert result.exit_code == 0, result.output
    assert f"site: {board}/site/index.html" in result.output
    assert "7 boards, 3 submissions" in result.output
    page = (board / "site" / "submissions" / "made-up-1.0.0" / "model" / "05" / "good.html").read_text()
    assert "This page holds 3 of 36 questions" in page
    assert (board / "site" / "leaderboard.json").read_bytes() == (board / "leaderboard.json").read_bytes()


def test_the_site_is_served_to_this_machine_alone(material: Material, tmp_path: Path):
    write(material, tmp_path / "site")
    with serving(tmp_path / "site", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with urllib.request.urlopen(address(server)) as reply:
            assert b"S-MLLMUn Bench leaderboard" in reply.read()
        with pytest.raises(BenchError, match="give another --port"), serving(tmp_path, server.server_port):
            pass
        server.shutdown()
        thread.join()
    assert server.server_address[0] == "127.0.0.1"
