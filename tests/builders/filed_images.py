"""Image files of a folder, under terms that do not let them be passed on."""

from pathlib import Path

from s_mllmun_bench.building.screening import candidate


def images(count, rng, settings):
    for file in sorted(Path(settings["folder"]).glob("*.png")):
        note = "DeepEyeNet terms of use: research only, not to be redistributed"
        yield candidate(file, {"red": 7}, f"DeepEyeNet, {file.name}", note)
