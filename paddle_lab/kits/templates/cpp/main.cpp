// Answers lines of text: one line in, one line of JSON out.
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "answers.hpp"
#include "session.hpp"
#include "settings.hpp"
#include "tokenizer.hpp"

namespace {

constexpr const char *kUsage =
    "usage: answer [--library PATH] [--model FOLDER] [--threads N] [--logits | --ids] [FILE]\n"
    "\n"
    "Answers each line of FILE, or of standard input, with a line of JSON.\n"
    "  --library PATH  ONNX Runtime's library or its folder; otherwise ONNXRUNTIME_LIBRARY, or\n"
    "                  where the system finds it; nothing where the program runs Paddle\n"
    "  --model FOLDER  settings, vocabulary and model; otherwise model\n"
    "  --threads N     threads that compute one text; otherwise 1\n"
    "  --logits        print what the model gives\n"
    "  --ids           print the tokens, and load no model\n";

struct Wanted {
  std::string library, model = "model", file;
  int threads = 1;
  bool help = false, logits = false, ids = false;
};

Wanted parse(int count, char **words) {
  Wanted wanted;
  for (int at = 1; at < count; ++at) {
    const std::string_view word = words[at];
    const auto value = [&]() -> std::string {
      if (at + 1 >= count) throw std::runtime_error(std::string(word) + " needs a value");
      return words[++at];
    };
    if (word == "--library") {
      wanted.library = value();
    } else if (word == "--model") {
      wanted.model = value();
    } else if (word == "--threads") {
      wanted.threads = std::atoi(value().c_str());
    } else if (word == "--help" || word == "-h") {
      wanted.help = true;
    } else if (word == "--logits") {
      wanted.logits = true;
    } else if (word == "--ids") {
      wanted.ids = true;
    } else if (!wanted.file.empty() || (word.size() > 1 && word.front() == '-')) {
      throw std::runtime_error("'" + std::string(word) + "' is not known; see answer --help");
    } else {
      wanted.file = word;
    }
  }
  if (wanted.threads < 1) throw std::runtime_error("--threads needs a number from 1 on");
  return wanted;
}

Row row_of(const Tokenizer &tokenizer, const Settings &settings, std::string_view line) {
  if (!settings.pair) return tokenizer.row(line);
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos || line.find('\t', tab + 1) != std::string_view::npos) {
    throw std::runtime_error("two texts with one tab between are expected");
  }
  return tokenizer.row(line.substr(0, tab), line.substr(tab + 1));
}

void answer_all(const Wanted &wanted, std::istream &from) {
  const Settings settings = read_settings(wanted.model);
  const Tokenizer tokenizer(wanted.model, settings);
  std::optional<Session> session;
  if (!wanted.ids) session.emplace(wanted.library, wanted.model, settings, wanted.threads);
  std::string line;
  for (long number = 1; std::getline(from, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    Row row;
    try {
      row = row_of(tokenizer, settings, line);
    } catch (const std::exception &error) {
      throw std::runtime_error("line " + std::to_string(number) + ": " + error.what());
    }
    if (wanted.ids) {
      std::cout << ids_of(row) << std::endl;
      continue;
    }
    const std::vector<float> values = session->run(row);
    std::cout << (wanted.logits ? values_of(settings, values) : answer_of(settings, row, values))
              << std::endl;
    if (!std::cout) throw std::runtime_error("the answers cannot be written");
  }
  if (from.bad()) throw std::runtime_error("the texts cannot be read");
}

}  // namespace

int main(int count, char **words) {
  std::ios::sync_with_stdio(false);
  try {
    const Wanted wanted = parse(count, words);
    if (wanted.help) {
      std::cout << kUsage;
    } else if (wanted.file.empty() || wanted.file == "-") {
      answer_all(wanted, std::cin);
    } else {
      std::ifstream file = open_file(wanted.file);
      answer_all(wanted, file);
    }
  } catch (const std::exception &error) {
    std::cerr << "answer: " << error.what() << std::endl;
    return 1;
  }
  return 0;
}
