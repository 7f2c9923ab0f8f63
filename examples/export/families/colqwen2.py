"""ColQwen2 as transformers' ColQwen2ForRetrieval: pictures of pages, and queries, as many vectors. Its own code builds masks
and positions in Python, which no trace can hold; here both are computed from tensors, for any shape of picture."""

import torch
from transformers import ColQwen2ForRetrieval

import bundle
import images
import texts
import towers
from families.colpali import READ, frame, multi
from source import ExportError


def additive(allowed):
    """A mask to add to attention's weights out of one that is true where a place may be looked at."""
    return (~allowed).to(torch.float32) * torch.finfo(torch.float32).min


def rotated(x, cos, sin):
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


class Decoder(torch.nn.Module):
    """The language model and the projection: embedded words to vectors."""

    def __init__(self, model):
        super().__init__()
        self.language, self.project = model.vlm.model.language_model, model.embedding_proj_layer

    def forward(self, words, places, allowed):
        causal = torch.ones_like(words[0, :, 0]).cumsum(0)
        mask = additive((causal[None, :, None] >= causal[None, None, :]) & allowed[:, None, :])[:, None]
        hidden = self.language(inputs_embeds=words, position_ids=places, attention_mask={"full_attention": mask}, use_cache=False)
        vectors = self.project(hidden.last_hidden_state)
        return vectors / vectors.norm(dim=-1, keepdim=True)


class Query(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.decoder = Decoder(model)

    def forward(self, input_ids, attention_mask):
        places = (attention_mask.cumsum(-1) - 1).clamp(min=0)[None].expand(3, -1, -1)
        return self.decoder(self.decoder.language.embed_tokens(input_ids), places, attention_mask == 1)


class Sight(torch.nn.Module):
    """Qwen2-VL's image tower over [pictures, patches, values], all patches of a picture looking at each other."""

    def __init__(self, visual):
        super().__init__()
        self.visual = visual

    def attend(self, attention, hidden, cos, sin):
        pictures, patches, width = hidden.shape
        query, key, value = attention.qkv(hidden).reshape(pictures, patches, 3, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
        weights = rotated(query, cos, sin) @ rotated(key, cos, sin).transpose(-2, -1) * attention.scaling
        return attention.proj((weights.softmax(-1) @ value).transpose(1, 2).reshape(pictures, patches, width))

    def forward(self, pixel_values, pixel_positions):
        pictures, patches, values = pixel_values.shape
        hidden = self.visual.patch_embed(pixel_values.reshape(-1, values)).reshape(pictures, patches, -1)
        angles = (pixel_positions[..., None].to(hidden.dtype) * self.visual.rotary_pos_emb.inv_freq).flatten(2)
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        for block in self.visual.blocks:
            hidden = hidden + self.attend(block.attn, block.norm1(hidden), angles.cos(), angles.sin())
            hidden = hidden + block.mlp(block.norm2(hidden))
        merged = self.visual.merger(hidden)
        return merged.reshape(pictures, -1, merged.shape[-1])


class Page(torch.nn.Module):
    """A picture between the words that go with every picture."""

    def __init__(self, model, before, behind):
        super().__init__()
        self.sight, self.decoder = Sight(model.vlm.model.visual), Decoder(model)
        self.merge = model.vlm.model.visual.spatial_merge_size
        self.register_buffer("before", torch.tensor([before]))
        self.register_buffer("behind", torch.tensor([behind]))

    def forward(self, pixel_values, pixel_positions):
        seen = self.sight(pixel_values, pixel_positions)
        one = torch.ones_like(pixel_positions[:, :1, 0])  # [pictures, 1]
        embed = self.decoder.language.embed_tokens
        words = torch.cat((embed(self.before * one), seen, embed(self.behind * one)), dim=1)
        # Places count time, row and column: in a picture from where the words before it end, behind it from its longer side on.
        first = self.before.shape[1]
        grid = pixel_positions[:, ::self.merge * self.merge] // self.merge
        inside = first + torch.cat((torch.zeros_like(grid[..., :1]), grid), dim=-1).permute(2, 0, 1)
        count_before = (torch.ones_like(self.before).cumsum(1) - 1) * one
        count_behind = (torch.ones_like(self.behind).cumsum(1) - 1) * one + first + grid.flatten(1).max(1).values[:, None] + 1
        places = torch.cat((count_before.expand(3, -1, -1), inside, count_behind.expand(3, -1, -1)), dim=2)
        return self.decoder(words, places, torch.ones_like(words[..., 0], dtype=torch.bool))


def load(source):
    model = ColQwen2ForRetrieval.from_pretrained(str(source.folder), attn_implementation="eager", dtype=torch.float32).eval()
    kind = model.config.vlm_config.model_type
    if kind != "qwen2_vl" or "sliding_attention" in model.config.vlm_config.text_config.layer_types:
        raise ExportError(f"{source.name} is built on {kind}{'' if kind != 'qwen2_vl' else ' with sliding windows'}; this family is known "
                          "with qwen2_vl and full attention: use a checkpoint such as vidore/colqwen2-v1.0-hf")
    return model, images.joint_processor_of(source, "ColQwen2Processor")


def positions(grid, merge):
    """Row and column of each patch, in the order of Qwen2VLImageProcessor: block of merge x merge after block."""
    rows, columns = (torch.arange(int(n)) for n in grid[1:])
    both = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1)
    return both.unfold(0, merge, merge).unfold(1, merge, merge).permute(0, 1, 3, 4, 2).reshape(-1, 2)


def export(source, folder, options):
    model, processor = load(source)
    tokenizer, merge = processor.tokenizer, processor.image_processor.merge_size
    length = texts.longest(options, tokenizer, model.config.vlm_config.text_config)
    suffix = processor.query_augmentation_token * 10
    prefix = processor.query_prefix if options.query_prompt is None else options.query_prompt
    section = texts.section(tokenizer, folder, length, prefix, options.document_prompt or "", single=frame(tokenizer, "", suffix))

    def tokens(rows):
        return dict(zip(READ, texts.batch(tokenizer, [row + suffix for row in rows], READ, length)))

    def pixels(pictures):
        made = processor.process_images(pictures)
        return {"pixel_values": made["pixel_values"], "pixel_positions": torch.stack([positions(grid, merge) for grid in made["image_grid_thw"]])}

    def ids(row):
        return tokenizer(row + suffix)["input_ids"]
    before, behind = (tokenizer(part)["input_ids"] for part in processor.visual_prompt_prefix.split(processor.image_token))
    text = towers.Tower(Query(model), READ, tokens, lambda rows: model(**tokens(rows)).embeddings, "multi")
    image = towers.Tower(Page(model, before, behind), ["pixel_values", "pixel_positions"], pixels,
                         lambda rows: model(**processor.process_images(rows)).embeddings, "multi", one_shape=False)
    towers.write(folder, bundle.head(source, options) | {
        "score": bundle.score("dot"), "multi": multi(model), "text": section, "image": images.section(processor.image_processor)},
        text, ids, image, texts.uncut(ids, length, section["prompts"]))
