#include "answers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

template <typename Values, typename Write>
std::string list(const Values &values, Write write, const char *ends = "[]") {
  std::string text(1, ends[0]);
  for (const auto &value : values) text += (text.size() > 1 ? ", " : "") + write(value);
  return text + ends[1];
}

std::vector<double> softmax(const std::vector<float> &values) {
  const double largest = *std::max_element(values.begin(), values.end());
  std::vector<double> found;
  for (const double value : values) found.push_back(std::exp(value - largest));
  const double sum = std::accumulate(found.begin(), found.end(), 0.0);
  for (double &value : found) value /= sum;
  return found;
}

std::vector<double> sigmoid(const std::vector<float> &values) {
  std::vector<double> found;
  for (const double value : values) {
    const double small = std::exp(-std::fabs(value));
    found.push_back((value >= 0 ? 1.0 : small) / (1.0 + small));
  }
  return found;
}

// The labels' numbers, most probable first.
std::vector<std::size_t> ranked(const std::vector<double> &probabilities) {
  std::vector<std::size_t> order(probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
    return probabilities[one] > probabilities[other];
  });
  return order;
}

std::string probabilities_of(const Settings &settings, const std::vector<double> &probabilities,
                             const std::vector<std::size_t> &order) {
  const auto entry = [&](std::size_t label) {
    return settings.labels[label] + ": " + number(probabilities[label]);
  };
  return "\"probabilities\": " + list(order, entry, "{}");
}

std::string one_label(const Settings &settings, const std::vector<float> &values) {
  const std::vector<double> probabilities = softmax(values);
  const std::vector<std::size_t> order = ranked(probabilities);
  const std::size_t best = order.front();
  std::string text = "\"label\": " + settings.labels[best];
  if (!settings.values.empty()) text += ", \"value\": " + settings.values[best];
  text += ", \"probability\": " + number(probabilities[best]);
  return text + ", " + probabilities_of(settings, probabilities, order);
}

// A label above another is at least as probable, and holds where that holds.
std::string several_labels(const Settings &settings, const std::vector<float> &values) {
  std::vector<double> probabilities = sigmoid(values);
  for (const auto &[below, above] : settings.parents) {
    probabilities[above] = std::max(probabilities[above], probabilities[below]);
  }
  std::vector<bool> holds;
  for (std::size_t label = 0; label < probabilities.size(); ++label) {
    holds.push_back(probabilities[label] >= settings.thresholds[label]);
  }
  for (const auto &[below, above] : settings.parents) holds[above] = holds[above] || holds[below];
  const std::vector<std::size_t> order = ranked(probabilities);
  std::vector<std::size_t> chosen;
  for (const std::size_t label : order) {
    if (holds[label]) chosen.push_back(label);
  }
  const auto name = [&](std::size_t label) { return settings.labels[label]; };
  return "\"labels\": " + list(chosen, name) + ", " +
         probabilities_of(settings, probabilities, order);
}

std::string score(const Settings &settings, const std::vector<float> &values) {
  return "\"score\": " + number(values.front() * settings.deviation + settings.mean) +
         ", \"low\": " + settings.low + ", \"high\": " + settings.high;
}

}  // namespace

std::string answer_of(const Settings &settings, const Row &row, const std::vector<float> &values) {
  const std::string answer = settings.answer == "label"    ? one_label(settings, values)
                             : settings.answer == "labels" ? several_labels(settings, values)
                                                           : score(settings, values);
  const auto truth = [](bool value) { return value ? "true" : "false"; };
  return "{" + answer + ", \"truncated\": " + truth(row.truncated) +
         ", \"windows\": 1, \"empty\": " + truth(row.empty) + "}";
}

std::string values_of(const Settings &settings, const std::vector<float> &values) {
  return "{\"" + settings.output + "\": " + list(values, number) + "}";
}

std::string ids_of(const Row &row) {
  const auto whole = [](std::int64_t value) { return std::to_string(value); };
  return "{\"input_ids\": " + list(row.ids, whole) +
         ", \"token_type_ids\": " + list(row.types, whole) + "}";
}
