"""Models of sentence-transformers, with every pooling and module, and plain encoders, which it pools by the mean."""
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from transformers import (AlbertConfig, AlbertModel, AutoModel, AutoTokenizer, BertConfig, BertModel, CamembertConfig, CamembertModel,
                          Data2VecTextConfig, Data2VecTextModel, DebertaV2Config, DebertaV2Model, DistilBertConfig,
                          DistilBertModel, ElectraConfig, ElectraModel, Gemma3TextConfig, Gemma3TextModel, ModernBertConfig, ModernBertModel, MPNetConfig, MPNetModel,
                          Qwen3Config, Qwen3Model, RobertaConfig, RobertaModel, T5Config, T5EncoderModel,
                          XLMRobertaConfig, XLMRobertaModel)

from tiny import tokens
from tiny.case import Case, seeded, spread

LENGTH = 48
ASKED = {"query": "query: ", "document": "passage: "}
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
ROBERTA_POSITIONS = {"max_position_embeddings": LENGTH + 2, "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1}


def saved(folder, tokenizer, model):
    spread(model).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def bert(folder, lowercase=True, **more):
    seeded(1)
    tokenizer = tokens.bert(LENGTH, lowercase)
    saved(folder, tokenizer, BertModel(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SMALL | more)))


def roberta(folder, **more):
    seeded(2)
    tokenizer = tokens.roberta(LENGTH)
    saved(folder, tokenizer, RobertaModel(RobertaConfig(vocab_size=len(tokenizer), **SMALL | ROBERTA_POSITIONS | more)))


def xlm_roberta(folder, **more):
    seeded(3)
    tokenizer = tokens.xlm_roberta(LENGTH)
    saved(folder, tokenizer, XLMRobertaModel(XLMRobertaConfig(vocab_size=len(tokenizer), **SMALL | ROBERTA_POSITIONS | more)))


def data2vec(folder, **more):
    seeded(4)
    tokenizer = tokens.roberta(512)  # longer than the network: its positions set the limit
    saved(folder, tokenizer, Data2VecTextModel(Data2VecTextConfig(vocab_size=len(tokenizer), **SMALL | ROBERTA_POSITIONS | more)))


def mpnet(folder, **more):
    seeded(5)
    tokenizer = tokens.mpnet(LENGTH)
    saved(folder, tokenizer, MPNetModel(MPNetConfig(vocab_size=len(tokenizer), max_position_embeddings=LENGTH + 2, pad_token_id=1,
                                                    **SMALL | more)))


def distilbert(folder, **more):
    seeded(6)
    tokenizer = tokens.distilbert(LENGTH)
    saved(folder, tokenizer, DistilBertModel(DistilBertConfig(vocab_size=len(tokenizer), max_position_embeddings=LENGTH, dim=32,
                                                              n_layers=2, n_heads=4, hidden_dim=64, **more)))


def modernbert(folder, **more):
    seeded(7)
    tokenizer = tokens.modernbert(LENGTH)
    special = {name + "_token_id": tokenizer.convert_tokens_to_ids(f"[{name.upper()}]") for name in ("pad", "cls", "sep")}
    saved(folder, tokenizer, ModernBertModel(ModernBertConfig(
        vocab_size=len(tokenizer), reference_compile=False, bos_token_id=None, eos_token_id=None,
        **SMALL | {"num_hidden_layers": 3, "local_attention": 8, "global_attn_every_n_layers": 2} | special | more)))


def other(tokenizer, model_class, config_class, **more):
    """Encoders whose configuration has nothing of its own to try."""
    def make(folder):
        seeded(13)
        tokens_ = tokenizer(LENGTH)
        saved(folder, tokens_, model_class(config_class(vocab_size=len(tokens_), **SMALL | more)))
    return make


def built(encoder, *more, prompts=None, similarity="cosine", lowercase=False, **config):
    """A model of sentence-transformers around a plain encoder; `more` makes its further modules, given their input's size."""
    def make(folder):
        encoder(folder / "plain", **config)
        seeded(8)
        steps = [modules.Transformer(str(folder / "plain"), max_seq_length=LENGTH, do_lower_case=lowercase)]
        for step in more:
            size = next((s.get_embedding_dimension() for s in reversed(steps) if hasattr(s, "get_embedding_dimension")), None)
            steps.append(spread(step(size), 3))
        SentenceTransformer(modules=steps, device="cpu", prompts=prompts, similarity_fn_name=similarity).save(str(folder))
    return make


def qwen3(folder):
    """A decoder that is padded on the left and pooled by its last token, as Qwen3-Embedding."""
    seeded(9)
    tokenizer = tokens.qwen(LENGTH)
    saved(folder, tokenizer, Qwen3Model(Qwen3Config(vocab_size=len(tokenizer), num_key_value_heads=2, head_dim=8, max_position_embeddings=64,
                                                    **SMALL)))


def gemma3(folder):
    """A decoder that looks both ways, within windows in all layers but one, as EmbeddingGemma."""
    seeded(10)
    tokenizer = tokens.gemma(LENGTH)
    saved(folder, tokenizer, Gemma3TextModel(Gemma3TextConfig(
        vocab_size=len(tokenizer), num_key_value_heads=1, head_dim=8, max_position_embeddings=64, sliding_window=8,
        use_bidirectional_attention=True, layer_types=["sliding_attention", "full_attention"], **SMALL)))


