"""ColPali as transformers' ColPaliForRetrieval: pictures of pages, and queries, as many vectors. Texts get the frame that
queries have; only queries get the prefix. The original cuts no text; ours is cut within its frame."""

import torch
from transformers import ColPaliForRetrieval

import bundle
import images
import texts
import towers

READ = ["input_ids", "attention_mask"]


class Page(torch.nn.Module):
    """Pictures with the words that go with every picture."""

    def __init__(self, model, input_ids):
        super().__init__()
        self.model = model
        self.register_buffer("input_ids", input_ids)

    def forward(self, pixel_values):
        ids = self.input_ids.expand(pixel_values.shape[0], -1)
        return self.model(input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixel_values, use_cache=False).embeddings


class Query(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).embeddings


def frame(tokenizer, before, behind):
    """The pieces of a template that sets texts around another."""
    def pieces(text):
        return tokenizer.convert_ids_to_tokens(tokenizer(text, add_special_tokens=False)["input_ids"])
    return [*pieces(before), "$A", *pieces(behind)]


def multi(model):
    return {"dimensions": model.config.embedding_dim, "normalize": True, "keep": "attended", "score": "max_sim_sum"}


def query_tower(network, processor, length):
    """`network` reads framed texts as the processor's tokenizer makes them; the processor itself adds the prefix."""
    tokenizer, suffix = processor.tokenizer, processor.query_augmentation_token * 10

    def framed(text):
        return f"{tokenizer.bos_token}{text}{suffix}\n"

    def prepare(rows):
        return dict(zip(READ, texts.batch(tokenizer, [framed(row) for row in rows], READ, length, add_special_tokens=False)))

    def ids(text):
        return tokenizer(framed(text), add_special_tokens=False)["input_ids"]
    return towers.Tower(network, READ, prepare, lambda rows: network(**prepare(rows)), "multi"), ids


def export(source, folder, options):
    model = ColPaliForRetrieval.from_pretrained(str(source.folder), attn_implementation="eager", dtype=torch.float32).eval()
    processor = images.joint_processor_of(source, "ColPaliProcessor")
    tokenizer = processor.tokenizer
    length = texts.longest(options, tokenizer, model.config.vlm_config.text_config)
    prefix = processor.query_prefix if options.query_prompt is None else options.query_prompt
    single = frame(tokenizer, tokenizer.bos_token, processor.query_augmentation_token * 10 + "\n")
    section = texts.section(tokenizer, folder, length, prefix, options.document_prompt or "", single=single)

    def pixels(pictures):
        return {"pixel_values": processor.process_images(pictures)["pixel_values"]}
    picture = next(images.golden_pictures())
    page = Page(model, processor.process_images([picture])["input_ids"])
    text, ids = query_tower(Query(model), processor, length)
    towers.write(folder, bundle.head(source, options) | {
        "score": bundle.score("dot"), "multi": multi(model), "text": section, "image": images.section(processor.image_processor)},
        text, ids, towers.Tower(page, ["pixel_values"], pixels, lambda rows: model(**processor.process_images(rows)).embeddings, "multi"),
        texts.uncut(ids, length, section["prompts"]))
