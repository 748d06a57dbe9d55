"""Models of a few kilobytes, made on the spot and saved as the real ones are.

They see nothing and know nothing: what is tested with them is that models are found, loaded, asked and read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    BertConfig,
    BertModel,
    CLIPConfig,
    CLIPModel,
    CLIPProcessor,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

torch.set_num_threads(1)  # threads would only wait for each other over so little

FIRST, AGAIN = "<first>", "<again>"
"""What the chat template of `writer` ends with: for a first question, and for one more."""
_TEMPLATE = """\
{% for message in messages %}{{ message.role }}: {% for part in message.content %}\
{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}
{% endfor %}{% if messages | length > 1 %}<again>{% else %}<first>{% endif %}"""
PICTURES_ONLY = """\
{% for message in messages %}{% for part in message.content %}{% if part.type == 'image' %}<image>{% endif %}\
{% endfor %}{% endfor %}<first>"""
_SIDE, _PATCH, _HIDDEN = 32, 16, 32
_LOOK = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": _SIDE,
    "patch_size": _PATCH,
}


def writer(
    folder: Path, first: str | None = None, again: str | None = None, template: str = _TEMPLATE
) -> Path:
    """A LLaVA. With two answers it gives the one to a first question and the other to one more.

    Each answer is a single token, and the weights are set by hand so that the last token of the question
    alone decides on it. Without answers the weights are random.
    """
    tokens = _bytes(special=["<image>", FIRST, AGAIN])
    tokens.model_max_length = 8192
    answers = [answer for answer in (first, again) if answer is not None]
    tokens.add_tokens([AddedToken(answer, normalized=False) for answer in dict.fromkeys(answers)])
    torch.manual_seed(1)
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=CLIPVisionConfig(**_LOOK),
            text_config=LlamaConfig(
                vocab_size=len(tokens),
                hidden_size=_HIDDEN,
                intermediate_size=_HIDDEN,
                num_hidden_layers=1,
                num_attention_heads=2,
                max_position_embeddings=8192,
                bos_token_id=None,
                eos_token_id=tokens.eos_token_id,
                pad_token_id=tokens.pad_token_id,
            ),
            image_token_index=tokens.convert_tokens_to_ids("<image>"),
            tie_word_embeddings=False,
        )
    )
    if first is not None and again is not None:
        _chain(model, tokens, [(FIRST, first), (AGAIN, again), (first, "<eos>"), (again, "<eos>")])
    else:
        _amplify(model)
    model.save_pretrained(folder)
    LlavaProcessor(
        image_processor=_looking(),
        tokenizer=tokens,
        patch_size=_PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token="<image>",
        chat_template=template or None,
    ).save_pretrained(folder)
    return folder


def text_embedder(folder: Path, dimensions: int = 32) -> Path:
    """A sentence-transformers model of a BERT with random weights."""
    tokens = _bytes()
    torch.manual_seed(2)
    bert = BertModel(
        BertConfig(
            vocab_size=len(tokens),
            hidden_size=dimensions,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
        )
    )
    bert.save_pretrained(folder / "bert")
    tokens.save_pretrained(folder / "bert")
    parts = [Transformer(str(folder / "bert")), Pooling(dimensions), Normalize()]
    SentenceTransformer(modules=parts, device="cpu").save(str(folder / "whole"))
    return folder / "whole"


def picture_embedder(folder: Path, dimensions: int = 24) -> Path:
    """A CLIP with random weights, as transformers saves it."""
    tokens = _bytes()
    tokens.model_max_length = 77
    words = {
        "vocab_size": len(tokens),
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "bos_token_id": None,
        "eos_token_id": tokens.eos_token_id,
        "pad_token_id": tokens.pad_token_id,
    }
    torch.manual_seed(3)
    CLIPModel(CLIPConfig(text_config=words, vision_config=_LOOK, projection_dim=dimensions)).save_pretrained(
        folder
    )
    CLIPProcessor(_looking(), tokens).save_pretrained(folder)
    return folder


def _bytes(special: list[str] | None = None) -> PreTrainedTokenizerFast:
    """A token for each byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: i for i, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        additional_special_tokens=special or [],
        model_max_length=512,
    )


def _looking() -> CLIPImageProcessorPil:
    return CLIPImageProcessorPil(size={"shortest_edge": _SIDE}, crop_size={"height": _SIDE, "width": _SIDE})


def _amplify(model: Any) -> None:
    """Fresh weights are so small that the last token decides alone; these are not."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(20)


def _chain(model: Any, tokens: PreTrainedTokenizerFast, steps: list[tuple[str, str]]) -> None:
    """After each token the other: without attention and feed-forward the last token alone is looked at."""
    text = model.model.language_model
    with torch.no_grad():
        for layer in text.layers:
            layer.self_attn.o_proj.weight.zero_()
            layer.mlp.down_proj.weight.zero_()
        text.embed_tokens.weight.zero_()
        model.lm_head.weight.zero_()
        for place, (last, following) in enumerate(steps):
            text.embed_tokens.weight[tokens.convert_tokens_to_ids(last), place] = 1
            model.lm_head.weight[tokens.convert_tokens_to_ids(following), place] = 1
