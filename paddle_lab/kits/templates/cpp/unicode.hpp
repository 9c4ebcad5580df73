// UTF-8 to characters and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

// The characters of a text. Throws std::runtime_error for what is not UTF-8.
std::vector<char32_t> characters_of(std::string_view text);

// Appends a character as UTF-8.
void append(std::string &text, char32_t character);
