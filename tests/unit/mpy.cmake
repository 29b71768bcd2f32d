# MicroPython's backend, file by file, over stand-ins for the host.
breeze_unit_test(test_mpy_l2cap SOURCES test_mpy_l2cap.c ${PROJECT_SOURCE_DIR}/micropython/l2cap.c
                 LIBS breeze_unix)
target_include_directories(test_mpy_l2cap PRIVATE ${PROJECT_SOURCE_DIR}/micropython
    ${PROJECT_SOURCE_DIR}/micropython/stock ${PROJECT_SOURCE_DIR}/include/host)
