// sextant import VECTORS --into FILE
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <optional>

#include "cli.hpp"
#include "lines.hpp"

namespace cli {
namespace {

const std::map<std::string, sextant::Metric> metrics{
    {"cosine", sextant::Metric::cosine}, {"dot", sextant::Metric::dot}, {"l2", sextant::Metric::l2}};
constexpr std::size_t rows_per_batch = 8192;

struct Options {
    std::string vectors;
    std::string into;
    std::string ids;
    std::string payloads;
    std::string metric;  // as the index has it, or cosine for a new one
};

/// A file with a line for each vector, or none at all.
class Beside {
public:
    Beside(const std::string& file, std::size_t max_bytes, std::size_t rows) {
        if (file.empty()) return;
        Lines counted(file, max_bytes);
        std::size_t count = 0;
        while (counted.next()) ++count;
        if (count != rows)
            throw sextant::Error(sextant::ErrorCode::invalid_argument, file + " has " + std::to_string(count) + " lines, and there are " + std::to_string(rows) + " vectors: a line for each is needed");
        lines_.emplace(file, max_bytes);
    }

    std::string next(std::string otherwise) {
        if (!lines_) return otherwise;
        auto line = lines_->next();
        if (!line) throw sextant::Error(sextant::ErrorCode::io, "a file changed while it was read");
        return *std::move(line);
    }

private:
    std::optional<Lines> lines_;
};

sextant::Index open_or_create(const Options& options, std::size_t dimensions) {
    if (!std::filesystem::exists(options.into))
        return sextant::Index::create(options.into, {.dimensions = dimensions, .metric = options.metric.empty() ? sextant::Metric::cosine : metrics.at(options.metric)});
    auto index = sextant::Index::open(options.into);
    const auto refuse = [&](const std::string& what) { throw sextant::Error(sextant::ErrorCode::incompatible, options.into + " " + what + ": import into a file of their own"); };
    if (!index.space().fingerprint.value.empty()) refuse("holds the vectors of an encoder, and a file of vectors names none");
    if (!options.metric.empty() && index.space().metric != metrics.at(options.metric)) refuse("compares vectors by " + std::string(to_string(index.space().metric)));
    return index;
}

int run(const Options& options) {
    auto file = sextant::VectorFile::open(options.vectors);
    Beside ids(options.ids, sextant::max_id_bytes, file.size());
    Beside payloads(options.payloads, sextant::max_payload_bytes, file.size());
    const bool existed = std::filesystem::exists(options.into);
    std::optional<sextant::Index> index = open_or_create(options, file.dimensions());
    Progress progress("importing " + options.vectors, file.size());
    std::size_t done = 0;
    try {
        while (done < file.size()) {
            const auto rows = file.read(done, std::min(rows_per_batch, file.size() - done));
            std::vector<sextant::Record> records;
            for (Eigen::Index i = 0; i < rows.rows(); ++i) {
                const auto row = rows.row(i);
                records.push_back({ids.next(std::to_string(done + records.size())), {row.data(), row.data() + row.size()}, payloads.next("{}")});
            }
            index->upsert(records);
            done += records.size();
            progress.at(done);
        }
    } catch (const sextant::Error& error) {
        progress.finish();
        index.reset();
        if (!existed) std::filesystem::remove(options.into);
        throw sextant::Error(error.code(), options.vectors + ", of the vectors from " + std::to_string(done) + " on: " + error.what() +
                                               (existed ? "; those before are in " + options.into : "; " + options.into + " was not made"));
    }
    progress.finish();
    std::cout << "imported " << done << " vectors into " << options.into << " (" << index->size() << " records, " << index->space().dimensions << " dimensions, "
              << to_string(index->space().metric) << ")\n";
    return success;
}

}  // namespace

void add_import_command(CLI::App& app, int& status) {
    auto options = std::make_shared<Options>();
    auto* command = app.add_subcommand("import", "Put vectors that another program made into an index file.");
    command->add_option("vectors", options->vectors, "File of vectors: .npy, .fvecs, .bvecs or .ivecs")->required();
    command->add_option("--into", options->into, "Index file; made if it is not there, else added to")->required();
    command->add_option("--ids", options->ids, "File of ids, one in each line [the numbers of the vectors, from 0]");
    command->add_option("--payload", options->payloads, "File of JSON objects, one in each line");
    command->add_option("--metric", options->metric, "How vectors are compared [as the index has it; a new one: cosine]")->check(CLI::IsMember(metrics));
    command->callback([options, &status] { status = run(*options); });
}

}  // namespace cli
