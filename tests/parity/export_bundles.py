"""Where examples/export/export.py puts a bundle, and what it says of the licence, queries and probabilities in it.

    python tests/parity/export_bundles.py
"""
import json
import os
import pathlib
import subprocess
import sys
import unittest

from export_errors import Told
from export_refusals import export, transformers
from tiny import image_text, rerankers, sentence_encoders, several_vectors, sparse_encoders

import place
import source


class Licence(unittest.TestCase):
    def test_what_a_card_says(self):
        for head, expected in (("license:\n- apache-2.0\n- mit", "apache-2.0, mit"), ("license:\ntags:\n- x", "unknown"),
                               ("license: other\nlicense_name: my-licence", "my-licence"), ("license: other", "other"),
                               ("license: 'mit' # as it was", "mit"), ("license: [", "unknown"), ("licence: isc", "isc")):
            self.assertEqual(source.licence_of(f"---\n{head}\n---\n# Model\n"), expected)
        self.assertEqual(source.licence_of("# Model\nlicense: mit\n"), "unknown")


class Cards(Told):
    def test_bytes_of_other_encodings(self):
        for content, expected in ((b"\xef\xbb\xbf---\r\nlicense: mit\r\n---\r\n", "mit"), (b"---\nlicense: mit\nby: J\xfcrgen\n---\n", "mit")):
            (self.model / "README.md").write_bytes(content)
            self.assertEqual(source.Source(self.model).licence, expected)


class Places(Told):
    def setUp(self):
        super().setUp()
        self.config(model_type="clip")

    def test_places_where_no_folder_can_be(self):
        (self.model.parent / "file").write_text("")
        self.out = self.model.parent / "file" / "below" / "out"
        self.told("cannot be made", "file is no folder")
        self.out = self.model.parent / "link"
        self.out.symlink_to("nowhere")
        self.told("is a link")
        self.out.unlink()
        (self.model.parent / "empty").mkdir()
        self.out.symlink_to("empty")
        self.told("is a link")

    def test_the_folder_that_this_runs_in(self):
        empty, before = self.model.parent / "empty", os.getcwd()
        empty.mkdir()
        os.chdir(empty)
        self.addCleanup(os.chdir, before)
        self.model, self.out = self.model.resolve(), pathlib.Path(".")
        self.told("is the folder that this runs in")
        self.out = self.model.parent / "out"

    def test_what_was_killed_is_cleared_away_and_what_runs_is_not(self):
        gone = subprocess.Popen(["true"])
        gone.wait()
        for process in (gone.pid, os.getppid()):
            (self.out.parent / f"out.partial-{process}").mkdir()
        other = self.out.parent / f"other.partial-{gone.pid}"
        other.mkdir()
        self.refused()
        left = {path.name for path in self.out.parent.glob("*.partial-*")}
        self.assertEqual(left, {f"out.partial-{os.getppid()}", other.name})
        for name in left:
            (self.out.parent / name).rmdir()

    def test_all_or_nothing(self):
        with place.whole(self.out) as folder:
            (folder / "a").write_text("")
            self.assertFalse(self.out.exists())
        self.assertEqual([path.name for path in self.out.iterdir()], ["a"])


class Queries(Told):
    def asked(self, **options):
        export.export(self.model, self.out, query_prompt="find: ", **options)
        goldens = json.loads((self.out / "golden/golden.json").read_text())
        return [golden for golden in goldens.get("text", goldens.get("pair")) if golden.get("query")], goldens

    def test_the_prompt_of_queries_is_proven(self):
        for make in (several_vectors.bge_m3, sparse_encoders.distilbert, sentence_encoders.static):
            with self.subTest(make.__name__):
                self.model, self.out = self.model.parent / make.__name__, self.out.parent / f"{make.__name__}-out"
                self.model.mkdir()
                make(self.model)
                found, goldens = self.asked()
                plain = next(golden for golden in goldens["text"] if golden["text"] == found[0]["text"] and not golden.get("query"))
                self.assertGreater(len(found[0]["input_ids"]), len(plain["input_ids"]))

    def test_and_of_rerankers(self):
        rerankers.xlm_roberta(self.model, "bge-reranker-base", 512)
        self.model /= "bge-reranker-base"
        _, goldens = self.asked()
        tokenizer = transformers.AutoTokenizer.from_pretrained(self.model)
        first = goldens["pair"][0]
        self.assertEqual(first["input_ids"], tokenizer("find: " + first["text"], first["document"])["input_ids"])

    def test_probabilities_of_contrastive_towers(self):
        image_text.clip(self.model)
        export.export(self.model, self.out)
        self.assertEqual(json.loads((self.out / "manifest.json").read_text())["score"]["activation"], "softmax")


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    unittest.main(verbosity=2, argv=sys.argv)
