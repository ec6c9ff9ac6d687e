"""Bundles from strangers: what is in them is refused in one line or shown harmless, and the board stays."""

import json
import lzma
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from forging import found_at, lines_of, with_file
from scripted import silent
from submitted import (
    a_leaderboard,
    a_run,
    all_files,
    bundle_at,
    forged,
    knows_all,
    submitted,
)
from typer.testing import CliRunner

from s_mllmun_bench import cli
from s_mllmun_bench.board.bundle import Bundle
from s_mllmun_bench.board.checking import Finding, check
from s_mllmun_bench.board.packing import LONGEST_LINE, MOST_LINES, MOST_UNPACKED
from s_mllmun_bench.board.standings import FILE
from s_mllmun_bench.board.submission import read_submission, written
from s_mllmun_bench.board.summary import append_summary, shown
from s_mllmun_bench.errors import BenchError
from s_mllmun_bench.llm.ledger import StoredReply

JUDGES = ["offline_fact", "offline_meaningful"]
MARKUP = "<img src=x onerror=alert(1)><script>alert(1)</script>"
OVERRIDE = "\u202egnp.exe"


# What is read at all


def test_a_file_that_unpacks_to_gigabytes_is_given_up_at_a_bound(board: Path) -> None:
    packer = lzma.LZMACompressor(preset=0)
    piece = b"a" * (LONGEST_LINE - 1) + b"\n"
    bomb = b"".join(packer.compress(piece * 10) for _ in range(MOST_UNPACKED // LONGEST_LINE // 10 + 10))
    bomb += packer.flush()
    assert len(bomb) < 100_000
    found = found_at(with_file(bundle_at(board), "answers.jsonl.xz", bomb), board)
    assert found.state == "unreadable"


def test_ten_million_lines_are_not_read(board: Path) -> None:
    bomb = lzma.compress(b"\n" * 10_000_000, preset=0)
    found = found_at(with_file(bundle_at(board), "answers.jsonl.xz", bomb), board)
    assert f"has more than {MOST_LINES} lines" in found.note


def test_a_line_without_an_end_is_not_read(board: Path) -> None:
    bomb = lzma.compress(b"[" * 50_000_000, preset=0)
    found = found_at(with_file(bundle_at(board), "answers.jsonl.xz", bomb), board)
    assert f"one of more than {LONGEST_LINE} bytes" in found.note


def test_a_file_that_needs_gigabytes_to_unpack_is_refused(board: Path) -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**29}]
    bomb = lzma.compress(b"a\n", filters=filters)
    found = found_at(with_file(bundle_at(board), "answers.jsonl.xz", bomb), board)
    assert "cannot be unpacked: Memory usage limit" in found.note


@pytest.mark.parametrize(
    "change", [lambda packed: packed[:-20], lambda packed: packed + b"more", lambda _: b"PK"]
)
def test_a_file_that_is_cut_off_or_has_something_behind_it_is_refused(
    change: Callable[[bytes], bytes], board: Path
) -> None:
    packed = (bundle_at(board) / "answers.jsonl.xz").read_bytes()
    found = found_at(with_file(bundle_at(board), "answers.jsonl.xz", change(packed)), board)
    assert found.state == "unreadable"


def test_an_archive_is_no_bundle(board: Path, tmp_path: Path) -> None:
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("../../evil", "x")
    assert found_at(archive, board).note == f"{archive} is no folder"


def test_a_bundle_larger_than_ten_megabytes_is_not_opened(board: Path) -> None:
    with (bundle_at(board) / "answers.jsonl.xz").open("wb") as file:
        file.truncate(11_000_000)
    assert "larger than a bundle may be (10 MB)" in found_at(bundle_at(board), board).note


