// Texts to rows of token ids, by the tables in the model's folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "settings.hpp"

// What the model is given for one line.
struct Row {
  std::vector<std::int64_t> ids, types;
  bool truncated = false;  // the end of a text did not fit
  bool empty = false;      // a text has nothing that the vocabulary knows
};

// WordPiece: characters.txt says what each character becomes and where words end, vocabulary.txt
// which pieces there are.
class Tokenizer {
 public:
  // `settings` must outlive it. Throws std::runtime_error.
  Tokenizer(const std::filesystem::path &folder, const Settings &settings);

  // The row of one text, or of two. Throws std::runtime_error for what is not UTF-8.
  Row row(std::string_view first, std::string_view second = {}) const;

 private:
  // Characters from `first` to `last` become `result`, in which kItself and kBreak are no characters.
  struct Rule {
    char32_t first, last;
    std::vector<char32_t> result;
  };
  static constexpr char32_t kItself = 0x110000, kBreak = 0x110001;

  void read_characters(const std::filesystem::path &path);
  void read_vocabulary(const std::filesystem::path &path);
  const std::vector<char32_t> &result_of(char32_t character) const;
  std::vector<std::int64_t> tokens(std::string_view text) const;
  void add_word(const std::vector<char32_t> &word, std::vector<std::int64_t> &to) const;

  const Settings &settings_;
  std::vector<Rule> rules_;  // by their first character
  std::unordered_map<std::string, std::int64_t> vocabulary_;
};
