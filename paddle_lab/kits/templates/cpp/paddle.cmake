# Paddle: headers and libraries of its Python package. The main one is a module of Python's, so
# Python's own library is needed as well. The program is bound to these very files.
set(PYTHON python3 CACHE STRING "A Python that has Paddle")
set(ASKED [=[
import importlib.util, os, re, sys, sysconfig
name = sysconfig.get_config_var("INSTSONAME") or ""
places = [sysconfig.get_config_var("LIBDIR") or "", os.path.join(sys.base_prefix, "lib")]
shared = [os.path.join(place, name) for place in places if ".so" in name]
shared = [path for path in shared if os.path.exists(path)]
package = importlib.util.find_spec("paddle")
if package is None:
    sys.exit("it has no package paddle")
if not shared:
    sys.exit("it has no shared library of its own (libpython)")
folder = os.path.dirname(package.origin)
with open(os.path.join(folder, "version", "__init__.py")) as file:
    version = re.search(r"full_version\s*=\s*'(.+?)'", file.read())[1]
print(folder, shared[0], version, sep=";", end="")
]=])
execute_process(COMMAND ${PYTHON} -c "${ASKED}"
  OUTPUT_VARIABLE FOUND ERROR_VARIABLE PROBLEM RESULT_VARIABLE FAILED)
if(FAILED)
  message(FATAL_ERROR "Paddle cannot be built with ${PYTHON}: ${PROBLEM}${FAILED}\n"
    "Say which Python has Paddle: cmake -S . -B build -DRUNTIME=paddle -DPYTHON=PROGRAM")
endif()
list(GET FOUND 0 PADDLE)
list(GET FOUND 1 PYTHON_LIBRARY)
list(GET FOUND 2 PADDLE_VERSION)
foreach(one include/paddle/jit/all.h base/libpaddle.so libs/libphi_core.so libs/libcommon.so)
  if(NOT EXISTS ${PADDLE}/${one})
    message(FATAL_ERROR "Paddle ${PADDLE_VERSION} in ${PADDLE} has no ${one}: it can only be run "
      "from Python. Build for ONNX Runtime: -DRUNTIME=onnx")
  endif()
endforeach()
message(STATUS "Paddle ${PADDLE_VERSION} in ${PADDLE}, ${PYTHON_LIBRARY}")

file(SIZE ${PADDLE}/base/libpaddle.so BYTES)
# Another Paddle there: `cmake --build` configures anew.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${PADDLE}/base/libpaddle.so ${PADDLE}/version/__init__.py)
target_compile_definitions(answer PRIVATE PADDLE_VERSION="${PADDLE_VERSION}"
  PADDLE_LIBRARY_BYTES=${BYTES}u)
target_include_directories(answer SYSTEM PRIVATE ${PADDLE}/include ${PADDLE}/include/third_party)
target_link_libraries(answer PRIVATE
  ${PADDLE}/base/libpaddle.so ${PADDLE}/libs/libphi_core.so ${PADDLE}/libs/libcommon.so
  ${PYTHON_LIBRARY})
# Libraries of these libraries lie in libs, too; nothing calls Python's, which Paddle's refer to.
# Position-independent: without it the address of a library's function is one of the program's own.
set_target_properties(answer PROPERTIES POSITION_INDEPENDENT_CODE ON
  BUILD_RPATH "${PADDLE}/base;${PADDLE}/libs")
target_link_options(answer PRIVATE -Wl,--allow-shlib-undefined -Wl,--no-as-needed)
