# A layer is a folder: its x.cpp make the library portico_<layer>, its x_test.cpp the program <layer>_tests.
# Sources are found by name, so that a file nobody builds cannot exist.

add_library(portico_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/pch.cpp)
target_precompile_headers(portico_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/pch.h)
target_link_libraries(portico_pch PRIVATE fmt::fmt)

# portico_library(name DEPENDS targets... [FOLDER folder]): a library from the sources of the
# folder, a program from its tests.
function(portico_library name)
  cmake_parse_arguments(ARG "" "FOLDER" "DEPENDS" ${ARGN})
  if(NOT ARG_FOLDER)
    set(ARG_FOLDER ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${ARG_FOLDER}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  set(target portico_${name})
  if(sources)
    add_library(${target} STATIC ${sources})
    target_precompile_headers(${target} REUSE_FROM portico_pch)
    target_link_libraries(${target} PUBLIC fmt::fmt Threads::Threads ${ARG_DEPENDS})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE fmt::fmt Threads::Threads ${ARG_DEPENDS})
  endif()
  if(tests)
    add_executable(${name}_tests ${tests})
    target_precompile_headers(${name}_tests REUSE_FROM portico_pch)
    target_link_libraries(${name}_tests PRIVATE ${target} GTest::gtest_main GTest::gmock)
    add_test(NAME ${name} COMMAND ${name}_tests)
  endif()
endfunction()
