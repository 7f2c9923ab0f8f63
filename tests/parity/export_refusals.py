"""What examples/export/export.py says when it will not export: the reason, and what to do. One short story each.

    python tests/parity/export_refusals.py
"""
import json
import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples/export"))
import export  # noqa: E402
import families  # noqa: E402
import transformers  # noqa: E402
from sentence_transformers.sentence_transformer.modules import CNN, Pooling  # noqa: E402
from tiny import rerankers, sentence_encoders, several_vectors  # noqa: E402


def pooled_without_prompt(size):
    return Pooling(size, "mean", include_prompt=False)


class Refusals(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.model, self.out = pathlib.Path(holder.name) / "model", pathlib.Path(holder.name) / "out"
        self.model.mkdir()

    def refused(self, **options):
        with self.assertRaises(export.ExportError) as caught:
            export.export(self.model, self.out, **options)
        self.assertFalse((self.out / "manifest.json").exists())
        return str(caught.exception)

    def config(self, **fields):
        (self.model / "config.json").write_text(json.dumps(fields))

    def test_an_unknown_model_is_told_the_families(self):
        self.config(model_type="mamba")
        message = self.refused()
        self.assertIn("model_type mamba", message)
        for family in families.FAMILIES:
            self.assertIn(family.name, message)

    def test_an_unknown_family_too(self):
        sentence_encoders.bert(self.model)
        self.assertIn("there is no family word2vec; there are: bge-m3", self.refused(family="word2vec"))

    def test_x_clip_is_refused_with_the_reason_and_another_way(self):
        self.config(model_type="xclip", architectures=["XCLIPModel"])
        message = self.refused()
        self.assertIn("depend on the video", message)
        self.assertIn("use CLIP on the frames", message)

    def test_a_language_model_is_sent_to_a_pooling_or_to_a_cross_encoder(self):
        self.config(model_type="gemma", architectures=["GemmaForCausalLM"])
        self.assertIn("bge-reranker-v2-m3", self.refused())

    def test_prompts_that_are_left_out_of_the_pooling(self):
        sentence_encoders.built(sentence_encoders.bert, pooled_without_prompt, prompts={"query": "find: "})(self.model)
        message = self.refused()
        self.assertIn("include_prompt is false", message)
        self.assertIn("--query-prompt ''", message)

    def test_and_without_prompts_the_same_model_is_exported(self):
        sentence_encoders.built(sentence_encoders.bert, pooled_without_prompt, prompts={"query": "find: "})(self.model)
        self.assertEqual(export.export(self.model, self.out, query_prompt="").name, "sentence-transformers")
        self.assertTrue((self.out / "manifest.json").exists())

    def test_a_module_that_is_not_known(self):
        sentence_encoders.built(sentence_encoders.bert, lambda size: CNN(size, 8), lambda size: Pooling(24, "mean"))(self.model)
        self.assertIn("a module CNN", self.refused())
        self.assertFalse(self.out.exists(), "nothing half done is left behind")

    def test_three_classes_are_no_score(self):
        rerankers.bert(self.model, num_labels=3)
        self.assertIn("3 classes", self.refused())

    def test_a_colbert_that_compares_by_distance(self):
        several_vectors.colbert(16, {"similarity": "l2"})(self.model)
        self.assertIn("compares with l2", self.refused())

    def test_a_pooling_that_there_is_not(self):
        sentence_encoders.bert(self.model)
        self.assertIn("lasttoken", self.refused(pooling="median"))

    def test_a_folder_that_holds_something_is_left_alone(self):
        sentence_encoders.bert(self.model)
        self.out.mkdir()
        (self.out / "mine.txt").write_text("mine")
        self.assertIn("is not an empty folder", self.refused())
        self.assertEqual([path.name for path in self.out.iterdir()], ["mine.txt"])

    def test_the_licence_goes_with_the_model(self):
        sentence_encoders.bert(self.model)
        (self.model / "LICENSE").write_text("Do as you like.\n")
        (self.model / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# Model\n")
        export.export(self.model, self.out)
        manifest = json.loads((self.out / "manifest.json").read_text())
        self.assertEqual(manifest["licence"], "mit")
        self.assertIn("LICENSE", manifest["files"])


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    unittest.main(verbosity=2)
