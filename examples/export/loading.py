"""How a model is read: every weight that its family needs comes out of its files, and what cannot be read is said plainly."""

import contextlib
import pickle
import re

from source import ExportError

NAMED = 4  # of the weights that are missing
COUNTS = r"(^|\.)(position_ids|token_type_ids|num_batches_tracked)$"  # which a class computes itself, or training alone reads


def refuse_random(source, family, info):
    """transformers fills what a checkpoint lacks with random numbers and warns; the bundle's goldens would agree with them."""
    spare = f"{COUNTS}|{family.spare}" if family.spare else COUNTS
    lacking = sorted(name for name in info["missing_keys"] if not re.search(spare, name))
    lacking += sorted(f"{found[0] if isinstance(found, tuple) else found} (of another shape)" for found in info["mismatched_keys"])
    if lacking:
        more = f" and {len(lacking) - NAMED} more" if len(lacking) > NAMED else ""
        raise ExportError(f"{source.name} lacks weights that the family {family.name} needs, and random numbers would take their place: "
                          f"{', '.join(lacking[:NAMED])}{more}; use a checkpoint that is whole, or the family that it was trained for")


@contextlib.contextmanager
def whole_weights(source, family):
    """Within, every model that transformers reads, also for sentence-transformers, has all its weights from its files."""
    from transformers import PreTrainedModel
    kept = PreTrainedModel.__dict__["from_pretrained"]

    def checked(cls, *arguments, output_loading_info=False, **options):
        options["ignore_mismatched_sizes"] = True  # so that they are named here
        model, info = kept.__func__(cls, *arguments, output_loading_info=True, **options)
        refuse_random(source, family, info)
        return (model, info) if output_loading_info else model
    PreTrainedModel.from_pretrained = classmethod(checked)
    try:
        yield
    finally:
        PreTrainedModel.from_pretrained = kept


def first_words(error):
    """What an error says, without the advice that follows."""
    line = (str(error).strip() or "nothing more is said").splitlines()[0]
    return re.split(r"(?<=[a-z])\.(?:\s|$)", line)[0]


@contextlib.contextmanager
def plain_words(source, debug):
    """What libraries raise over files that are missing or damaged becomes an ExportError; --debug shows it as it was."""
    from safetensors import SafetensorError
    try:
        yield
    except ImportError as error:
        if debug:
            raise
        raise ExportError(f"{source.name} needs Python that cannot be imported: {first_words(error)}; requirements.txt beside this lists what "
                          "the exporters were tried with") from error
    except (OSError, ValueError, KeyError, RuntimeError, EOFError, pickle.UnpicklingError, SafetensorError) as error:
        if debug:
            raise
        if "trust_remote_code" in str(error):
            raise ExportError(f"{source.name} brings Python code of its own, which is not run here; use a model that "
                              "transformers itself knows") from None
        raise ExportError(f"cannot read {source.name}: {type(error).__name__}: {first_words(error)}. Files may be missing or damaged, or of another "
                          "family; --debug shows where it was met") from error
