# MicroPython's backend, file by file, over stand-ins for the host.
breeze_unit_test(test_mpy_l2cap SOURCES test_mpy_l2cap.c ${PROJECT_SOURCE_DIR}/micropython/l2cap.c
                 LIBS breeze_unix)
target_include_directories(test_mpy_l2cap PRIVATE ${PROJECT_SOURCE_DIR}/micropython
    ${PROJECT_SOURCE_DIR}/micropython/stock ${PROJECT_SOURCE_DIR}/include/host)

# The firmware's module over a stand-in for MicroPython, with the warnings that its external modules have.
breeze_unit_test(test_mpy_module SOURCES test_mpy_module.c ${PROJECT_SOURCE_DIR}/micropython/mod_breeze.c
                 ${PROJECT_SOURCE_DIR}/tests/support/mpy_double/double.c LIBS breeze_kernel breeze_unix)
target_include_directories(test_mpy_module PRIVATE ${PROJECT_SOURCE_DIR}/tests/support/mpy_double
    ${PROJECT_SOURCE_DIR}/micropython ${PROJECT_SOURCE_DIR}/micropython/stock ${PROJECT_SOURCE_DIR}/include/host)
set_source_files_properties(${PROJECT_SOURCE_DIR}/micropython/mod_breeze.c PROPERTIES COMPILE_OPTIONS
    "-Wall;-Wextra;-Wunused-parameter;-Wdouble-promotion;-Wfloat-conversion;-Werror")
