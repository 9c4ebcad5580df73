# ONNX Runtime: its header; the library is loaded when the program starts.
find_path(ONNXRUNTIME_INCLUDE_DIR onnxruntime_c_api.h
  PATH_SUFFIXES onnxruntime onnxruntime/core/session
  DOC "The folder of onnxruntime_c_api.h")
if(NOT ONNXRUNTIME_INCLUDE_DIR)
  message(FATAL_ERROR "onnxruntime_c_api.h was not found.\n"
    "It is in the package libonnxruntime-dev (Debian 13, Ubuntu 25.04 or later), and in the folder "
    "include of each release archive of ONNX Runtime.\n"
    "Say where: cmake -S . -B build -DONNXRUNTIME_INCLUDE_DIR=FOLDER")
endif()
target_include_directories(answer SYSTEM PRIVATE ${ONNXRUNTIME_INCLUDE_DIR})
