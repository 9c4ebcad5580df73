// What model/settings.txt says of the model, one "name value" a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

// One place of a row of tokens: a special token, or all tokens of the first or the second text.
struct Place {
  enum Kind { Special, First, Second } kind;
  std::int64_t id;
  std::int64_t type;
};

struct Settings {
  std::string answer;            // what is answered: "label", "labels" or "score"
  bool pair = false;             // whether a line has two texts, with a tab between
  std::string model;             // the ONNX file
  std::string ids, types;        // names of its inputs; the second may be absent
  std::string output;            // name of its output
  std::size_t outputs = 0;       // values that a row has there
  std::size_t max_len = 0;       // tokens of a row at most, with the special ones
  std::vector<Place> places;     // how a row is laid out
  std::int64_t unknown = 0;      // the token for what the vocabulary lacks
  std::string prefix;            // of pieces that go on with a word
  std::size_t longest_word = 0;  // characters of a word; a longer one is unknown
  std::vector<std::string> labels, values;                   // as JSON, to be printed as they are
  std::vector<double> thresholds;                            // of "labels"
  std::vector<std::pair<std::size_t, std::size_t>> parents;  // a label, and the one above it
  double mean = 0, deviation = 1;                            // of "score"
  std::string low, high;                                     // the least and the largest, as JSON
};

// Reads settings.txt. Throws std::runtime_error.
Settings read_settings(const std::filesystem::path &folder);

// Opens a file of the model. Throws std::runtime_error, with its name.
std::ifstream open_file(const std::filesystem::path &path);
