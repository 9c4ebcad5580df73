// What the model's values mean, as a line of JSON.
#pragma once

#include <string>
#include <vector>

#include "settings.hpp"
#include "tokenizer.hpp"

// The answer, with the keys of `paddle-lab predict --json`.
std::string answer_of(const Settings &settings, const Row &row, const std::vector<float> &values);

// The values themselves.
std::string values_of(const Settings &settings, const std::vector<float> &values);

// The tokens of a row.
std::string ids_of(const Row &row);
