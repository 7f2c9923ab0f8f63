"""What examples/export/export.py does with broken models, and with options that a family does not heed: each is an ExportError
that says what was seen, and nothing is left behind.

    python tests/parity/export_errors.py
"""
import json
import sys
import unittest

from export_refusals import Story, export, transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from tiny import image_text, rerankers, sentence_encoders

import loading
import source


def without(folder, *names):
    """The folder's weights less these."""
    from safetensors.torch import load_file, save_file
    path = folder / "model.safetensors"
    save_file({name: tensor for name, tensor in load_file(path).items() if name not in names}, path, {"format": "pt"})


class Told(Story):
    def tearDown(self):
        self.assertEqual([path.name for path in self.out.parent.glob("*.partial-*")], [], "something was left behind")

    def told(self, *parts, **options):
        message = self.refused(**options)
        for part in parts:
            self.assertIn(part, message)


class Weights(Told):
    def test_what_a_checkpoint_lacks_is_not_filled_with_random_numbers(self):
        image_text.clip(self.model)
        without(self.model, "text_projection.weight", "text_model.encoder.layers.0.mlp.fc1.weight")
        self.told("lacks weights", "text_projection.weight", "text_model.encoder.layers.0.mlp.fc1.weight")

    def test_nor_is_what_has_another_shape(self):
        sentence_encoders.bert(self.model)
        config = json.loads((self.model / "config.json").read_text())
        self.config(**config | {"intermediate_size": 60})
        self.told("encoder.layer.0.intermediate.dense.bias (of another shape)")

    def test_nor_within_sentence_transformers(self):
        sentence_encoders.bert(self.model)
        without(self.model, "encoder.layer.1.output.dense.weight")
        self.told("encoder.layer.1.output.dense.weight")

    def test_an_encoder_is_no_cross_encoder(self):
        sentence_encoders.bert(self.model)
        self.told("classifier.weight", family="cross-encoder")

    def test_a_pooler_that_nothing_reads_may_be_missing(self):
        sentence_encoders.bert(self.model)
        without(self.model, "pooler.dense.weight", "pooler.dense.bias")
        self.assertEqual(export.export(self.model, self.out).name, "sentence-transformers")

    def test_but_not_where_it_is_read(self):
        rerankers.bert(self.model)
        without(self.model, "bert.pooler.dense.weight")
        self.told("bert.pooler.dense.weight")

    def test_the_class_of_transformers_is_left_as_it_was(self):
        before = transformers.PreTrainedModel.__dict__["from_pretrained"]
        self.test_an_encoder_is_no_cross_encoder()
        self.assertIs(transformers.PreTrainedModel.__dict__["from_pretrained"], before)


class Options(Told):
    def test_what_a_family_does_not_heed(self):
        self.config(model_type="clip", architectures=["CLIPModel"])
        self.told("the family clip does not take --pooling and --truncate-dim", "it takes --max-length, --query-prompt",
                  pooling="cls", truncate_dim=3)
        self.told("it takes none", family="colbert", max_length=9)
        self.told("does not take --document-prompt", family="cross-encoder", document_prompt="")
        self.told("does not take --max-length", family="static-embedding", max_length=9)
        self.told("--truncate-dim -3: give a number above 0", family="sentence-transformers", truncate_dim=-3)
        self.told("--max-length 0: give a number above 0", max_length=0)
        self.told("--revision", "does not come from the Hugging Face hub", revision="main")

    def test_lengths_and_dimensions_that_a_model_has_not(self):
        sentence_encoders.bert(self.model)
        self.told("--max-length 2: 2 tokens are set around every text, so give 3 or more", max_length=2)
        self.told("--max-length 65: this model reads texts of up to 64 tokens", max_length=65)
        self.told("the model has 32 dimensions, of which 1 to 32", truncate_dim=33)
        self.assertEqual(export.export(self.model, self.out, truncate_dim=32, max_length=64).name, "sentence-transformers")

    def test_lengths_of_pairs(self):
        rerankers.bert(self.model)
        self.told("3 tokens are set around a pair of texts, so give 5 or more", max_length=4)
        self.assertEqual(export.export(self.model, self.out, max_length=5).name, "cross-encoder")

    def test_a_family_of_another_type(self):
        self.config(model_type="clip")
        self.told("--family siglip is for siglip, but config.json of model says model_type clip", family="siglip")
        self.told("--family blip-itm is for blip", family="blip-itm")


class Broken(Told):
    def test_files_that_are_missing(self):
        self.config(model_type="clip")
        self.told("cannot read model: OSError", "--debug")
        sentence_encoders.xlm_roberta(self.model)
        self.told("has no sparse_linear.pt", family="bge-m3")

    def test_files_that_are_damaged(self):
        (self.model / "config.json").write_text('{"model_type": "bert",')
        self.told("config.json of model cannot be read")
        (self.model / "config.json").write_text("[]")
        self.told("does not hold an object")
        sentence_encoders.bert(self.model)
        weights = self.model / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:5000])
        self.told("cannot read model: SafetensorError")

    def test_a_failure_of_our_own_is_not_hidden(self):
        with self.assertRaises(TypeError), loading.plain_words(source.Source(self.model), False):
            raise TypeError("a bug")
        with self.assertRaises(KeyError), loading.plain_words(source.Source(self.model), True):
            raise KeyError("with --debug")

    def test_files_in_place_of_a_model(self):
        for name, parts in (("ViT-B-32.pt", ["sextant import-clip"]), ("model_base_retrieval_coco.pth", ["LAVIS", "blip-itm-base-coco"])):
            holder, self.model = self.model, self.model / name
            self.model.write_bytes(b"PK")
            self.told(*parts)
            self.told(*parts, family="clip")
            self.model = holder
        self.model = "ViT-B-32.pt"
        self.told("there is no file ViT-B-32.pt", "sextant import-clip")

    def test_modules_that_make_no_vector_of_a_text(self):
        sentence_encoders.bert(self.model)
        kinds = ["sentence_transformers.models.Transformer", "pylate.models.Dense.Dense"]
        (self.model / "modules.json").write_text(json.dumps([{"idx": i, "name": str(i), "path": "", "type": kind} for i, kind in enumerate(kinds)]))
        self.told("late interaction", "colbert-ir/colbertv2.0")
        self.told("no tensor linear.weight", family="colbert")

    def test_a_transformer_alone(self):
        sentence_encoders.bert(self.model / "plain")
        SentenceTransformer(modules=[modules.Transformer(str(self.model / "plain"))], device="cpu").save(str(self.model))
        self.told("late interaction")
        self.told("no Pooling among its modules", family="sentence-transformers")

    def test_a_router(self):
        (self.model / "modules.json").write_text(json.dumps([{"type": "sentence_transformers.models.Router"}]))
        self.told("it is a Router")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    unittest.main(verbosity=2, argv=sys.argv)
