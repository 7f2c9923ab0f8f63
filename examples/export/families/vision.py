"""Encoders of pictures without one of texts: Data2Vec's, and the image tower of Florence-2 (DaViT). Their vectors are for
searching pictures with pictures."""

import torch
import transformers

import bundle
import images
import towers
from source import ExportError


class Data2Vec(torch.nn.Module):
    """The vector of [CLS], or the mean of the patches with the pooler's norm where the checkpoint has one."""

    def __init__(self, model, mean, norm):
        super().__init__()
        self.model, self.mean, self.norm = model, mean, norm

    def forward(self, pixel_values):
        hidden = self.model(pixel_values).last_hidden_state
        return self.norm(hidden[:, 1:].mean(1)) if self.mean else hidden[:, 0]


class Florence2(torch.nn.Module):
    """The first of the vectors that the language model reads: the average over all places, projected."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, pixel_values):
        return self.model.get_image_features(pixel_values)[:, 0]


def data2vec(source, options):
    model, report = transformers.Data2VecVisionModel.from_pretrained(
        str(source.folder), add_pooling_layer=True, output_loading_info=True, attn_implementation="eager", dtype=torch.float32)
    if options.pooling not in (None, "cls", "mean"):
        raise ExportError(f"--pooling {options.pooling}: this family has cls and mean")
    normed = model.pooler.layernorm is not None and not any("pooler" in name for name in report["missing_keys"])
    mean = options.pooling == "mean" or (options.pooling is None and model.config.use_mean_pooling)
    return Data2Vec(model, mean, model.pooler.layernorm if normed else torch.nn.Identity()).eval()


def export(source, folder, options):
    if options.family == "florence-2":
        model = transformers.Florence2Model.from_pretrained(str(source.folder), attn_implementation="eager", dtype=torch.float32)
        network = Florence2(model).eval()
    else:
        network = data2vec(source, options)
    processor = images.processor_of(source)

    def prepare(pictures):
        return {"pixel_values": processor(images=pictures, return_tensors="pt")["pixel_values"]}
    image = towers.Tower(network, ["pixel_values"], prepare, lambda pictures: network(**prepare(pictures)))
    towers.write(folder, bundle.head(source, options) | {"score": bundle.score("cosine"), "image": images.section(processor)}, image=image)
