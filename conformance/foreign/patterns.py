"""Random patterns of the kinds that recipes have, and of the kinds that go wrong."""

import re
from random import Random

PIECES = (
    ".*", r".*\.", r"\.", ".", "model", "layers", r"layers\.", "[0-9]+", r"\d", "1", "[0-4]", "self_attn", "q_proj",
    "(?:q|k)_proj", "(gate|up)", "_proj", "mlp", r"mlp\.gate", "(?!.*gate)", "(?=.*proj)", r"(?<=mlp\.)", r"\b", ".+", "w",
    "weight", "ght", "[^.]+", "h?", "(?!1$)", "(?i:GATE)", "lm_head", r"\w*", "embed_tokens", "norm", "fc1",
)  # fmt: skip


def random_pattern(random: Random, names: list[str]) -> str:
    """A pattern that Python takes; half of them are made of a name of the model."""
    while True:
        pattern = _of_a_name(random, random.choice(names)) if random.random() < 0.5 else _of_pieces(random)
        try:
            re.compile(pattern)
            return pattern
        except re.error:
            continue


def _of_pieces(random: Random) -> str:
    front = random.choice(("", "", "", "", "^", "(?i)", "(?s)"))
    back = random.choice(("", "", "", "", "$", r"\Z", ".*", r"\.weight", "|lm_head"))
    return front + "".join(random.choice(PIECES) for _ in range(random.randint(1, 5))) + back


def _of_a_name(random: Random, name: str) -> str:
    parts = name.split(".")
    start = random.randrange(len(parts)) if random.random() < 0.6 else 0
    escaped = [part if not part.isdigit() else random.choice((part, r"\d+", "(0|1|10)", "[0-9]")) for part in parts[start:]]
    body = random.choice((r"\.", r"\.", ".")).join(escaped)
    if random.random() < 0.2:
        body = body[: random.randint(1, len(body))].rstrip("\\([")
    front = random.choice(("", "", "^", ".*", r".*\."))
    return front + body + random.choice(("", "", "$", ".*"))
