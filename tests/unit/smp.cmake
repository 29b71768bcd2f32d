# The Security Manager's cryptography, with the specification's sample data.
if(BREEZE_SMP AND BREEZE_MBEDTLS)
    breeze_unit_test(test_crypto SOURCES test_crypto.c ${PROJECT_SOURCE_DIR}/src/crypto/cmac.c
                     ${PROJECT_SOURCE_DIR}/src/crypto/func.c
                     ${PROJECT_SOURCE_DIR}/src/crypto/rand.c ${PROJECT_SOURCE_DIR}/src/crypto/mbedtls.c
                     LIBS breeze_kernel ${BREEZE_MBEDTLS})
    target_include_directories(test_crypto PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
endif()
