#include "tokenizer.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "unicode.hpp"

namespace {

// Cuts two texts to `room` tokens together, the longer one first.
bool cut(std::vector<std::int64_t> &first, std::vector<std::int64_t> &second, std::size_t room) {
  if (first.size() + second.size() <= room) return false;
  std::size_t less = std::min(first.size(), second.size());
  std::size_t more = std::max(less, room - std::min(room, less));
  if (less + more > room) {
    less = room / 2;
    more = less + room % 2;
  }
  const bool first_is_longer = first.size() > second.size();
  first.resize(std::min(first.size(), first_is_longer ? more : less));
  second.resize(std::min(second.size(), first_is_longer ? less : more));
  return true;
}

bool all_unknown(const std::vector<std::int64_t> &tokens, std::int64_t unknown) {
  return std::all_of(tokens.begin(), tokens.end(), [=](std::int64_t id) { return id == unknown; });
}

}  // namespace

Tokenizer::Tokenizer(const std::filesystem::path &folder, const Settings &settings)
    : settings_(settings) {
  read_characters(folder / "characters.txt");
  read_vocabulary(folder / "vocabulary.txt");
}

Row Tokenizer::row(std::string_view first, std::string_view second) const {
  std::vector<std::int64_t> one = tokens(first), two;
  if (settings_.pair) two = tokens(second);
  std::size_t room = settings_.max_len;
  for (const Place &place : settings_.places) room -= place.kind == Place::Special;
  Row row;
  row.truncated = settings_.pair ? cut(one, two, room) : one.size() > room;
  if (!settings_.pair) one.resize(std::min(one.size(), room));
  row.empty = all_unknown(one, settings_.unknown) ||
              (settings_.pair && all_unknown(two, settings_.unknown));
  for (const Place &place : settings_.places) {
    if (place.kind == Place::Special) {
      row.ids.push_back(place.id);
    } else {
      const auto &text = place.kind == Place::First ? one : two;
      row.ids.insert(row.ids.end(), text.begin(), text.end());
    }
    row.types.resize(row.ids.size(), place.type);
  }
  return row;
}

std::vector<std::int64_t> Tokenizer::tokens(std::string_view text) const {
  std::vector<std::int64_t> found;
  std::vector<char32_t> word;
  for (const char32_t character : characters_of(text)) {
    for (const char32_t result : result_of(character)) {
      if (result != kBreak) {
        word.push_back(result == kItself ? character : result);
        continue;
      }
      add_word(word, found);
      word.clear();
    }
  }
  add_word(word, found);
  return found;
}

// The longest piece that there is, then the longest that goes on from there, to the word's end.
void Tokenizer::add_word(const std::vector<char32_t> &word, std::vector<std::int64_t> &to) const {
  if (word.size() > settings_.longest_word) {
    to.push_back(settings_.unknown);
    return;
  }
  const std::size_t before = to.size();
  std::string piece;
  for (std::size_t begin = 0; begin < word.size();) {
    piece = begin == 0 ? "" : settings_.prefix;
    std::vector<std::size_t> ends{piece.size()};
    for (std::size_t at = begin; at < word.size(); ++at) {
      append(piece, word[at]);
      ends.push_back(piece.size());
    }
    std::size_t taken = word.size() - begin;
    auto found = vocabulary_.end();
    while (taken > 0 && found == vocabulary_.end()) {
      piece.resize(ends[taken]);
      found = vocabulary_.find(piece);
      if (found == vocabulary_.end()) --taken;
    }
    if (taken == 0) {
      to.resize(before);
      to.push_back(settings_.unknown);
      return;
    }
    to.push_back(found->second);
    begin += taken;
  }
}

const std::vector<char32_t> &Tokenizer::result_of(char32_t character) const {
  static const std::vector<char32_t> as_it_is{kItself};
  const auto after = std::upper_bound(
      rules_.begin(), rules_.end(), character,
      [](char32_t value, const Rule &rule) { return value < rule.first; });
  if (after == rules_.begin() || std::prev(after)->last < character) return as_it_is;
  return std::prev(after)->result;
}

// Lines of "first last result...", in hexadecimal; in a result "=" is the character itself, "|" the
// end of a word.
void Tokenizer::read_characters(const std::filesystem::path &path) {
  std::ifstream file = open_file(path);
  std::string line, part;
  while (std::getline(file, line)) {
    std::istringstream from(line);
    std::uint32_t first = 0, last = 0;
    from >> std::hex >> first >> last;
    Rule rule{first, last, {}};
    while (from >> part) {
      rule.result.push_back(part == "="   ? kItself
                            : part == "|" ? kBreak
                                          : static_cast<char32_t>(std::stoul(part, nullptr, 16)));
    }
    rules_.push_back(std::move(rule));
  }
}

// Lines of "id piece".
void Tokenizer::read_vocabulary(const std::filesystem::path &path) {
  std::ifstream file = open_file(path);
  std::string line;
  while (std::getline(file, line)) {
    const std::size_t gap = line.find(' ');
    if (gap == std::string::npos) throw std::runtime_error(path.string() + " is not whole");
    vocabulary_.emplace(line.substr(gap + 1), std::stoll(line.substr(0, gap)));
  }
}
