// Numbers that are the same in every run.
#pragma once

#include <random>

class Dice {
public:
    explicit Dice(unsigned seed) : random_(seed) {}
    int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

private:
    std::mt19937 random_;
};
