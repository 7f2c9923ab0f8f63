"""FLAVA as transformers' FlavaModel: its two contrastive towers, or with --family flava-composed its multimodal encoder,
which makes one vector of a text and a picture together. The two are different spaces, so they are different bundles."""

import math

import torch
from transformers import AutoTokenizer, FlavaModel

import bundle
import images
import texts
import towers

READ = ["input_ids", "attention_mask"]


class First(torch.nn.Module):
    """The first vector, that of [CLS] or [CLS_I], of what a method returns."""

    def __init__(self, model, method, inputs):
        super().__init__()
        self.all = towers.Method(model, method, inputs)

    def forward(self, *tensors):
        return self.all(*tensors)[:, 0]


class Composed(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask, pixel_values):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, pixel_values=pixel_values).multimodal_embeddings[:, 0]


def export(source, folder, options):
    model = FlavaModel.from_pretrained(str(source.folder), attn_implementation="eager", dtype=torch.float32).eval()
    tokenizer, processor = AutoTokenizer.from_pretrained(str(source.folder)), images.processor_of(source, "FlavaImageProcessor")
    length = texts.longest(options, tokenizer, model.config.text_config)
    section = texts.section(tokenizer, folder, length, options.query_prompt or "", options.document_prompt or "")
    manifest = bundle.head(source, options) | {"text": section, "image": images.section(processor)}

    def tokens(rows):
        return dict(zip(READ, texts.batch(tokenizer, rows, READ, length)))

    def pixels(pictures):
        return {"pixel_values": processor(images=pictures, return_tensors="pt")["pixel_values"]}
    if options.family == "flava-composed":
        return export_composed(folder, manifest, model, tokens, pixels)
    text, image = First(model, "get_text_features", READ), First(model, "get_image_features", ["pixel_values"])
    towers.write(folder, manifest | {"score": bundle.score("cosine", math.exp(float(model.logit_scale)), activation="softmax")},
                 towers.Tower(text, READ, tokens, lambda rows: model.get_text_features(**tokens(rows))[:, 0]),
                 lambda row: tokenizer(row, truncation=True, max_length=length)["input_ids"],
                 towers.Tower(image, ["pixel_values"], pixels, lambda rows: model.get_image_features(**pixels(rows))[:, 0]))


def export_composed(folder, manifest, model, tokens, pixels):
    pictures = list(images.golden_pictures())
    rows = [texts.GOLDEN_TEXTS[0], "", texts.GOLDEN_TEXTS[2]]
    prompt = manifest["text"]["prompts"]["document"]
    tower = towers.Tower(Composed(model), [*READ, "pixel_values"],
                         lambda pairs: tokens([row for row, _ in pairs]) | pixels([picture for _, picture in pairs]),
                         lambda pairs: tower.network(*(tower.prepare(pairs)[name] for name in tower.inputs)))
    goldens = []
    for i, golden in enumerate(images.write_goldens(folder, lambda picture: pixels([picture])["pixel_values"][0], lambda picture: {})):
        ids = tokens([prompt + rows[i]])["input_ids"][0].tolist()
        goldens.append(golden | {"text": rows[i], "input_ids": ids, **towers.vectors(tower, (prompt + rows[i], pictures[i]), True)})
    bundle.write_manifest(folder, manifest | {
        "kind": "dual-encoder", "dimensions": len(goldens[0]["vector"]), "normalize": True, "score": bundle.score("cosine"),
        "networks": {"text_image": towers.save(folder, "text_image", tower, list(zip(rows, pictures)))},
    }, {"text_image": goldens})
