# L2CAP, ATT and GATT above the stand-in of tests/pdu.
if(BREEZE_FUZZ)
    target_compile_options(gatt_under_test PRIVATE -fsanitize=fuzzer-no-link)
    target_compile_options(eatt_under_test PRIVATE -fsanitize=fuzzer-no-link)
    target_compile_options(signing_under_test PRIVATE -fsanitize=fuzzer-no-link)
endif()
breeze_fuzz_target(att_eatt SOURCES fuzz_att_eatt.c LIBS eatt_under_test breeze_kernel PkgConfig::CMOCKA)
target_include_directories(fuzz_att_eatt PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
breeze_fuzz_target(att_signed SOURCES fuzz_att_signed.c LIBS signing_under_test breeze_kernel PkgConfig::CMOCKA)
target_include_directories(fuzz_att_signed PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
foreach(target l2cap l2cap_coc att_server att_client att_client_more)
    breeze_fuzz_target(${target} SOURCES fuzz_${target}.c
                       LIBS gatt_under_test breeze_kernel PkgConfig::CMOCKA)
    target_include_directories(fuzz_${target} PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
endforeach()

if(TARGET gatt_caching_under_test)
    if(BREEZE_FUZZ)
        target_compile_options(gatt_caching_under_test PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    breeze_fuzz_target(gatt_caching SOURCES fuzz_gatt_caching.c
                       LIBS gatt_caching_under_test breeze_kernel ${BREEZE_MBEDTLS} PkgConfig::CMOCKA)
    target_include_directories(fuzz_gatt_caching PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
endif()
