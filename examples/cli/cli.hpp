// The sextant command line: what its files share.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include <CLI/CLI.hpp>

#include <sextant/sextant.hpp>

namespace cli {

/// What the program returns to the shell.
enum Exit : int {
    success = 0,
    failure = 1,     ///< an error, or a verification that failed
    usage = 2,       ///< wrong arguments
    incomplete = 3,  ///< done, but some pictures or records could not be read
};

/// Each adds its subcommand to the program; `status` receives the exit code when it runs.
void add_index_command(CLI::App& app, int& status);
void add_search_command(CLI::App& app, int& status);
void add_verify_command(CLI::App& app, int& status);
void add_export_table_command(CLI::App& app, int& status);
void add_info_command(CLI::App& app, int& status);
void add_tokenize_command(CLI::App& app, int& status);
void add_preprocess_command(CLI::App& app, int& status);
void add_encode_command(CLI::App& app, int& status);
void add_import_command(CLI::App& app, int& status);
void add_import_clip_command(CLI::App& app, int& status);
void add_maintain_commands(CLI::App& app, int& status);
void add_advise_command(CLI::App& app, int& status);

/// The models that come with sextant, where the option says nothing else.
[[nodiscard]] std::string default_model();
[[nodiscard]] std::string default_reranker();

/// Says on standard error how far a long task is: a bar on a terminal, a plain line every tenth elsewhere.
class Progress {
public:
    Progress(std::string doing, std::size_t total);
    void at(std::size_t done);
    /// Ends the line of the bar.
    void finish();

private:
    std::string doing_;
    std::size_t total_;
    std::size_t tenths_said_ = 0;
    bool terminal_;
    bool open_ = false;
};

/// Writes a page that shows the hits as pictures, whole or not at all; replaces only such a page. Throws `sextant::Error`.
void write_contact_sheet(const std::filesystem::path& page, const std::string& query, const sextant::SearchResult& result);

/// The picture file that a hit stands for, or empty.
[[nodiscard]] std::string source_of(const sextant::Hit& hit);

}  // namespace cli
