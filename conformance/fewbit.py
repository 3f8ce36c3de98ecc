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


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    bundled = ROOT / "node_modules" / ".bin" / "node"
    node = str(bundled) if bundled.exists() else shutil.which("node")
    if node is None:
        raise SystemExit("conformance: no node; run `pnpm install` in the repository first")
    return subprocess.run(
        [node, "--conditions=@fewbit/source", str(MAIN), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def quantize(checkpoint: Path, recipe, out: Path, *options: str) -> dict:
    """Writes `out`; gives the JSON of the outcome. Raises FewbitFailed for any exit code but 0."""
    recipe_file = write_recipe(out, recipe)
    done = run("quantize", checkpoint, "--recipe", recipe_file, "--out", out, "--overwrite", "--json", *options)
    if done.returncode != 0:
        raise FewbitFailed(done.returncode, done.stderr or done.stdout)
    return json.loads(done.stdout)


def explain(checkpoint: Path, recipe, scratch: Path) -> dict:
    """The JSON of `explain`: one row for each tensor under `tensors`, also where some of them are refused."""
    done = run("explain", checkpoint, "--recipe", write_recipe(scratch, recipe), "--json")
    if done.returncode != 0 and not done.stdout.startswith("{"):
        raise FewbitFailed(done.returncode, done.stderr or done.stdout)
    return json.loads(done.stdout)


def verify(quantized: Path, original: Path) -> dict:
    """The JSON of `verify`: a row for each tensor of the original under `tensors`."""
    done = run("verify", quantized, "--original", original, "--json")
    if done.returncode != 0:
        raise FewbitFailed(done.returncode, done.stderr or done.stdout)
    return json.loads(done.stdout)


def write_recipe(beside: Path, recipe) -> Path:
    """The recipe in torchao's own JSON (or as given, where it is JSON already) in a file next to the output."""
    file = beside.with_name(f"{beside.name}.recipe.json")
    file.write_text(json.dumps(recipe if isinstance(recipe, dict) else config_to_dict(recipe)))
    return file
