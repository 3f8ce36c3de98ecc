"""vLLM's own model classes, built on the meta device from its sources: which of their layers ask for a quantization method."""

import importlib
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace

import torch
import transformers
from torch import nn

from dialect_models import EXPERTS, SMALL
from foreign import stubs

# What vLLM imports and a model's constructor does not need.
STUBS = (
    "PIL", "aiohttp", "cachetools", "cbor2", "cloudpickle", "cpuinfo", "einops", "fastapi", "llguidance", "msgspec", "openai",
    "openai_harmony", "partial_json_parser", "prometheus_client", "psutil", "pybase64", "requests", "urllib3", "uvloop", "xgrammar",
    "zmq", "cv2", "sentencepiece", "tiktoken", "mistral_common", "gguf", "numba", "soundfile", "librosa", "timm", "diskcache", "loguru",
)  # fmt: skip

TIED = {"tie_word_embeddings": False}
DENSE = {name: value for name, value in SMALL.items() if name != "num_key_value_heads"}
GPT2 = {"vocab_size": 64, "n_positions": 32, "n_embd": 64, "n_layer": 2, "n_head": 4, "bos_token_id": None, "eos_token_id": None}
OPT = {"vocab_size": 64, "hidden_size": 64, "ffn_dim": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
LATENT = {
    **DENSE, "num_key_value_heads": 4, "kv_lora_rank": 32, "q_lora_rank": 32, "qk_rope_head_dim": 16, "qk_nope_head_dim": 16,
    "v_head_dim": 16, "moe_intermediate_size": 32, "n_routed_experts": 4, "n_shared_experts": 1, "num_experts_per_tok": 2,
    "n_group": 2, "topk_group": 1, "first_k_dense_replace": 1,
}  # fmt: skip

FAMILIES: dict[str, tuple[str, str, str, dict]] = {
    # name: the model's class in transformers, its config, vLLM's class as "module:class", the config's fields.
    "llama": ("LlamaForCausalLM", "LlamaConfig", "llama:LlamaForCausalLM", {**SMALL, **TIED}),
    "mistral": ("MistralForCausalLM", "MistralConfig", "mistral:MistralForCausalLM", {**SMALL, **TIED, "head_dim": 16}),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2Config", "qwen2:Qwen2ForCausalLM", {**SMALL, **TIED}),
    "qwen3": ("Qwen3ForCausalLM", "Qwen3Config", "qwen3:Qwen3ForCausalLM", {**SMALL, **TIED, "head_dim": 16}),
    "qwen3_moe": (
        "Qwen3MoeForCausalLM", "Qwen3MoeConfig", "qwen3_moe:Qwen3MoeForCausalLM",
        {**SMALL, **EXPERTS, **TIED, "decoder_sparse_step": 1, "mlp_only_layers": [0]},
    ),
    "qwen2_moe": (
        "Qwen2MoeForCausalLM", "Qwen2MoeConfig", "qwen2_moe:Qwen2MoeForCausalLM",
        {**SMALL, **TIED, "num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
         "shared_expert_intermediate_size": 32, "decoder_sparse_step": 1},
    ),
    "mixtral": (
        "MixtralForCausalLM", "MixtralConfig", "mixtral:MixtralForCausalLM",
        {**SMALL, **TIED, "num_local_experts": 4, "num_experts_per_tok": 2},
    ),
    "gemma2": ("Gemma2ForCausalLM", "Gemma2Config", "gemma2:Gemma2ForCausalLM", {**SMALL, "head_dim": 16}),
    "gemma3_text": ("Gemma3ForCausalLM", "Gemma3TextConfig", "gemma3:Gemma3ForCausalLM", {**SMALL, "head_dim": 16}),
    "gpt_oss": (
        "GptOssForCausalLM", "GptOssConfig", "gpt_oss:GptOssForCausalLM",
        {**SMALL, **TIED, "head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2,
         "layer_types": ["full_attention", "full_attention"]},
    ),
    "deepseek_v3": (
        "DeepseekV3ForCausalLM", "DeepseekV3Config", "deepseek_v2:DeepseekV3ForCausalLM", {**LATENT, **TIED},
    ),
    "gpt2": ("GPT2LMHeadModel", "GPT2Config", "gpt2:GPT2LMHeadModel", GPT2),
    "opt": ("OPTForCausalLM", "OPTConfig", "opt:OPTForCausalLM", {**OPT, "word_embed_proj_dim": 64}),
    "phi3": ("Phi3ForCausalLM", "Phi3Config", "phi3:Phi3ForCausalLM", {**SMALL, **TIED}),
    "granite": ("GraniteForCausalLM", "GraniteConfig", "granite:GraniteForCausalLM", {**SMALL, **TIED}),
    "olmoe": ("OlmoeForCausalLM", "OlmoeConfig", "olmoe:OlmoeForCausalLM", {**SMALL, **TIED, "num_experts": 4, "num_experts_per_tok": 2}),
    "cohere": ("CohereForCausalLM", "CohereConfig", "commandr:CohereForCausalLM", SMALL),
    "falcon": ("FalconForCausalLM", "FalconConfig", "falcon:FalconForCausalLM", {
        "vocab_size": 64, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "new_decoder_architecture": False,
        "multi_query": True, "bias": False, "parallel_attn": True}),
    "bloom": ("BloomForCausalLM", "BloomConfig", "bloom:BloomForCausalLM", {"vocab_size": 64, "hidden_size": 64, "n_layer": 2, "n_head": 4}),
    "granitemoe": (
        "GraniteMoeForCausalLM", "GraniteMoeConfig", "granitemoe:GraniteMoeForCausalLM",
        {**SMALL, **TIED, "num_local_experts": 4, "num_experts_per_tok": 2},
    ),
    "glm4": ("Glm4ForCausalLM", "Glm4Config", "glm4:Glm4ForCausalLM", {**SMALL, **TIED, "head_dim": 16}),
    "stablelm": ("StableLmForCausalLM", "StableLmConfig", "stablelm:StablelmForCausalLM", {**SMALL, **TIED}),
    "qwen3_next": (
        "Qwen3NextForCausalLM", "Qwen3NextConfig", "qwen3_next:Qwen3NextForCausalLM",
        {**SMALL, **EXPERTS, **TIED, "shared_expert_intermediate_size": 32, "linear_num_value_heads": 4, "linear_num_key_heads": 2,
         "linear_key_head_dim": 16, "linear_value_head_dim": 16, "decoder_sparse_step": 1,
         "layer_types": ["linear_attention", "full_attention"]},
    ),
    "glm4_moe": ("Glm4MoeForCausalLM", "Glm4MoeConfig", "glm4_moe:Glm4MoeForCausalLM", {
        **SMALL, **TIED, "head_dim": 16, "moe_intermediate_size": 32, "n_routed_experts": 4, "n_shared_experts": 1,
        "num_experts_per_tok": 2, "first_k_dense_replace": 1}),
    "ernie4_5_moe": ("Ernie4_5_MoeForCausalLM", "Ernie4_5_MoeConfig", "ernie45_moe:Ernie4_5_MoeForCausalLM", {
        **SMALL, **TIED, "moe_num_experts": 4, "moe_k": 2, "moe_intermediate_size": 32, "moe_num_shared_experts": 1,
        "moe_layer_start_index": 1}),
    "phimoe": ("PhimoeForCausalLM", "PhimoeConfig", "phimoe:PhiMoEForCausalLM", {**SMALL, **TIED, "num_local_experts": 4}),
    "jamba": ("JambaForCausalLM", "JambaConfig", "jamba:JambaForCausalLM", {
        **SMALL, **TIED, "num_experts": 4, "num_experts_per_tok": 2, "attn_layer_period": 2, "attn_layer_offset": 1,
        "expert_layer_period": 2, "expert_layer_offset": 1, "use_mamba_kernels": False}),
    "granitemoehybrid": ("GraniteMoeHybridForCausalLM", "GraniteMoeHybridConfig", "granitemoehybrid:GraniteMoeHybridForCausalLM", {
        **SMALL, **TIED, "num_local_experts": 4, "num_experts_per_tok": 2, "shared_intermediate_size": 32,
        "layer_types": ["attention", "attention"]}),
    "deepseek_v2": ("DeepseekV2ForCausalLM", "DeepseekV2Config", "deepseek_v2:DeepseekV2ForCausalLM", {**LATENT, **TIED}),
    "nemotron_h": ("NemotronHForCausalLM", "NemotronHConfig", "nemotron_h:NemotronHForCausalLM", {
        **SMALL, **TIED, "hybrid_override_pattern": "*-", "head_dim": 16}),
    "apertus": ("ApertusForCausalLM", "ApertusConfig", "apertus:ApertusForCausalLM", {**SMALL, **TIED}),
    "gptj": ("GPTJForCausalLM", "GPTJConfig", "gpt_j:GPTJForCausalLM", {**GPT2, "rotary_dim": 8}),
}  # fmt: skip


class _Given(SimpleNamespace):
    """A part of vLLM's configuration of which a constructor reads little."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        return None


def _recorder() -> object:
    """vLLM's own config for torchao, which keeps who asks and has nothing quantized."""
    from torchao.quantization import Int8WeightOnlyConfig
    from vllm.model_executor.layers.linear import LinearBase, UnquantizedLinearMethod
    from vllm.model_executor.layers.quantization.torchao import TorchAOConfig

    class Recorder(TorchAOConfig):
        def __init__(self) -> None:
            super().__init__(Int8WeightOnlyConfig())
            self.asked: dict[str, nn.Module] = {}

        def get_quant_method(self, layer: nn.Module, prefix: str) -> object | None:
            self.asked[prefix] = layer
            return UnquantizedLinearMethod() if isinstance(layer, LinearBase) else None

    return Recorder()


def start(sources: Path) -> None:
    """Makes vLLM importable from a folder with its sources, on a CPU, with one process."""
    os.environ["VLLM_TARGET_DEVICE"] = "cpu"
    stubs.provide(STUBS)
    sys.path.insert(0, str(sources))
    platforms = importlib.import_module("vllm.platforms")
    platforms._current_platform = importlib.import_module("vllm.platforms.cpu").CpuPlatform()
    for operation in ("gelu_new", "gelu_fast", "gelu_quick"):
        setattr(torch.ops._C, operation, None)
    state = importlib.import_module("vllm.distributed.parallel_state")
    config = importlib.import_module("vllm.config")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with config.set_current_vllm_config(config.VllmConfig()):
        state.init_distributed_environment(1, 0, f"tcp://127.0.0.1:{port}", 0, backend="gloo")
        state.initialize_model_parallel(1, 1)


def build(family: str) -> tuple[dict[str, nn.Module], transformers.PretrainedConfig]:
    """The layers that ask, by the names they give, and the config."""
    config = importlib.import_module("vllm.config")
    _, config_class, place, fields = FAMILIES[family]
    hf = getattr(transformers, config_class)(**fields)
    module, name = place.split(":")
    model_class = getattr(importlib.import_module(f"vllm.model_executor.models.{module}"), name)
    whole = config.VllmConfig()
    whole.model_config = _Given(hf_config=hf, hf_text_config=hf, dtype=torch.bfloat16, max_model_len=128, use_mla=family.startswith("deepseek"))
    recorder = _recorder()
    whole.quant_config = recorder
    with config.set_current_vllm_config(whole):
        model_class(vllm_config=whole, prefix="")
    return recorder.asked, hf
