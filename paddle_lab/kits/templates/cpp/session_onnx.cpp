// The model in ONNX Runtime, whose library is found when the program starts.
#include "session.hpp"

#include <dlfcn.h>
#include <onnxruntime_c_api.h>

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

// The version of the interface that is asked for: that of ONNX Runtime 1.12, the first to know the
// operators that these models are made of. Every later library has it, too.
constexpr std::uint32_t kInterface = 12;

std::filesystem::path library_in(std::filesystem::path given) {
  if (const char *named = std::getenv("ONNXRUNTIME_LIBRARY"); named != nullptr && given.empty()) {
    given = named;
  }
  if (given.empty()) return "libonnxruntime.so";
  if (!std::filesystem::is_directory(given)) return given;
  for (const auto &entry : std::filesystem::directory_iterator(given)) {
    if (entry.path().filename().string().rfind("libonnxruntime.", 0) == 0) return entry.path();
  }
  throw std::runtime_error("there is no libonnxruntime in " + given.string());
}

// The interface of the library. A linked program would be bound to its version, as the names that
// the library exports hold it; so the one name that is needed is looked up.
const OrtApi *load_library(const std::filesystem::path &given) {
  const std::filesystem::path path = library_in(given);
  void *library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    throw std::runtime_error(std::string("cannot load ONNX Runtime: ") + dlerror() +
                             "; name its library or its folder with --library");
  }
  using Base = const OrtApiBase *(*)();
  const auto base = reinterpret_cast<Base>(dlsym(library, "OrtGetApiBase"));
  const OrtApi *api = base == nullptr ? nullptr : base()->GetApi(kInterface);
  if (api == nullptr) throw std::runtime_error(path.string() + " is not ONNX Runtime 1.12 or later");
  return api;
}

}  // namespace

class Session::Model {
 public:
  Model(const std::filesystem::path &library, const std::filesystem::path &folder,
        const Settings &settings, int threads);
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

Session::Model::Model(const std::filesystem::path &library, const std::filesystem::path &folder,
                      const Settings &settings, int threads)
    : settings_(settings),
      api_(load_library(library)),
      environment_(nullptr, api_->ReleaseEnv),
      memory_(nullptr, api_->ReleaseMemoryInfo),
      session_(nullptr, api_->ReleaseSession) {
  OrtEnv *environment = nullptr;
  check(api_->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "answer", &environment));
  environment_.reset(environment);
  OrtMemoryInfo *memory = nullptr;
  check(api_->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory));
  memory_.reset(memory);
  OrtSessionOptions *made = nullptr;
  check(api_->CreateSessionOptions(&made));
  const Owned<OrtSessionOptions> options(made, api_->ReleaseSessionOptions);
  check(api_->SetIntraOpNumThreads(options.get(), threads));
  check(api_->SetInterOpNumThreads(options.get(), 1));
  // Idle threads would otherwise keep a core busy after each text.
  check(api_->AddSessionConfigEntry(options.get(), "session.intra_op.allow_spinning", "0"));
  OrtSession *session = nullptr;
  const std::string model = (folder / settings.model).string();
  if (folder / settings.model == (folder / settings.model).replace_extension(".json")) {
    throw std::runtime_error(model + " is a program of Paddle; build with -DRUNTIME=paddle");
  }
  check(api_->CreateSession(environment_.get(), model.c_str(), options.get(), &session));
  session_.reset(session);
}

std::vector<float> Session::Model::run(const Row &row) const {
  const Owned<OrtValue> ids = tensor(row.ids), types = tensor(row.types);
  const std::array<const char *, 2> names{settings_.ids.c_str(), settings_.types.c_str()};
  const std::array<const OrtValue *, 2> given{ids.get(), types.get()};
  const std::size_t inputs = settings_.types.empty() ? 1 : 2;
  const char *wanted = settings_.output.c_str();
  OrtValue *made = nullptr;
  check(api_->Run(session_.get(), nullptr, names.data(), given.data(), inputs, &wanted, 1, &made));
  const Owned<OrtValue> output(made, api_->ReleaseValue);
  OrtTensorTypeAndShapeInfo *described = nullptr;
  check(api_->GetTensorTypeAndShape(output.get(), &described));
  const Owned<OrtTensorTypeAndShapeInfo> shape(described, api_->ReleaseTensorTypeAndShapeInfo);
  std::size_t count = 0;
  check(api_->GetTensorShapeElementCount(shape.get(), &count));
  ONNXTensorElementDataType kind = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  check(api_->GetTensorElementType(shape.get(), &kind));
  if (count != settings_.outputs || kind != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT) {
    throw std::runtime_error("the model's output is not what settings.txt says");
  }
  void *values = nullptr;
  check(api_->GetTensorMutableData(output.get(), &values));
  const float *begin = static_cast<const float *>(values);
  return {begin, begin + count};
}

// Only looks at `values`, which must outlive it.
Session::Model::Owned<OrtValue> Session::Model::tensor(const std::vector<std::int64_t> &values) const {
  const std::array<std::int64_t, 2> shape{1, static_cast<std::int64_t>(values.size())};
  OrtValue *made = nullptr;
  check(api_->CreateTensorWithDataAsOrtValue(
      memory_.get(), const_cast<std::int64_t *>(values.data()),
      values.size() * sizeof(std::int64_t), shape.data(), shape.size(),
      ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, &made));
  return {made, api_->ReleaseValue};
}

void Session::Model::check(OrtStatus *status) const {
  if (status == nullptr) return;
  const std::string message = api_->GetErrorMessage(status);
  api_->ReleaseStatus(status);
  throw std::runtime_error("ONNX Runtime: " + message);
}

Session::Session(const std::filesystem::path &library, const std::filesystem::path &folder,
                 const Settings &settings, int threads)
    : model_(std::make_unique<Model>(library, folder, settings, threads)) {}

Session::~Session() = default;

std::vector<float> Session::run(const Row &row) const { return model_->run(row); }
