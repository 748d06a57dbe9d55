"""Open models on this machine, through transformers and sentence-transformers. Nothing is downloaded."""

from coldreel.understand.huggingface.provider import HuggingFace

__all__ = ["HuggingFace"]
