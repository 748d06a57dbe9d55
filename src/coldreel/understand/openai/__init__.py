"""Any server that speaks OpenAI's protocol: vLLM, Ollama, SGLang, llama.cpp, a cloud."""

from coldreel.understand.openai.provider import OpenAI

__all__ = ["OpenAI"]
