// sextant verify BUNDLE
#include <iostream>
#include <memory>

#include "cli.hpp"

namespace cli {

void add_verify_command(CLI::App& app, int& status) {
    auto bundle = std::make_shared<std::string>();
    auto* command = app.add_subcommand("verify", "Replay a bundle's goldens and name the first stage that differs.");
    command->add_option("bundle", *bundle, "Folder of a model")->required();
    command->callback([bundle, &status] {
        const auto report = sextant::verify_bundle(*bundle);
        for (const auto& stage : report.stages)
            std::cout << (stage.passed ? "passed  " : "FAILED  ") << stage.stage << ": " << stage.detail << '\n';
        std::cout << *bundle << (report.passed() ? " is verified\n" : " is NOT verified\n");
        status = report.passed() ? success : failure;
    });
}

}  // namespace cli
