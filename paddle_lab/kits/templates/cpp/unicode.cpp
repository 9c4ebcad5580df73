#include "unicode.hpp"

#include <stdexcept>

namespace {

[[noreturn]] void refuse() { throw std::runtime_error("this is not UTF-8"); }

// What a first byte says: how many follow, its own bits, and the least character that needs so many.
struct Begun {
  int following;
  char32_t bits, least;
};

Begun begun_by(unsigned char byte) {
  if (byte < 0x80) return {0, byte, 0};
  if (byte >= 0xC2 && byte < 0xE0) return {1, byte & 0x1FU, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return {2, byte & 0x0FU, 0x800};
  if (byte >= 0xF0 && byte < 0xF5) return {3, byte & 0x07U, 0x10000};
  refuse();
}

}  // namespace

std::vector<char32_t> characters_of(std::string_view text) {
  std::vector<char32_t> found;
  found.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Begun begun = begun_by(static_cast<unsigned char>(text[at++]));
    char32_t character = begun.bits;
    for (int byte = 0; byte < begun.following; ++byte) {
      if (at == text.size()) refuse();
      const auto next = static_cast<unsigned char>(text[at++]);
      if ((next & 0xC0U) != 0x80U) refuse();
      character = character << 6U | (next & 0x3FU);
    }
    const bool half_of_a_pair = character >= 0xD800 && character < 0xE000;
    if (character < begun.least || character > 0x10FFFF || half_of_a_pair) refuse();
    found.push_back(character);
  }
  return found;
}

void append(std::string &text, char32_t character) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (character < 0x80) {
    put(character);
    return;
  }
  if (character < 0x800) {
    put(0xC0 | character >> 6);
  } else if (character < 0x10000) {
    put(0xE0 | character >> 12);
    put(0x80 | (character >> 6 & 0x3F));
  } else {
    put(0xF0 | character >> 18);
    put(0x80 | (character >> 12 & 0x3F));
    put(0x80 | (character >> 6 & 0x3F));
  }
  put(0x80 | (character & 0x3F));
}
