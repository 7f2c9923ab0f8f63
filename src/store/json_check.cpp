#include "store/json_check.hpp"

namespace sextant::store {

JsonCheck::JsonCheck()
    : engine_("", "the check of payloads", Database::Mode::memory),
      ask_(engine_.prepare("SELECT CASE WHEN json_valid(?1) THEN json_type(?1) = 'object' ELSE 0 END")) {}

bool JsonCheck::is_object(std::string_view json) {
    if (json == "{}") return true;
    if (json.find('\0') != json.npos) return false;  // SQLite would read to there
    ask_.bind(1, json);
    const bool answer = ask_.step() && ask_.integer(0) == 1;
    ask_.reset();
    return answer;
}

}  // namespace sextant::store
