"""After damage, following the commands in messages ends with a successful run and all history."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

import medallion as md
from medallion.cli import main
from medallion.ops.verify import Inspection
from medallion.storage.digests import forget_digests
from tests.integration import small
from tests.integration.damaging import delete, flip

LAYERS = "layers:\n  bronze: raw\n  silver: {type: parquet, path: silver}\n  gold: parquet\ntables:"
YAML = small.YAML.replace("tables:", LAYERS, 1).replace("indexes: [-revenue]", "mode: append")
STEPS = 6  # commands that may be needed, at most

KINDS = {
    "lease": "lake/lease.json",
    "identity": "lake/lake.json",
    "layer": "silver/layer.json",
    "pointer": "lake/current.json",
    "plain": "lake/plain.json",
    "releases": "lake/releases/*.json",
    "runs": "lake/runs/*.json",
    "snapshots": "lake/snapshots/*/*.json",
    "journals": "lake/writes/*.json",
    "tokens": "lake/touched/*.json",
    "records": "lake/bronze/*/records/*.json",
}
DAMAGES = {"flip": flip, "delete": delete}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two releases, the journal of a failed run, and a file that was touched."""
    folder = tmp_path_factory.mktemp("published")
    small.write(folder, YAML)
    pipeline = small.load(folder)
    pipeline.run()
    (folder / "data/orders/2024-03.csv").write_text(small.MARCH)
    pipeline.run()
    (folder / "data/orders/2024-01.csv").write_text(small.JANUARY)
    text = (folder / "medallion.yaml").read_text()
    gated = text.replace(
        "quarantine}\n  gold:", "quarantine}\n        - {row_count: {at_least: 9}}\n  gold:"
    )
    (folder / "medallion.yaml").write_text(gated)
    with pytest.raises(md.MedallionError, match="row_count"):
        small.load(folder).run(md.Selection(to="silver.orders"))
    (folder / "medallion.yaml").write_text(text)
    return folder


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_hint_leads_on(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str, damage: str
) -> None:
    chance = random.Random(f"{kind} {damage}")
    file = chance.choice(sorted(published.glob(KINDS[kind])))
    folder = tmp_path / "project"
    shutil.copytree(published, folder)
    file = folder / file.relative_to(published)
    small.load(folder).adopt()  # it was moved
    DAMAGES[damage](file, chance)
    forget_digests()
    said = f"{damage} {file.relative_to(folder)}:\n{follow(folder, capsys)}"
    pipeline = small.load(folder)
    first = pipeline.lake.releases()[-1]
    assert first.sequence == 1, said
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.ALL, said
    assert Inspection(pipeline, thorough=True).damages == [], said
    pipeline.roll_back(first.id)
    assert small.in_lake(pipeline) == small.in_store(pipeline) == small.BOTH, said


def follow(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Follow the hints of `verify`, `gc` and `run` until they give none; all messages."""
    said = ""
    for command in ("gc", "run", "verify"):
        for _ in range(STEPS):
            code, out = call(folder, capsys, command)
            said += f"$ {command}\n{out}"
            assert "Traceback" not in out, said
            assert "unexpected" not in out, said
            if code == 0:
                break
            advice = re.findall(r"medallion (\w+)(?: --full)?", out)
            assert advice, said
            _, out = call(folder, capsys, advice[-1])
            said += f"$ {advice[-1]}\n{out}"
        else:
            pytest.fail(f"no command helps:\n{said}")
    return said


def call(folder: Path, capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as end:
        main(["-f", str(folder / "medallion.yaml"), command])
    forget_digests()
    out, err = capsys.readouterr()
    return int(end.value.code or 0), out + err
