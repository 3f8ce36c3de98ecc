"""Runs our command from its sources, as one process for each call."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from torchao.core.config import config_to_dict

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "apps" / "cli" / "src" / "main.ts"


class FewbitFailed(Exception):
    """The command ended with an exit code other than 0; `code` is it, the message its error output."""

    def __init__(self, code: int, message: str):
        super().__init__(f"exit code {code}: {message.strip()}")
        self.code = code


def run(*arguments: str | Path) -> str:
    """Standard output of one call; raises FewbitFailed where it fails."""
    bundled = ROOT / "node_modules" / ".bin" / "node"
    node = str(bundled) if bundled.exists() else shutil.which("node")
    if node is None:
        raise SystemExit("conformance: no node; run `pnpm install` in the repository first")
    done = subprocess.run(
        [node, "--conditions=@fewbit/source", str(MAIN), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise FewbitFailed(done.returncode, done.stderr or done.stdout)
    return done.stdout


def quantize(checkpoint: Path, recipe, out: Path, *options: str) -> None:
    run("quantize", checkpoint, "--recipe", _write_recipe(out, recipe), "--out", out, "--overwrite", *options)


def explain(checkpoint: Path, recipe, scratch: Path) -> dict:
    """The JSON of `explain`: one row for each tensor under `tensors`."""
    return json.loads(run("explain", checkpoint, "--recipe", _write_recipe(scratch, recipe), "--json"))


def _write_recipe(beside: Path, recipe) -> Path:
    """The recipe in torchao's own JSON (or as given, where it is JSON already) in a file next to the output."""
    file = beside.with_name(f"{beside.name}.recipe.json")
    file.write_text(json.dumps(recipe if isinstance(recipe, dict) else config_to_dict(recipe)))
    return file
