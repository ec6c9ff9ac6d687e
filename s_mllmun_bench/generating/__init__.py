"""Backends that answer questions: `transformers` and `vllm` behind one small protocol."""

from s_mllmun_bench.generating.backend import AdapterEffect, Backend, Decoding, Generated, grouped, windows

__all__ = ["AdapterEffect", "Backend", "Decoding", "Generated", "grouped", "windows"]
