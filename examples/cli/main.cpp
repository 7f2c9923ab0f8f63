// sextant: find pictures with words.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>

#include "cli.hpp"

int main(int argc, char** argv) {
    CLI::App app{"Find pictures with words."};
    app.name("sextant");
    app.footer("Exit codes: 0 done; 1 failed; 2 wrong usage; 3 done, but some pictures or records could not be read.");
    app.require_subcommand(1);
    int status = cli::success;
    cli::add_index_command(app, status);
    cli::add_search_command(app, status);
    cli::add_verify_command(app, status);
    cli::add_export_table_command(app, status);
    cli::add_info_command(app, status);
    cli::add_tokenize_command(app, status);
    cli::add_preprocess_command(app, status);
    cli::add_encode_command(app, status);
    cli::add_import_command(app, status);
    cli::add_import_clip_command(app, status);
    cli::add_maintain_commands(app, status);
    cli::add_advise_command(app, status);
    const auto commands = app.get_subcommands(nullptr);
    if (argc > 1 && argv[1][0] != '-' && std::none_of(commands.begin(), commands.end(), [&](auto* command) { return command->get_name() == argv[1]; })) {
        std::cerr << "sextant: there is no command '" << sextant::one_line(argv[1]) << "'; there are ";
        for (std::size_t i = 0; i < commands.size(); ++i) std::cerr << (i == 0 ? "" : i + 1 < commands.size() ? ", " : " and ") << commands[i]->get_name();
        std::cerr << " (see sextant --help)\n";
        return cli::usage;
    }
    try {
        app.parse(argc, argv);
        std::cout.flush();
        if (!std::cout || std::fflush(stdout) != 0) throw sextant::Error(sextant::ErrorCode::io, "cannot write the answer to standard output");
        return status;
    } catch (const CLI::Success& help) {
        return app.exit(help);
    } catch (const CLI::ParseError& error) {
        std::cerr << "sextant: " << sextant::one_line(error.what()) << " (see sextant --help)\n";
        return cli::usage;
    } catch (const sextant::Error& error) {
        std::cerr << "sextant: " << sextant::one_line(error.what()) << '\n';
        return cli::failure;
    } catch (const std::exception& error) {
        std::cerr << "sextant: " << sextant::one_line(error.what()) << '\n';
        return cli::failure;
    }
}
