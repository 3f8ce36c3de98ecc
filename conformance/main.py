#!/usr/bin/env python3
"""Compares fewbit with the installed torch, torchao and transformers, and with other tools. See README.md.

    main.py [--only NAME ...] [--seed N] [--recipes N] [--keep FOLDER]
"""

import os

# Before torch is imported: sums over several threads may come in another order.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import argparse  # noqa: E402
import logging  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import warnings  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402

# torchao looks for kernels of other processors, and deprecates `_default`.
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

import torch  # noqa: E402

import check_configs  # noqa: E402
import check_dialect_handlers  # noqa: E402
import check_dialect_vectors  # noqa: E402
import check_dialects  # noqa: E402
import check_grid  # noqa: E402
import check_inference  # noqa: E402
import check_layers  # noqa: E402
import check_loading  # noqa: E402
import check_oracle  # noqa: E402
import check_recipes  # noqa: E402
import check_transformers  # noqa: E402
import fewbit  # noqa: E402
import foreign.groups  # noqa: E402
import grid  # noqa: E402
import oracle  # noqa: E402
from report import Report  # noqa: E402

MODEL = fewbit.ROOT / "examples" / "tiny-llama" / "model"


def groups(seed: int, recipes: int) -> dict[str, Callable[[Report, Path], None]]:
    return {
        "oracle": check_oracle.check,
        **{
            f"grid {family}": lambda report, scratch, family=family: check_grid.check(
                report, scratch, grid.chunks(seed, family)
            )
            for family in grid.FAMILIES
        },
        "large": lambda report, scratch: check_grid.check(report, scratch, grid.large_chunks(seed), workers=2),
        "not finite": lambda report, scratch: check_grid.check(report, scratch, grid.not_finite_chunks(seed)),
        "configs": check_configs.check,
        "recipes": lambda report, scratch: check_recipes.check(report, scratch, seed, recipes),
        "dialect handlers": check_dialect_handlers.check,
        "dialect vectors": check_dialect_vectors.check,
        "dialect torchao": lambda report, scratch: check_dialects.check_torchao(report, scratch, seed, 8 * recipes),
        "dialect checkpoints": lambda report, scratch: check_dialects.check_checkpoints(report, scratch, seed, recipes),
        "dialect transformers": lambda report, scratch: check_dialects.check_transformers(report, scratch, seed, 8 * recipes),
        "loading": lambda report, scratch: check_loading.check(report, scratch, seed),
        "transformers": lambda report, scratch: check_transformers.check(report, scratch, MODEL),
        "transformers tied": check_transformers.check_tied,
        "layers": lambda report, scratch: check_layers.check(report, scratch, seed),
        "inference": lambda report, scratch: check_inference.check(report, scratch, MODEL),
        **foreign.groups.groups(seed, recipes),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="groups whose name begins so")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recipes", type=int, default=250, help="how many random recipes")
    parser.add_argument("--keep", type=Path, help="work in this folder and leave it")
    arguments = parser.parse_args()

    torch.set_num_threads(1)
    oracle.provide_int4()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="conformance-") as temporary:
        for name, check in groups(arguments.seed, arguments.recipes).items():
            if arguments.only and not name.startswith(tuple(arguments.only)):
                continue
            scratch = (arguments.keep or Path(temporary)) / name.replace(" ", "-")
            scratch.mkdir(parents=True, exist_ok=True)
            with report.group(name):
                check(report, scratch)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    sys.exit(main())
