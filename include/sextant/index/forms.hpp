// Ways to look at what an index holds other than by nearness: a page at a time, and counted.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <sextant/filter/filter.hpp>
#include <sextant/store/record.hpp>

namespace sextant {

struct ScrollOptions {
    std::size_t limit = 100;  ///< how many records are wanted, at least 1
    std::string after = {};   ///< `ScrollPage::next` of the page before; empty: from the beginning
    std::optional<Filter> filter = {};  ///< only records whose payloads meet it

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// Some records, in the order of insertion.
struct ScrollPage {
    std::vector<Record> records;
    std::string next;  ///< printable; give it as `after` to have the next page. Empty: there is none
};

struct FacetOptions {
    std::size_t limit = 10;  ///< how many values are wanted, at least 1
    std::optional<Filter> filter = {};  ///< only records whose payloads meet it

    /// Throws `invalid_argument` naming the field.
    void validate() const;
};

/// How many records hold a value.
struct Facet {
    FieldValue value;  ///< a truth value, a number or a text
    std::size_t count = 0;
};

}  // namespace sextant
