"""What examples/export/export.py says when it will not export: the reason, and what to do. One short story each.

    python tests/parity/export_refusals.py
"""
import json
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples/export"))
import export  # noqa: E402
import families  # noqa: E402
import transformers  # noqa: E402
from sentence_transformers.sentence_transformer.modules import CNN, Pooling  # noqa: E402
from tiny import image_text, open_clip_models, pages, rerankers, sentence_encoders, several_vectors  # noqa: E402


def pooled_without_prompt(size):
    return Pooling(size, "mean", include_prompt=False)


class Story(unittest.TestCase):
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


class Refusals(Story):
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


class RefusalsOfPictures(Story):
    def altered(self, name, **fields):
        path = self.model / name
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))

    def test_one_text_and_one_picture_at_a_time(self):
        self.config(model_type="bridgetower")
        self.assertIn("--family flava-composed", self.refused())

    def test_an_adapter_is_no_model(self):
        (self.model / "adapter_config.json").write_text("{}")
        self.assertIn("merge_and_unload", self.refused())

    def test_a_file_of_albef(self):
        self.model = self.model / "ALBEF_4M.pth"
        self.model.write_bytes(b"")
        self.assertIn("use BLIP", self.refused())

    def test_pictures_prepared_in_an_unknown_way(self):
        image_text.clip(self.model)
        transformers.ConvNextImageProcessor(crop_pct=0.9).save_pretrained(self.model)
        self.assertIn("ConvNextImageProcessor, which is not known here", self.refused())

    def test_settings_of_a_processor_that_no_bundle_can_say(self):
        image_text.clip(self.model)
        for change, named in (({"do_rescale": False}, "do_rescale"), ({"do_pad": True}, "do_pad"), ({"resample": 9}, "resample = 9"),
                              ({"size": {"shortest_edge": 32, "longest_edge": 64}}, "longest_edge")):
            before = (self.model / "preprocessor_config.json").read_text()
            self.altered("preprocessor_config.json", **change)
            self.assertIn(named, self.refused())
            (self.model / "preprocessor_config.json").write_text(before)

    def test_a_blip_that_writes_captions(self):
        self.config(model_type="blip", architectures=["BlipForConditionalGeneration"])
        self.assertIn("makes no vectors to search with", self.refused())

    def test_a_colqwen_on_another_base(self):
        pages.colqwen2(self.model, **pages.NARROW)
        config = json.loads((self.model / "config.json").read_text())
        config["vlm_config"]["text_config"]["layer_types"] = ["full_attention", "sliding_attention"]
        self.altered("config.json", **config)
        self.assertIn("sliding windows", self.refused())

    def test_open_clip_without_weights_that_say_how_pictures_are_prepared(self):
        self.model = "open_clip:ViT-B-32/some.pt"
        message = self.refused()
        self.assertIn("which say how pictures are prepared", message)
        self.assertIn("laion2b_s34b_b79k", message)

    def test_open_clip_with_the_wrong_activation(self):
        self.model = "open_clip:ViT-B-32/openai"
        with unittest.mock.patch("open_clip.factory.download_pretrained", lambda *_, **__: "nowhere"):
            self.assertIn("QuickGELU mismatch", self.refused())

    def test_texts_of_one_length_only(self):
        open_clip_models.clipa(self.model)
        self.assertIn("no others", self.refused(max_length=16))


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    unittest.main(verbosity=2)
