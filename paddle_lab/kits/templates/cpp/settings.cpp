#include "settings.hpp"

#include <functional>
#include <map>
#include <sstream>
#include <stdexcept>

namespace {

constexpr const char *kFile = "settings.txt";

template <typename Value>
Value number(std::istringstream &from) {
  Value value{};
  if (!(from >> value)) throw std::runtime_error("a number was expected");
  return value;
}

Place place(std::istringstream &from) {
  std::string what;
  from >> what;
  const auto type = number<std::int64_t>(from);
  if (what == "first") return {Place::First, 0, type};
  if (what == "second") return {Place::Second, 0, type};
  return {Place::Special, std::stoll(what), type};
}

void check(const Settings &found) {
  const bool labels = found.answer == "label" || found.answer == "labels";
  std::size_t special = 0;
  for (const Place &one : found.places) special += one.kind == Place::Special;
  if (!labels && found.answer != "score") throw std::runtime_error("it names no kind of answer");
  if (found.outputs != (labels ? found.labels.size() : 1) || found.outputs == 0 ||
      found.thresholds.size() != (found.answer == "labels" ? found.labels.size() : 0) ||
      (!found.values.empty() && found.values.size() != found.labels.size())) {
    throw std::runtime_error("it has not one of each for every label");
  }
  for (const auto &[below, above] : found.parents) {
    if (below >= found.labels.size() || above >= found.labels.size()) {
      throw std::runtime_error("it names a label that there is not");
    }
  }
  if (found.model.empty() || found.ids.empty() || found.output.empty() || found.places.empty() ||
      found.max_len <= special) {
    throw std::runtime_error("it is not whole");
  }
}

}  // namespace

std::ifstream open_file(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  return file;
}

Settings read_settings(const std::filesystem::path &folder) {
  Settings found;
  const auto text = [](std::string &to) {
    return [&to](std::istringstream &from) { std::getline(from >> std::ws, to); };
  };
  const auto texts = [](std::vector<std::string> &to) {
    return [&to](std::istringstream &from) { std::getline(from >> std::ws, to.emplace_back()); };
  };
  const auto size = [](std::size_t &to) {
    return [&to](std::istringstream &from) { to = number<std::size_t>(from); };
  };
  const std::map<std::string, std::function<void(std::istringstream &)>> readers{
      {"answer", text(found.answer)},
      {"pair", [&](std::istringstream &from) { found.pair = number<int>(from) != 0; }},
      {"model", text(found.model)},
      {"input_ids", text(found.ids)},
      {"token_type_ids", text(found.types)},
      {"output", text(found.output)},
      {"outputs", size(found.outputs)},
      {"max_len", size(found.max_len)},
      {"place", [&](std::istringstream &from) { found.places.push_back(place(from)); }},
      {"unknown", [&](std::istringstream &from) { found.unknown = number<std::int64_t>(from); }},
      {"prefix", text(found.prefix)},
      {"longest_word", size(found.longest_word)},
      {"label", texts(found.labels)},
      {"value", texts(found.values)},
      {"threshold",
       [&](std::istringstream &from) { found.thresholds.push_back(number<double>(from)); }},
      {"parent",
       [&](std::istringstream &from) {
         const auto below = number<std::size_t>(from);
         found.parents.emplace_back(below, number<std::size_t>(from));
       }},
      {"mean", [&](std::istringstream &from) { found.mean = number<double>(from); }},
      {"deviation", [&](std::istringstream &from) { found.deviation = number<double>(from); }},
      {"low", text(found.low)},
      {"high", text(found.high)},
  };
  std::ifstream file = open_file(folder / kFile);
  std::string line, name;
  int row = 0;
  try {
    while (std::getline(file, line)) {
      ++row;
      std::istringstream from(line);
      if (!(from >> name)) throw std::runtime_error("a name was expected");
      const auto reader = readers.find(name);
      if (reader == readers.end()) throw std::runtime_error("'" + name + "' is not known");
      reader->second(from);
    }
    check(found);
  } catch (const std::exception &error) {
    throw std::runtime_error((folder / kFile).string() + ", line " + std::to_string(row) + ": " +
                             error.what());
  }
  return found;
}