def static(folder):
    seeded(11)
    tokenizer = tokens.bert(LENGTH)
    SentenceTransformer(modules=[modules.StaticEmbedding(tokenizer, embedding_dim=24), modules.Normalize()], device="cpu").save(str(folder))


def model2vec(folder):
    seeded(12)
    tokenizer = tokens.roberta(LENGTH)
    SentenceTransformer(modules=[modules.StaticEmbedding(tokenizer, embedding_dim=40)], device="cpu", prompts=ASKED).save(str(folder))


def sentence_transformer(folder, **options):
    model = SentenceTransformer(str(folder), device="cpu", **options)
    return lambda kind, texts: {"dense": (model.encode_query if kind == "queries" else model.encode_document)(texts)}


def plain(folder):
    """transformers alone: the masked mean of the last hidden states, one text after the other."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def encode(_, texts):
        rows = []
        for text in texts:
            with torch.no_grad():
                rows.append(model(**tokenizer([text], truncation=True, max_length=LENGTH, return_tensors="pt")).last_hidden_state[0].mean(0))
        return {"dense": torch.stack(rows).numpy()}
    return encode


def pooling(*modes):
    return lambda size: modules.Pooling(size, modes)


def dense(size):
    return modules.Dense(size, 24, activation_function=torch.nn.Tanh())


def normalize(_):
    return modules.Normalize()


CASES = [
    Case("sentence-transformers", configuration, make, sentence_transformer) for configuration, make in (
        ("BERT, mean, Normalize, prompts", built(bert, pooling("mean"), normalize, prompts=ASKED)),
        ("cased BERT with do_lower_case, cls, dot", built(bert, pooling("cls"), similarity="dot", lowercase=True)),
        ("MPNet, max, Dense, LayerNorm, Normalize", built(mpnet, pooling("max"), dense, modules.LayerNorm, normalize)),
        ("XLM-R, cls, Normalize", built(xlm_roberta, pooling("cls"), normalize)),
        ("RoBERTa, lasttoken, Normalize", built(roberta, pooling("lasttoken"), normalize)),
        ("DistilBERT, mean_sqrt_len and weightedmean", built(distilbert, pooling("mean_sqrt_len_tokens", "weightedmean"))),
        ("Qwen3, lasttoken, Normalize, prompts", built(qwen3, pooling("lasttoken"), normalize, prompts=ASKED)),
        ("Gemma 3 both ways, mean, Dense, Normalize", built(gemma3, pooling("mean"), dense, normalize)),
        ("ALBERT, mean", built(other(tokens.bert, AlbertModel, AlbertConfig, embedding_size=16, max_position_embeddings=64), pooling("mean"))),
        ("CamemBERT, mean", built(other(tokens.xlm_roberta, CamembertModel, CamembertConfig, **ROBERTA_POSITIONS), pooling("mean"))),
        ("DeBERTa v2, mean", built(other(tokens.bert, DebertaV2Model, DebertaV2Config, max_position_embeddings=64, relative_attention=True,
                                         position_buckets=8, pos_att_type=["p2c", "c2p"], norm_rel_ebd="layer_norm", share_att_key=True),
                                   pooling("mean"))),
        ("ELECTRA, mean", built(other(tokens.bert, ElectraModel, ElectraConfig, embedding_size=16, max_position_embeddings=64), pooling("mean"))),
        ("T5, mean, Normalize", built(other(tokens.t5, T5EncoderModel, T5Config, d_model=32, d_kv=8, d_ff=64, num_heads=4, num_layers=2),
                                      pooling("mean"), normalize)),
        ("ModernBERT, cls, Normalize, Euclidean", built(modernbert, pooling("cls"), normalize, similarity="euclidean")),
    )
] + [
    Case("static-embedding", "WordPiece, Normalize", static, sentence_transformer),
    Case("static-embedding", "BPE, prompts", model2vec, sentence_transformer),
] + [
    Case("sentence-transformers", "BERT, mean, Normalize, 16 of 32 dimensions", built(bert, pooling("mean"), normalize),
         lambda folder: sentence_transformer(folder, truncate_dim=16), options={"truncate_dim": 16}),
] + [
    Case(family, configuration, make, plain) for family, configuration, make in (
        ("BERT", "2 layers", bert),
        ("BERT", "3 layers, relative positions", lambda f: bert(f, num_hidden_layers=3, position_embedding_type="relative_key_query")),
        ("RoBERTa", "2 layers", roberta),
        ("RoBERTa", "ReLU, 2 heads", lambda f: roberta(f, hidden_act="relu", num_attention_heads=2)),
        ("XLM-R", "2 layers", xlm_roberta),
        ("XLM-R", "48 wide, 3 layers", lambda f: xlm_roberta(f, hidden_size=48, num_hidden_layers=3)),
        ("MPNet", "2 layers", mpnet),
        ("MPNet", "ReLU, 2 heads, 3 layers", lambda f: mpnet(f, hidden_act="relu", num_attention_heads=2, num_hidden_layers=3)),
        ("DistilBERT", "learned positions", distilbert),
        ("DistilBERT", "sinusoidal positions", lambda f: distilbert(f, sinusoidal_pos_embds=True)),
        ("ModernBERT", "local attention over 8", modernbert),
        ("ModernBERT", "local attention over 16, biases", lambda f: modernbert(f, local_attention=16, attention_bias=True, mlp_bias=True)),
        ("Data2Vec text", "2 layers", data2vec),
        ("Data2Vec text", "ReLU, 3 layers", lambda f: data2vec(f, hidden_act="relu", num_hidden_layers=3)),
    )
]
