// The model, computed by the runtime that the program was built for: session_onnx.cpp or
// session_paddle.cpp.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "settings.hpp"
#include "tokenizer.hpp"

class Session {
 public:
  // `library` is that of ONNX Runtime: a file, a folder with one, or empty: what the environment
  // names, else wherever the system looks for libraries. With Paddle it must be empty.
  // `settings` must outlive it. Throws std::runtime_error.
  Session(const std::filesystem::path &library, const std::filesystem::path &folder,
          const Settings &settings, int threads);
  ~Session();

  // The values that the model gives to one row. Throws std::runtime_error.
  std::vector<float> run(const Row &row) const;

 private:
  class Model;
  std::unique_ptr<Model> model_;
};
