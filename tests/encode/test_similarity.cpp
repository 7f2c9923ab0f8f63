// Scores of every family: what the manifest says, computed the plain way beside it.
#include <sextant/encode/encoder.hpp>
#include <sextant/kernels/max_sim.hpp>

#include <cmath>
#include <limits>
#include <random>

#include "support/catch.hpp"
#include "support/expect_error.hpp"
#include "support/fake_bundle.hpp"

using namespace sextant;

namespace {

Encoder open(const nlohmann::json& score, const char* multi_score = "max_sim_sum") {
    const TempFolder folder;
    auto manifest = fake::dual_encoder();
    manifest["score"] = score;
    manifest["networks"]["text"]["outputs"] = {"dense", "multi"};
    manifest["multi"] = {{"dimensions", 2}, {"score", multi_score}};
    return Encoder::open(fake::write(folder, manifest), {.self_test = false, .load_model = fake::dual_networks()});
}

Embeddings dense(std::initializer_list<std::initializer_list<float>> rows) {
    Embeddings embeddings;
    embeddings.vectors.resize(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(rows.begin()->size()));
    Eigen::Index i = 0;
    for (const auto& row : rows) std::copy(row.begin(), row.end(), embeddings.vectors.row(i++).begin());
    embeddings.info.resize(rows.size());
    return embeddings;
}

MultiEmbeddings several(std::initializer_list<std::initializer_list<std::initializer_list<float>>> items) {
    MultiEmbeddings embeddings;
    std::vector<float> values;
    for (const auto& item : items) {
        for (const auto& row : item) values.insert(values.end(), row.begin(), row.end());
        embeddings.offsets.push_back(values.size() / 2);
        embeddings.info.emplace_back();
    }
    embeddings.vectors = Eigen::Map<const Matrix>(values.data(), static_cast<Eigen::Index>(values.size() / 2), 2);
    return embeddings;
}

}  // namespace

TEST_CASE("dense vectors are compared by the model's own metric") {
    const auto queries = dense({{3, 4}, {0, 0}}), documents = dense({{6, 8}, {4, -3}, {1, 0}});
    const auto cosine = open({{"metric", "cosine"}}).similarity(queries, documents);
    CHECK(cosine(0, 0) == Approx(1));
    CHECK(cosine(0, 1) == Approx(0).margin(1e-9));
    CHECK(cosine(0, 2) == Approx(0.6));
    CHECK(cosine(1, 0) == 0);
    CHECK(open({{"metric", "dot"}}).similarity(queries, documents)(0, 0) == Approx(50));
    CHECK(open({{"metric", "l2"}}).similarity(queries, documents)(0, 0) == Approx(-25));
    expect_error(ErrorCode::invalid_argument, {"2 dimensions", "3"}, [&] { (void)open({{"metric", "dot"}}).similarity(queries, dense({{1, 2, 3}})); });
}

TEST_CASE("sparse vectors are compared by what they share") {
    SparseEmbeddings queries, documents;
    queries.ids = {2, 5, 9};
    queries.weights = {1, 2, 3};
    queries.offsets = {0, 3};
    queries.info.resize(1);
    documents.ids = {2, 9, 11, 3};
    documents.weights = {4, 0.5F, 7, 1};
    documents.offsets = {0, 3, 4, 4};
    documents.info.resize(3);
    const auto scores = open({{"metric", "dot"}}).similarity(queries, documents);
    CHECK(scores(0, 0) == Approx(5.5));
    CHECK(scores(0, 1) == 0);
    CHECK(scores(0, 2) == 0);
}

