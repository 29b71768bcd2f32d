# The Security Manager in whole hosts on the virtual air.
if(BREEZE_SMP AND TARGET breeze_air_sim)
    breeze_fuzz_target(smp SOURCES fuzz_smp.c ${PROJECT_SOURCE_DIR}/tests/support/pair.c
                       LIBS breeze breeze_air_sim breeze_kernel)
    # The same with the controller's cryptography.
    include(${PROJECT_SOURCE_DIR}/tests/support/controller.cmake)
    if(BREEZE_FUZZ)
        target_compile_options(breeze_controller PRIVATE -fsanitize=fuzzer-no-link)
    endif()
    breeze_fuzz_target(crypto_evt SOURCES fuzz_crypto_evt.c ${PROJECT_SOURCE_DIR}/tests/support/pair.c
                       LIBS breeze_controller breeze_air_sim breeze_kernel)
endif()
