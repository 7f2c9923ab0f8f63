// Says in one line that a call throws sextant::Error with this code and a message that names what matters.
#pragma once

#include <initializer_list>
#include <string>

#include <sextant/core/error.hpp>

#include "support/catch.hpp"

template <class Call>
void expect_error(sextant::ErrorCode code, std::initializer_list<std::string> parts, Call&& call) {
    try {
        call();
    } catch (const sextant::Error& error) {
        CHECK(to_string(error.code()) == to_string(code));
        for (const auto& part : parts) CHECK_THAT(error.what(), ContainsSubstring(part));
        return;
    }
    FAIL("no sextant::Error was thrown");
}