TEST_CASE("several vectors are compared by MaxSim, its mean, or the best pair") {
    const auto queries = several({{{1, 0}, {0, 1}}, {}}), documents = several({{{0.5F, 0}, {0.2F, -0.3F}}, {{-1, -1}}});
    const auto sum = open({{"metric", "dot"}}, "max_sim_sum").similarity(queries, documents);
    CHECK(sum(0, 0) == Approx(0.5));
    CHECK(sum(0, 1) == Approx(-2));  // what is below 0 stays: no padding hides it
    CHECK(sum(1, 0) == 0);
    CHECK(open({{"metric", "dot"}}, "max_sim_mean").similarity(queries, documents)(0, 1) == Approx(-1));
    CHECK(open({{"metric", "dot"}}, "max").similarity(queries, documents)(0, 0) == Approx(0.5));
}

TEST_CASE("MaxSim equals its definition over random vectors") {
    std::mt19937 random(5);
    std::normal_distribution<float> normal;
    for (int round = 0; round < 50; ++round) {
        const auto make = [&](Eigen::Index rows) { return Matrix(Matrix::NullaryExpr(rows, 7, [&] { return normal(random); })); };
        const auto q = make(1 + round % 5), d = make(1 + round % 11);
        double sum = 0, largest = -std::numeric_limits<double>::infinity();
        for (Eigen::Index i = 0; i < q.rows(); ++i) {
            double best = -std::numeric_limits<double>::infinity();
            for (Eigen::Index j = 0; j < d.rows(); ++j) best = std::max(best, q.row(i).cast<double>().dot(d.row(j).cast<double>()));
            sum += best;
            largest = std::max(largest, best);
        }
        const MatrixView query(q.data(), q.rows(), 7), document(d.data(), d.rows(), 7);
        CHECK(kernels::max_sim(query, document, MultiScore::max_sim_sum) == Approx(sum).epsilon(1e-5));
        CHECK(kernels::max_sim(query, document, MultiScore::max) == Approx(largest).epsilon(1e-5));
        CHECK(kernels::max_sim(query, document, MultiScore::max_sim_mean) == Approx(sum / static_cast<double>(q.rows())).epsilon(1e-5));
    }
}

TEST_CASE("logits and probabilities are the family's own") {
    Matrix scores(1, 3);
    scores << 0.1F, 0.2F, -0.3F;
    const auto siglip = open({{"metric", "cosine"}, {"logit_scale", 10}, {"logit_bias", -1}, {"activation", "sigmoid"}});
    CHECK(siglip.logits(scores)(0, 1) == Approx(1));
    CHECK(siglip.probabilities(scores)(0, 1) == Approx(1 / (1 + std::exp(-1.0))));
    const auto clip = open({{"metric", "cosine"}, {"logit_scale", 100}, {"activation", "softmax"}});
    const auto probabilities = clip.probabilities(scores);
    CHECK(probabilities.sum() == Approx(1));
    CHECK(probabilities(0, 1) / probabilities(0, 0) == Approx(std::exp(10.0)));
    CHECK(clip.probabilities(Matrix(2, 0)).size() == 0);
    const auto plain = open({{"metric", "cosine"}});
    CHECK(plain.logits(scores) == scores);
    expect_error(ErrorCode::unsupported, {"probable"}, [&] { (void)plain.probabilities(scores); });
}

TEST_CASE("nothing has no scores with anything") {
    const auto encoder = open({{"metric", "cosine"}});
    const auto some = several({{{1, 2}}, {{3, 4}}});
    CHECK(encoder.similarity(MultiEmbeddings{}, some).rows() == 0);
    CHECK(encoder.similarity(MultiEmbeddings{}, some).cols() == 2);
    CHECK(encoder.similarity(some, MultiEmbeddings{}).rows() == 2);
    CHECK(encoder.similarity(some, MultiEmbeddings{}).size() == 0);
    CHECK(encoder.similarity(Embeddings{}, dense({{1, 2}})).cols() == 1);
    CHECK(encoder.similarity(dense({{1, 2}}), Embeddings{}).size() == 0);
    CHECK(encoder.similarity(SparseEmbeddings{}, SparseEmbeddings{}).size() == 0);
}
