"""BLIP and BLIP-2 as transformers' (Blip|Blip2)ForImageTextRetrieval: two towers (ITC), or with --family blip-itm and
blip-2-itm the matching head, a reranker of (text, picture) pairs whose score is the probability that they match. Texts are
taken as they are, as transformers does; LAVIS cleans captions first."""

import torch
import transformers

import bundle
import images
import texts
import towers
from source import ExportError


class ImageFeatures(torch.nn.Module):
    """BLIP: one vector. BLIP-2: one for each of its queries."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        if isinstance(self.model, transformers.BlipForImageTextRetrieval):
            return self.model.vision_proj(self.model.vision_model(pixel_values).last_hidden_state[:, 0])
        seen = self.model.vision_model(pixel_values).last_hidden_state
        queries = self.model.query_tokens.expand(seen.shape[0], -1, -1)
        return self.model.vision_projection(self.model.qformer(queries, encoder_hidden_states=seen).last_hidden_state)


class TextFeatures(torch.nn.Module):
    """BLIP: one vector. BLIP-2: a list of one."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        if isinstance(self.model, transformers.BlipForImageTextRetrieval):
            return self.model.text_proj(self.model.text_encoder(input_ids, attention_mask).last_hidden_state[:, 0])
        words = self.model.embeddings(input_ids)
        hidden = self.model.qformer(words, query_length=0, attention_mask=attention_mask).last_hidden_state
        return self.model.text_projection(hidden[:, :1])


class Match(torch.nn.Module):
    """By how much the logit of a match exceeds that of none, one pair a row: the sigmoid is the softmax of the two."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, pixel_values):
        seen = self.model.vision_model(pixel_values).last_hidden_state
        if isinstance(self.model, transformers.BlipForImageTextRetrieval):
            logits = self.model.itm_head(self.model.text_encoder(input_ids, attention_mask, encoder_hidden_states=seen).last_hidden_state[:, 0])
        else:
            queries = self.model.query_tokens.expand(seen.shape[0], -1, -1)
            count = self.model.query_tokens.shape[1]
            mask = torch.cat([torch.ones_like(queries[:, :, 0], dtype=attention_mask.dtype), attention_mask], dim=1)
            hidden = self.model.qformer(self.model.embeddings(input_ids, query_embeds=queries), query_length=count, attention_mask=mask,
                                        encoder_hidden_states=seen).last_hidden_state
            logits = self.model.itm_head(hidden[:, :count]).mean(1)
        return logits[:, 1] - logits[:, 0]


def load(source):
    kind = next((name for name in source.config.get("architectures") or [] if name.endswith("ForImageTextRetrieval")), None)
    if kind not in ("BlipForImageTextRetrieval", "Blip2ForImageTextRetrieval"):
        raise ExportError(f"{source.name} is a {' '.join(source.config.get('architectures') or ['model of unknown class'])}, which makes no "
                          "vectors to search with; use a checkpoint of (Blip|Blip2)ForImageTextRetrieval, such as blip-itm-base-coco")
    model = getattr(transformers, kind).from_pretrained(str(source.folder), attn_implementation="eager", dtype=torch.float32).eval()
    return model, transformers.AutoTokenizer.from_pretrained(str(source.folder)), images.processor_of(source, "BlipImageProcessor")


def original_pair(model, tokens, pixels):
    """The probability of a match, by the model's own forward."""
    if isinstance(model, transformers.BlipForImageTextRetrieval):
        return model(**tokens, pixel_values=pixels, use_itm_head=True).itm_score.softmax(-1)[:, 1]
    if model.config.image_token_index is not None:  # the forward wants as many tokens in front as there are queries
        front = torch.ones(len(pixels), model.config.num_query_tokens, dtype=torch.int64)
        tokens = {"input_ids": torch.cat([front * model.config.image_token_index, tokens["input_ids"]], 1),
                  "attention_mask": torch.cat([front, tokens["attention_mask"]], 1)}
    return model(**tokens, pixel_values=pixels, use_image_text_matching_head=True).logits_per_image.softmax(-1)[:, 1]


def export(source, folder, options):
    model, tokenizer, processor = load(source)
    config = getattr(model.config, "text_config" if hasattr(model, "text_encoder") else "qformer_config")
    length = texts.longest(options, tokenizer, config)
    read = ["input_ids", "attention_mask"]

    def tokens(rows):
        return dict(zip(read, texts.batch(tokenizer, rows, read, length)))

    def pixels(pictures):
        return dict(processor(images=pictures, return_tensors="pt"))
    section = texts.section(tokenizer, folder, length, options.query_prompt or "", options.document_prompt or "")
    manifest = bundle.head(source, options) | {"text": section, "image": images.section(processor)}
    if options.family.endswith("-itm"):
        return export_match(folder, manifest, model, tokens, pixels, read)
    several = not hasattr(model, "text_encoder")
    output = "multi" if several else "dense"
    more = {"multi": {"dimensions": model.config.image_text_hidden_size, "normalize": True, "keep": "all", "score": "max"}} if several else {}
    text, image = TextFeatures(model), ImageFeatures(model)
    towers.write(folder, manifest | more | {"score": bundle.score("cosine")},
                 towers.Tower(text, read, tokens, lambda rows: text(**tokens(rows)), output),
                 lambda row: tokenizer(row, truncation=True, max_length=length)["input_ids"],
                 towers.Tower(image, ["pixel_values"], pixels, lambda rows: image(**pixels(rows)), output))


def export_match(folder, manifest, model, tokens, pixels, read):
    pictures = list(images.golden_pictures())
    rows = [texts.GOLDEN_TEXTS[0], "", texts.GOLDEN_TEXTS[2]]
    prompt = manifest["text"]["prompts"]["query"]

    def inputs(chosen):
        made = tokens([rows[i] for i in chosen]) | pixels([pictures[i] for i in chosen])
        return tuple(made[name] for name in [*read, "pixel_values"])
    bundle.save_general_network(Match(model), [inputs(chosen) for chosen in ([0, 2], [1], [2, 0, 1])], folder / "pair.pt")

    def match(i):
        with torch.no_grad():
            asked = tokens([prompt + rows[i]])
            return {"text": rows[i], "input_ids": asked["input_ids"][0].tolist(),
                    "score": float(original_pair(model, asked, pixels([pictures[i]])["pixel_values"]))}
    goldens = images.write_goldens(folder, lambda picture: pixels([picture])["pixel_values"][0], lambda picture: {})
    bundle.write_manifest(folder, manifest | {
        "kind": "cross-encoder", "dimensions": 1, "normalize": False, "score": bundle.score("logit", activation="sigmoid"),
        "networks": {"pair": {"file": "pair.pt", "inputs": [*read, "pixel_values"], "pooling": "none"}},
    }, {"pair": [golden | match(i) for i, golden in enumerate(goldens)]})
