// The model in ONNX Runtime, whose library is found when the program starts.
#pragma once

#include <onnxruntime_c_api.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "settings.hpp"
#include "tokenizer.hpp"

class Session {
 public:
  // `library` is a file, a folder with one, or empty: wherever the system looks for libraries.
  // `settings` must outlive it. Throws std::runtime_error.
  Session(const std::filesystem::path &library, const std::filesystem::path &folder,
          const Settings &settings, int threads);

  // The values that the model gives to one row. Throws std::runtime_error.
  std::vector<float> run(const Row &row) const;

 private:
  template <typename Thing>
  using Owned = std::unique_ptr<Thing, void (*)(Thing *)>;

  void check(OrtStatus *status) const;
  Owned<OrtValue> tensor(const std::vector<std::int64_t> &values) const;

  const Settings &settings_;
  const OrtApi *api_;
  Owned<OrtEnv> environment_;
  Owned<OrtMemoryInfo> memory_;
  Owned<OrtSession> session_;
};
