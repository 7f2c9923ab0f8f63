"""What SigLIP and SigLIP 2 have of their own: the rules of their tokenizers, and NaFlex's table of positions."""

import string

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer, PreTrainedTokenizerFast

BLANK = "\u2581"  # how SentencePiece writes a space


def tokenizers_of(source):
    """The tokenizer with a tokenizer.json, and the original."""
    tokenizer = AutoTokenizer.from_pretrained(str(source.folder))
    if type(tokenizer).__name__ == "SiglipTokenizer":
        return fast(tokenizer), tokenizer
    # SigLIP 2 was trained with Gemma's tokenizer on lower case, which transformers 5 sees to and 4 does not.
    backend = tokenizer.backend_tokenizer
    backend.normalizer = normalizers.Sequence([normalizers.Lowercase(), *([backend.normalizer] if backend.normalizer else [])])
    return tokenizer, tokenizer


def fast(tokenizer):
    """SiglipTokenizer (a SentencePiece unigram model; lower case, no ASCII punctuation, single spaces, the end behind) as
    a tokenizer.json. They differ in texts that hold the end's token, </s>: what follows it begins a word here."""
    from transformers.convert_slow_tokenizer import import_protobuf
    proto = import_protobuf().ModelProto.FromString(tokenizer.sp_model.serialized_model_proto())
    made = Tokenizer(models.Unigram([(p.piece, p.score) for p in proto.pieces], proto.trainer_spec.unk_id, False))
    made.add_special_tokens([token for _, token in sorted(tokenizer.added_tokens_decoder.items())])
    steps = [normalizers.Replace(BLANK, " ")]
    if tokenizer.do_lower_case:
        steps.append(normalizers.Lowercase())
    steps += [normalizers.Replace(Regex("[" + "".join(rf"\x{ord(c):02X}" for c in string.punctuation) + "]"), ""),
              normalizers.Replace(Regex(r"[\s\x1C-\x1F]+"), " "), normalizers.Strip()]
    if proto.normalizer_spec.precompiled_charsmap:
        steps.append(normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap))
    steps += [normalizers.Replace(Regex(" {2,}"), " "), normalizers.Strip()]
    made.normalizer = normalizers.Sequence(steps)
    made.pre_tokenizer = pre_tokenizers.Metaspace(replacement=BLANK, prepend_scheme="always")
    made.post_processor = processors.TemplateProcessing(single=["$A", tokenizer.eos_token],
                                                        special_tokens=[(tokenizer.eos_token, tokenizer.eos_token_id)])
    return PreTrainedTokenizerFast(tokenizer_object=made, model_max_length=tokenizer.model_max_length, pad_token=tokenizer.pad_token,
                                   eos_token=tokenizer.eos_token, unk_token=tokenizer.unk_token,
                                   model_input_names=tokenizer.model_input_names)


class Positions(torch.nn.Module):
    """Siglip2VisionEmbeddings without its loop over pictures, whose sizes a trace would bake in: the table of positions is
    scaled to each picture's grid by the weights of an antialiased bilinear interpolation."""

    def __init__(self, embeddings):
        super().__init__()
        self.patch_embedding = embeddings.patch_embedding
        self.side = embeddings.position_embedding_size
        self.register_buffer("table", embeddings.position_embedding.weight.detach().reshape(self.side, self.side, -1))
        self.register_buffer("places", torch.arange(self.side).float() + 0.5)

    def weights(self, index, count):
        """How much each of the table's rows (or columns) gives to row `index` of `count`: [pictures, patches, side]."""
        scale = self.side / count.float()
        distance = self.places - ((index.float() + 0.5) * scale[:, None])[..., None]
        triangle = (1 - distance.abs() / scale.clamp(min=1)[:, None, None]).clamp(min=0)
        return triangle / triangle.sum(-1, keepdim=True)

    def forward(self, pixel_values, spatial_shapes):
        rows, columns = spatial_shapes[:, 0], spatial_shapes[:, 1]
        index = torch.arange(pixel_values.shape[1])[None, :] * torch.ones_like(rows)[:, None]
        index = torch.where(index < (rows * columns)[:, None], index, torch.zeros_like(index))  # padding is at the first place
        row = torch.div(index, columns[:, None], rounding_mode="floor")
        down, across = self.weights(row, rows), self.weights(index - row * columns[:, None], columns)
        return self.patch_embedding(pixel_values) + torch.einsum("bpi,bpj,ijd->bpd", down, across, self.table)


class NaFlex(torch.nn.Module):
    """The image tower of Siglip2Model, with positions that a trace can hold."""

    def __init__(self, vision):
        super().__init__()
        self.positions, self.encoder, self.norm, self.head = Positions(vision.embeddings), vision.encoder, vision.post_layernorm, vision.head

    def forward(self, pixel_values, pixel_attention_mask, spatial_shapes):
        hidden = self.positions(pixel_values, spatial_shapes)
        hidden_places = (1 - pixel_attention_mask[:, None, None, :].to(hidden.dtype)) * torch.finfo(hidden.dtype).min
        hidden = self.encoder(inputs_embeds=hidden, attention_mask=hidden_places).last_hidden_state
        return self.head(self.norm(hidden), pixel_attention_mask)
