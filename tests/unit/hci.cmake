# Tests of src/hci and src/trace, on the sources themselves: they bring their own wiring and state.
file(STRINGS ${PROJECT_SOURCE_DIR}/src/hci/CMakeLists.txt hci_lines REGEX "^ +[a-z0-9_]+\\.c\\)?$")
set(hci_sources ${PROJECT_SOURCE_DIR}/src/trace/trace.c ${PROJECT_SOURCE_DIR}/src/hci/acl.c
    ${PROJECT_SOURCE_DIR}/src/hci/acl_pool.c ${PROJECT_SOURCE_DIR}/src/hci/acl_rx.c)
foreach(line ${hci_lines})
    string(REGEX REPLACE "[ )]" "" file ${line})
    list(APPEND hci_sources ${PROJECT_SOURCE_DIR}/src/hci/${file})
endforeach()
add_library(hci_under_test STATIC ${hci_sources} ${CMAKE_CURRENT_LIST_DIR}/hci_fixture.c
            ${CMAKE_CURRENT_LIST_DIR}/script_transport.c)
target_include_directories(hci_under_test PUBLIC ${PROJECT_SOURCE_DIR}/src
                           ${PROJECT_SOURCE_DIR}/include/host ${CMAKE_CURRENT_LIST_DIR})
target_compile_definitions(hci_under_test PUBLIC CONFIG_BT_HCI_ERR_TO_STR=1)
target_link_libraries(hci_under_test PUBLIC breeze_kernel PkgConfig::CMOCKA)

foreach(unit h4 cmd bringup life acl acl_rx)
    breeze_unit_test(test_hci_${unit} SOURCES ${CMAKE_CURRENT_LIST_DIR}/test_hci_${unit}.c
                     LIBS hci_under_test)
endforeach()