@pytest.mark.parametrize(
    "line",
    [
        b'{"question_id":"a","question_id":"b"' + b"}\n",
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"\n",
        b"[" * 100_000 + b"\n",
        b"NaN\n",
        b'{"question_id":' + b"1" * 5_000 + b"}\n",
        b"\xff\xfe\n",
    ],
    ids=["half", "deep object", "deep list", "NaN", "large number", "no UTF-8"],
)
def test_a_line_that_is_no_answer_is_refused(line: bytes, board: Path) -> None:
    found = found_at(with_file(bundle_at(board), "answers.jsonl.xz", lzma.compress(line)), board)
    assert "answers.jsonl.xz:1 is no answer of this version" in found.note


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"metric":"fact",', b'"metric":"meaningful","metric":"fact",'),
        (b'"score":10.0', b'"score":NaN'),
        (b'"score":10.0', b'"score":1e999'),
        (b'"score":10.0', b'"score":Infinity'),
        (b'"score":10.0', b'"score":"10"'),
        (b'"score":10.0', b'"score": 10.0'),
        (b'"score":10.0', b'"score":11.0'),
        (b'"score":10.0', b'"score":10.0,"more":1'),
    ],
    ids=["key twice", "NaN", "overflow", "infinity", "text", "blank", "out of range", "more"],
)
def test_a_verdict_that_is_not_written_as_we_write_it_is_refused(old: bytes, new: bytes, board: Path) -> None:
    lines = lines_of(bundle_at(board), "verdicts.jsonl.xz")
    place = next(number for number, line in enumerate(lines) if old in line)
    lines[place] = lines[place].replace(old, new)
    content = lzma.compress(b"".join(lines))
    found = found_at(with_file(bundle_at(board), "verdicts.jsonl.xz", content), board)
    assert f"verdicts.jsonl.xz:{place + 1} is" in found.note and found.state == "unreadable"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"draws": 2000', b'"draws": 1e999'),
        (b'"seed": 0', b'"seed": 1,\n "seed": 0'),
        (b'"mean": 10.0', b'"mean": NaN'),
    ],
    ids=["infinity", "key twice", "NaN"],
)
def test_scores_that_are_not_written_as_we_write_them_are_refused(
    old: bytes, new: bytes, board: Path
) -> None:
    content = (bundle_at(board) / "scores.json").read_bytes()
    assert old in content
    found = found_at(with_file(bundle_at(board), "scores.json", content.replace(old, new, 1)), board)
    assert "scores.json is" in found.note and found.state == "unreadable"


# Where it lies


@pytest.mark.parametrize(
    "name",
    [
        "../../../evil",
        "/etc/passwd",
        "..",
        "a/b",
        "a\\b",
        "n" * 5_000,
        "",
        ".hidden",
        "a\x00b",
        "good.",
        "a-",
    ],
)
@pytest.mark.parametrize("field", ["method", "base_model", "benchmark"])
def test_a_name_that_leads_elsewhere_is_refused(field: str, name: str, board: Path) -> None:
    path = bundle_at(board) / "submission.yaml"
    said = read_submission(path.read_bytes(), "it")
    path.write_bytes(written(said.model_copy(update={field: name})))
    assert found_at(bundle_at(board), board).state == "unreadable"


@pytest.mark.parametrize("name", ["../evil.json", "/etc/passwd", "f" * 5_000])
def test_a_file_name_of_its_own_is_refused(name: str, board: Path) -> None:
    path = bundle_at(board) / "submission.yaml"
    path.write_bytes(path.read_bytes().replace(b"  scores.json:", f"  {name}:".encode()))
    assert found_at(bundle_at(board), board).state == "unreadable"


