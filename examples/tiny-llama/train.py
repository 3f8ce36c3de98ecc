#!/usr/bin/env python3
"""Train the model in this folder: a small byte-level Llama that has read Jane Austen.

Text. Five of Jane Austen's novels, as the Debian package r-cran-janeaustenr 1.0.0-1 carries them (README.md says
which, and why they are free). Debian's own client fetches the package, without installing it:

    apt-get update && apt-get download r-cran-janeaustenr=1.0.0-1

Run, from this folder, with torch, transformers and safetensors installed:

    python train.py text  r-cran-janeaustenr_1.0.0-1_all.deb              # write heldout.txt
    python train.py train r-cran-janeaustenr_1.0.0-1_all.deb --out model  # about an hour on one core
    python train.py evaluate --out model                                  # bits per byte on heldout.txt
    python train.py sample --out model --prompt "It was "                 # let it write

Training is seeded and uses one thread, so two runs on one machine with the same torch agree. Other versions or other
processors round differently, and give a model as good, not the same bytes.
"""

import argparse
import hashlib
import io
import json
import lzma
import math
import re
import struct
import tarfile
import time
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
HELDOUT = HERE / "heldout.txt"

PACKAGE_SHA256 = "df6bddf211906d1ff404f8ff662c21b34e6660e7f54a311084e749050c019c95"
PACKAGE_MEMBER = "./usr/lib/R/site-library/janeaustenr/data/Rdata.rdb"
# Trained on in this order, that of publication. Northanger Abbey is left out: the package has it from an edition whose
# spelling and punctuation a modern publisher revised.
NOVELS = ("SENSE AND SENSIBILITY", "PRIDE AND PREJUDICE", "MANSFIELD PARK", "EMMA", "Persuasion")
HELDOUT_FROM = "Chapter 22"  # of the last novel: from here to its end the text is kept for evaluation

SEED = 1811
CONTEXT = 256
CONFIG = dict(
    vocab_size=256,
    hidden_size=256,
    intermediate_size=512,
    num_hidden_layers=3,
    num_attention_heads=8,
    num_key_value_heads=4,
    head_dim=32,
    max_position_embeddings=CONTEXT,
    rms_norm_eps=1e-5,
    tie_word_embeddings=False,
    bos_token_id=None,
    eos_token_id=None,
    pad_token_id=None,
)


# ---------------------------------------------------------------------------------------------------------------- text


def package_member(deb: Path, name: str) -> bytes:
    """One file out of a Debian package: an `ar` archive that holds `data.tar.xz`."""
    data = deb.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != PACKAGE_SHA256:
        raise SystemExit(f"{deb.name} is not r-cran-janeaustenr 1.0.0-1: its SHA-256 is {digest}, not {PACKAGE_SHA256}")
    at = len(b"!<arch>\n")
    while at < len(data):
        member = data[at : at + 16].decode("ascii").strip().rstrip("/")
        size = int(data[at + 48 : at + 58])
        body = data[at + 60 : at + 60 + size]
        at += 60 + size + size % 2
        if member == "data.tar.xz":
            with tarfile.open(fileobj=io.BytesIO(lzma.decompress(body))) as tar:
                return tar.extractfile(name).read()
    raise SystemExit(f"{deb.name} holds no data.tar.xz")


def r_objects(database: bytes):
    """The serialised objects of an R lazy-load database: each a length, then a zlib stream."""
    while database:
        stream = zlib.decompressobj()
        yield stream.decompress(database[4:])
        database = stream.unused_data


def r_strings(serialised: bytes) -> list[str]:
    """A character vector in R's binary serialisation, version 3 (R Internals, section 1.8)."""
    (version,) = struct.unpack_from(">I", serialised, 2)
    if serialised[:2] != b"X\n" or version != 3:
        raise ValueError("not an R object of serialisation version 3")
    (encoding_length,) = struct.unpack_from(">I", serialised, 14)
    at = 18 + encoding_length
    flags, count = struct.unpack_from(">II", serialised, at)
    if flags & 0xFF != 16:
        raise ValueError("not a character vector")
    at += 8
    lines = []
    for _ in range(count):
        (length,) = struct.unpack_from(">i", serialised, at + 4)
        at += 8
        lines.append(serialised[at : at + length].decode("utf-8"))
        at += length
    return lines


