#include <cstdlib>
#include <iostream>

#include "fuzz/target.hpp"

void fuzz::broken(const std::string& promise) {
    std::cerr << "fuzz: " << promise << '\n';
    std::abort();
}
