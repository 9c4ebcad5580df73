// The model in Paddle, by the headers and the library of its Python package: one version of both.
#include "session.hpp"

#include <dlfcn.h>
#include <paddle/fluid/pir/dialect/operator/ir/op_dialect.h>
#include <paddle/fluid/platform/init_phi.h>
#include <paddle/jit/all.h>
#include <paddle/phi/api/include/api.h>
#include <paddle/phi/common/memory_utils.h>
#include <paddle/phi/core/platform/cpu_helper.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace {

// What `import paddle` does for Python, as far as a model on the CPU needs it.
void start_paddle(int threads) {
  const paddle::InitPhi memory;
  phi::memory_utils::InitDevices();
  pir::IrContext::Instance()->GetOrRegisterDialect<paddle::dialect::OperatorDialect>();
  paddle::platform::SetNumThreads(threads);
}

// Paddle promises nothing from version to version: with another library than that of the headers
// the program would read and write where nothing of the kind is.
void check_library() {
  using Load = paddle::jit::Layer (*)(const std::string &, const phi::Place &);
  const Load loaded = &paddle::jit::Load;
  Dl_info where{};
  if (dladdr(reinterpret_cast<const void *>(loaded), &where) == 0) {
    throw std::runtime_error("the library of Paddle was not found");
  }
  if (std::filesystem::file_size(where.dli_fname) != PADDLE_LIBRARY_BYTES) {
    throw std::runtime_error(std::string(where.dli_fname) + " is not that of Paddle " PADDLE_VERSION
                             ", which the program was built for; build it again");
  }
}

paddle::Tensor tensor(const std::vector<std::int64_t> &values) {
  const phi::IntArray shape({1, static_cast<std::int64_t>(values.size())});
  auto made = paddle::experimental::empty(shape, phi::DataType::INT64, phi::CPUPlace());
  std::copy(values.begin(), values.end(), made.data<std::int64_t>());
  return made;
}

}  // namespace

class Session::Model {
 public:
  Model(const std::string &program, const Settings &settings)
      : settings_(settings), layer_(paddle::jit::Load(program, phi::CPUPlace())) {}

  std::vector<float> run(const Row &row) {
    // The program has its inputs in the order of their names' first use: that of the bundle.
    std::vector<paddle::Tensor> given{tensor(row.ids)};
    if (!settings_.types.empty()) given.push_back(tensor(row.types));
    const auto outputs = layer_.forward(given);
    if (outputs.size() != 1 || outputs[0].dtype() != phi::DataType::FLOAT32 ||
        static_cast<std::size_t>(outputs[0].numel()) != settings_.outputs) {
      throw std::runtime_error("the model's output is not what settings.txt says");
    }
    const float *begin = outputs[0].data<float>();
    return {begin, begin + settings_.outputs};
  }

 private:
  const Settings &settings_;
  paddle::jit::Layer layer_;
};

Session::Session(const std::filesystem::path &library, const std::filesystem::path &folder,
                 const Settings &settings, int threads) {
  if (!library.empty()) {
    throw std::runtime_error("this program is linked to Paddle " PADDLE_VERSION
                             "; --library is for one that runs ONNX Runtime");
  }
  std::filesystem::path program = folder / settings.model;
  if (program.extension() != ".json") {
    throw std::runtime_error(program.string() + " is no program of Paddle; write the kit with " +
                             "--runtime paddle, or build it with -DRUNTIME=onnx");
  }
  open_file(program);
  check_library();
  start_paddle(threads);
  // Paddle looks for NAME.json and NAME.pdiparams itself.
  model_ = std::make_unique<Model>(program.replace_extension().string(), settings);
}

Session::~Session() = default;

std::vector<float> Session::run(const Row &row) const { return model_->run(row); }