def paragraphs(lines: list[str]) -> str:
    """Hard-wrapped lines as one line per paragraph, paragraphs apart by an empty line, without editors' marks."""
    kept = []
    for block in re.split(r"\n\s*\n", "\n".join(lines)):
        text = " ".join(block.replace("_", "").split())
        editorial = text.startswith("[") and "edition" in text  # "[End volume one of this edition. ..."
        if text and not editorial and not re.fullmatch(r"[* ]+", text):
            kept.append(text)
    return "\n\n".join(kept) + "\n"


def load_text(deb: Path) -> tuple[bytes, bytes]:
    """(training bytes, held-out bytes)."""
    novels = {}
    for serialised in r_objects(package_member(deb, PACKAGE_MEMBER)):
        lines = r_strings(serialised)
        novels[lines[0]] = paragraphs(lines)
    last = novels[NOVELS[-1]]
    cut = last.index(f"\n{HELDOUT_FROM}\n") + 1
    train = "\n\n".join([novels[name] for name in NOVELS[:-1]] + [last[:cut]])
    return train.encode("utf-8"), last[cut:].encode("utf-8")


# ----------------------------------------------------------------------------------------------------------- tokenizer


def byte_tokenizer():
    """A tokenizer whose 256 tokens are the 256 bytes: the id of a byte is its value. No merges, no special tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    # The byte-level alphabet of GPT-2: printable Latin-1 stands for itself, the other bytes for U+0100 and on.
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = (byte for byte in range(256) if byte not in printable)
    alphabet = {byte: chr(byte) for byte in printable} | {byte: chr(0x100 + n) for n, byte in enumerate(others)}

    tokenizer = Tokenizer(models.BPE(vocab={alphabet[byte]: byte for byte in range(256)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, clean_up_tokenization_spaces=False, model_max_length=CONTEXT
    )


# --------------------------------------------------------------------------------------------------------------- model


def save(model, out: Path) -> None:
    """The weights rounded to bfloat16, in two shards, with config and tokenizer, as transformers writes them."""
    import copy

    import torch

    rounded = copy.deepcopy(model).to(torch.bfloat16)
    rounded.config.use_cache = True
    rounded.generation_config.use_cache = True
    rounded.generation_config.do_sample = True
    rounded.generation_config.temperature = 0.7
    rounded.generation_config.max_new_tokens = 200
    rounded.save_pretrained(out, max_shard_size="2MB")
    byte_tokenizer().save_pretrained(out)
    # transformers 5 names its own class here, which transformers 4 does not know; both know this name.
    config = out / "tokenizer_config.json"
    settings = json.loads(config.read_text()) | {"tokenizer_class": "PreTrainedTokenizerFast"}
    config.write_text(json.dumps(settings, indent=2) + "\n")


def load(out: Path, dtype):
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(out, dtype=dtype).eval()


def bits_per_byte(model, data: bytes, stride: int = CONTEXT // 2) -> float:
    """Mean cost of each byte but the first, each counted once, in windows that overlap by half.

    So every byte outside the first window is predicted from at least 128 bytes before it.
    """
    import torch

    ids = torch.tensor(list(data))
    total, done = 0.0, 1
    with torch.inference_mode():
        for start in range(0, len(ids), stride):
            window = ids[start : start + CONTEXT]
            fresh = start + len(window) - done
            if fresh > 0:
                logits = model(window[None, :-1]).logits[0].float()
                total += torch.nn.functional.cross_entropy(logits[-fresh:], window[-fresh:], reduction="sum").item()
                done += fresh
    return total / (len(ids) - 1) / math.log(2)


def evaluate(out: Path) -> None:
    import torch
    from transformers import AutoTokenizer

    data = HELDOUT.read_bytes()
    if AutoTokenizer.from_pretrained(out)(data.decode("utf-8"), verbose=False)["input_ids"] != list(data):
        raise SystemExit("the tokenizer's ids are not the text's bytes")
    for dtype in (torch.float32, torch.bfloat16):
        bits = bits_per_byte(load(out, dtype), data)
        print(
            f"held-out, bfloat16 weights, {dtype} arithmetic: {bits:.4f} bits per byte, "
            f"{bits * math.log(2):.4f} nats per byte, perplexity {2**bits:.4f} per byte"
        )


def sample(out: Path, prompt: str, length: int) -> None:
    """Write on from a prompt, each byte drawn at temperature 0.7 given the 255 bytes before it."""
    import torch

    torch.manual_seed(SEED)
    model = load(out, torch.float32)
    ids = list(prompt.encode("utf-8"))
    with torch.inference_mode():
        for _ in range(length):
            logits = model(torch.tensor([ids[-(CONTEXT - 1) :]])).logits[0, -1]
            ids.append(torch.multinomial((logits / 0.7).softmax(-1), 1).item())
    print(bytes(ids).decode("utf-8", errors="replace"))


def train(deb: Path, out: Path, steps: int, batch: int, peak: float, checkpoint: Path | None) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    data, heldout = load_text(deb)
    text = torch.frombuffer(bytearray(data), dtype=torch.uint8).long()
    windows = text.unfold(0, CONTEXT + 1, 1)
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(LlamaConfig(**CONFIG, use_cache=False))
    parameters = sum(p.numel() for p in model.parameters())
    seen = steps * batch * CONTEXT
    print(f"{parameters} parameters, {len(text)} bytes of text, {seen / len(text):.1f} passes over it", flush=True)

    matrices = [p for p in model.parameters() if p.dim() == 2]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
        betas=(0.9, 0.98),
        fused=True,
    )
    first = 1
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        first = state["step"] + 1
    began, losses = time.monotonic(), []
    for step in range(first, steps + 1):
        # The rate rises over the first 200 steps, stays, and falls to zero in a line over the last 30 %.
        rate = peak * min(1.0, step / 200, (steps - step + 1) / (0.3 * steps))
        for group in optimizer.param_groups:
            group["lr"] = rate
        chosen = windows[torch.randint(len(windows), (batch,))]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = model(chosen[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.float().flatten(0, 1), chosen[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        if step % 50 == 0 or step == steps:
            mean, losses = sum(losses) / len(losses), []
            rest = f"loss {mean:.4f} nats per byte, rate {rate:.2e}, {time.monotonic() - began:.0f} s"
            print(f"step {step} of {steps}: {rest}", flush=True)
        if step % 500 == 0 or step == steps:
            bits = bits_per_byte(model.eval(), heldout)
            model.train()
            print(f"  held-out, before rounding: {bits:.4f} bits per byte", flush=True)
            save(model, out)
            if checkpoint:
                state = dict(model=model.state_dict(), optimizer=optimizer.state_dict())
                torch.save(state | dict(random=torch.get_rng_state(), step=step), checkpoint)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=("text", "train", "evaluate", "sample"))
    parser.add_argument("package", type=Path, nargs="?", help="the .deb, for text and train")
    parser.add_argument("--out", type=Path, default=HERE / "model", help="the model's folder")
    parser.add_argument("--steps", type=int, default=4500)
    parser.add_argument("--batch", type=int, default=16, help="windows of 256 bytes in a step")
    parser.add_argument("--rate", type=float, default=1.5e-3, help="the highest learning rate")
    parser.add_argument("--checkpoint", type=Path, help="keep the state here, and go on from it if it is there")
    parser.add_argument("--prompt", default="It was ")
    parser.add_argument("--length", type=int, default=600, help="bytes to write")
    args = parser.parse_args()
    if args.command in ("text", "train") and args.package is None:
        parser.error(f"{args.command} needs the .deb")
    if args.command == "text":
        HELDOUT.write_bytes(load_text(args.package)[1])
        return

    import torch

    torch.set_num_threads(1)
    if args.command == "train":
        train(args.package, args.out, args.steps, args.batch, args.rate, args.checkpoint)
    elif args.command == "evaluate":
        evaluate(args.out)
    else:
        sample(args.out, args.prompt, args.length)


if __name__ == "__main__":
    main()