@pytest.mark.parametrize("name", ["answers.jsonl.xz", "submission.yaml", "replies.jsonl.xz"])
def test_a_link_is_not_followed(name: str, board: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (bundle_at(board) / name).unlink(missing_ok=True)
    (bundle_at(board) / name).symlink_to(secret)
    assert f"{name} is no plain file" in found_at(bundle_at(board), board).note


def test_a_folder_or_pipe_in_place_of_a_file_is_not_opened(board: Path) -> None:
    (bundle_at(board) / "scores.json").unlink()
    os.mkfifo(bundle_at(board) / "scores.json")
    assert "scores.json is no plain file" in found_at(bundle_at(board), board).note


@pytest.mark.parametrize("name", ["run.py", "conftest.py", "n" * 255])
def test_a_file_that_belongs_to_no_bundle_is_refused(name: str, board: Path) -> None:
    (bundle_at(board) / name).write_text("raise SystemExit")
    assert "which is no file of a bundle" in found_at(bundle_at(board), board).note


def test_a_linked_folder_among_the_bundles_is_refused(board: Path, tmp_path: Path) -> None:
    bundle_at(board).with_name("linked").symlink_to(bundle_at(board))
    assert "is no folder, and beside bundles there is nothing else" in check([board], board, silent)[0].note


def test_a_bundle_that_claims_anothers_place_is_refused(board: Path) -> None:
    forged(bundle_at(board, "bad"), method="good")
    assert (
        "says it is made-up-1.0.0/model/05/good, and does not lie there"
        in found_at(bundle_at(board, "bad"), board).note
    )


def test_a_bundle_that_claims_anothers_name_is_refused(board: Path) -> None:
    forged(bundle_at(board, "bad"), name="GOOD")
    found = check([board], board, silent)[-1]
    assert found.state == "differs" and "are both called" in found.note


def test_a_submission_that_replaces_another_is_refused(board: Path, tmp_path: Path) -> None:
    before = all_files(board)
    with pytest.raises(BenchError, match="is taken"):
        submitted(board, a_run(tmp_path / "good", knows_all))
    assert all_files(board) == before


# What it says


@pytest.mark.parametrize(
    "text",
    [
        MARKUP,
        '=HYPERLINK("https://example.org")',
        "+1",
        "-1",
        "@SUM(A1)",
        f"SMFA{OVERRIDE}",
        "S\u200bMFA",
        "a\nb",
        " a",
        "",
        "n" * 5000,
        "[x](javascript:alert(1))",
        "`rm`",
        "a|b",
        "\u0430\u202c",
        "\x00",
        "a\u2028b",
    ],
)
@pytest.mark.parametrize("field", ["name", "authors"])
def test_a_text_that_is_more_than_text_is_refused(field: str, text: str, home: Path, tmp_path: Path) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    before = all_files(board)
    fields = {"name": "Good", field: text}
    with pytest.raises(BenchError) as error:
        submitted(board, home / "good", fields.pop("name"), **fields)
    assert "\n" not in str(error.value) and f"the submission: {field}" in str(error.value)
    assert all_files(board) == before


def test_names_of_all_scripts_are_taken(home: Path, tmp_path: Path) -> None:
    board = a_leaderboard(tmp_path / "leaderboard")
    submitted(
        board,
        home / "good",
        "\u9057\u5fd8 k = 2 (\u05e9\u05db\u05d7)",
        authors="J. M\u00fcller, \u0930\u093e\u092e & D. O'Neil",
    )
    shown = json.loads((board / "leaderboard.json").read_text(encoding="utf-8"))
    assert "\u9057\u5fd8 k = 2 (\u05e9\u05db\u05d7)" in str(shown)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "http://example.org",
        "https://example.org/<script>",
        'https://e.org/" onclick="',
        "https://" + "a" * 5000 + ".org",
        "data:text/html,x",
        "https://user:password@example.org",
        "//example.org",
        "https://example.org/\u202e",
    ],
)
def test_an_address_that_is_more_than_an_address_is_refused(url: str, home: Path, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="the submission: url"):
        submitted(a_leaderboard(tmp_path / "leaderboard"), home / "good", "Good", url=url)


def test_an_alias_bomb_is_not_expanded(board: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefghij", "bcdefghijk", strict=True)
    )
    (bundle_at(board) / "submission.yaml").write_text(bomb)
    assert "has an alias or is nested too deeply" in found_at(bundle_at(board), board).note
    (bundle_at(board) / "submission.yaml").write_text("[" * 10_000)
    assert found_at(bundle_at(board), board).state == "unreadable"
    (bundle_at(board) / "submission.yaml").write_text("!!python/object/apply:os.system [ls]")
    assert found_at(bundle_at(board), board).state == "unreadable"


def test_markup_in_answers_and_manifest_gets_nowhere_near_the_board(board: Path, tmp_path: Path) -> None:
    said = {"command": f"bench eval {MARKUP}", "data": OVERRIDE}

    def hostile(bundle: Bundle) -> Mapping[str, Any]:
        return {"manifest": bundle.manifest.model_copy(update=said)}

    run = a_run(tmp_path / "hostile", lambda name, task, text: MARKUP + OVERRIDE + "\n=1+1")
    forged(submitted(board, run), hostile)
    assert check([bundle_at(board, "hostile")], board, silent)[0].state == "verified"
    text = (board / FILE).read_text()
    assert "<" not in text and "\u202e" not in text and "onerror" not in text and "=1+1" not in text


