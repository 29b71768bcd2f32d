# The shim's parts: base, buffers, lists, settings, sections, and the Unix port below them.
breeze_unit_test(test_rd SOURCES test_rd.c)
target_include_directories(test_rd PRIVATE ${PROJECT_SOURCE_DIR}/include/kernel)
breeze_unit_test(test_wr SOURCES test_wr.c)
target_include_directories(test_wr PRIVATE ${PROJECT_SOURCE_DIR}/include/kernel)
breeze_unit_test(test_log SOURCES test_log.c LIBS breeze_unix)
breeze_unit_test(test_list SOURCES test_list.c LIBS breeze_unix)
breeze_unit_test(test_util SOURCES test_util.c LIBS breeze_unix)
breeze_unit_test(test_net_buf SOURCES test_net_buf.c LIBS breeze_unix)
breeze_unit_test(test_settings SOURCES test_settings.c LIBS breeze_unix)
breeze_unit_test(test_unix_port SOURCES test_unix_port.c LIBS breeze_unix)
breeze_unit_test(test_unix_power SOURCES test_unix_power.c LIBS breeze_unix)

# Static definitions, walked from the program and from a shared library that holds some itself.
add_library(test_sections_shared SHARED ${PROJECT_SOURCE_DIR}/tests/unit/test_sections_shared.c)
target_include_directories(test_sections_shared PRIVATE ${PROJECT_SOURCE_DIR}/include/kernel)
target_link_options(test_sections_shared PRIVATE LINKER:--gc-sections)
add_library(test_sections_empty SHARED ${PROJECT_SOURCE_DIR}/tests/unit/test_sections_empty.c)
target_include_directories(test_sections_empty PRIVATE ${PROJECT_SOURCE_DIR}/include/kernel)
target_link_options(test_sections_empty PRIVATE LINKER:--gc-sections)
breeze_unit_test(test_sections SOURCES test_sections.c
                 LIBS breeze_unix test_sections_shared test_sections_empty)
target_link_options(test_sections PRIVATE LINKER:--gc-sections)