@pytest.mark.parametrize("field", ["backend", "adapter", "bench", "judge"])
def test_a_setting_that_is_no_setting_is_refused(field: str, board: Path) -> None:
    def hostile(bundle: Bundle) -> Mapping[str, Any]:
        identity, more = bundle.manifest.identity, {}
        if field == "bench":
            more = {"versions": {"s-mllmun-bench": MARKUP}}
        elif field == "adapter":
            assert identity.adapter is not None
            adapter = identity.adapter.model_copy(update={"kind": MARKUP})
            identity = identity.model_copy(update={"adapter": adapter})
        elif field == "judge":
            identity = identity.model_copy(update={"judges": {**identity.judges, MARKUP: "f" * 64}})
        else:
            identity = identity.model_copy(update={field: MARKUP})
        return {"manifest": bundle.manifest.model_copy(update={"identity": identity, **more})}

    forged(bundle_at(board), hostile)
    finding = check([board], board, silent)[-1]
    assert finding.state == "differs" and "\n" not in finding.note


def test_a_judge_that_is_a_path_is_not_loaded(board: Path, tmp_path: Path) -> None:
    evil = tmp_path / "evil.py"
    evil.write_text(f"open({str(tmp_path / 'ran')!r}, 'w'); METRIC = 'fact'\ndef judge(items): return []\n")

    def hostile(bundle: Bundle) -> Mapping[str, Any]:
        judges = {str(evil): "f" * 64, **bundle.manifest.identity.judges}
        identity = bundle.manifest.identity.model_copy(update={"judges": judges})
        return {"manifest": bundle.manifest.model_copy(update={"identity": identity})}

    forged(bundle_at(board), hostile)
    assert "is none of this version's" in found_at(bundle_at(board), board).note
    assert not (tmp_path / "ran").exists()


def test_the_summary_of_a_job_shows_texts_as_themselves(board: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    hostile = Finding(
        Path(f"[x](javascript:alert(1)){MARKUP}"), "differs", f"a|b\n# c {OVERRIDE} @team ![i](u)"
    )
    append_summary(summary, [hostile, *check([bundle_at(board)], board, silent)], board)
    text = summary.read_text()
    assert "<script" not in text.replace("\\<", "") and "\u202e" not in text and "\n# c" not in text
    assert "| 1 | good | 10.00 [10.00, 10.00] |" in text
    assert shown("a|b`c*") == "a\\|b\\`c\\*"


def test_what_a_terminal_would_obey_is_spelled_out(board: Path) -> None:
    def hostile(bundle: Bundle) -> Mapping[str, Any]:
        identity = bundle.manifest.identity.model_copy(update={"data": f"\x1b[2J{OVERRIDE}\n"})
        return {"manifest": bundle.manifest.model_copy(update={"identity": identity})}

    forged(bundle_at(board), hostile)
    words = ["verify", str(bundle_at(board)), "--leaderboard", str(board)]
    printed = CliRunner().invoke(cli.app, words)
    assert printed.exit_code == 1 and "dataset of digest \\x1b[2J\\u202egnp.ex" in printed.stdout
    assert "\x1b" not in printed.stdout and printed.stdout.count("\n") == 1


@pytest.mark.parametrize("host", ["[", "a/b", "evil.org/..", "a b", ""])
def test_a_server_that_is_none_is_not_tried(host: str, board: Path) -> None:
    reply = StoredReply(
        key="0" * 64,
        purpose="fact_score@m",
        host=host,
        text="{}",
        finish_reason="stop",
        failure=None,
        failure_text=None,
        model=None,
        prompt_tokens=None,
        tokens=None,
        seconds=None,
        attempts=None,
    )

    def hostile(bundle: Bundle) -> Mapping[str, Any]:
        identity = bundle.manifest.identity
        judges = {"fact_score@m": "f" * 64, "offline_meaningful": identity.judges["offline_meaningful"]}
        changed = identity.model_copy(update={"judges": judges})
        verdicts = tuple(
            one.model_copy(update={"judge": "fact_score@m"}) if one.metric == "fact" else one
            for one in bundle.contents.verdicts
        )
        verdicts = tuple(sorted(verdicts, key=lambda one: (one.question_id, one.judge)))
        manifest = bundle.manifest.model_copy(update={"identity": changed})
        return {"manifest": manifest, "replies": (reply,), "verdicts": verdicts}

    forged(bundle_at(board), hostile)
    assert "which is no server's name" in found_at(bundle_at(board), board).note
