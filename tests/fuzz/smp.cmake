# The Security Manager in whole hosts on the virtual air.
if(BREEZE_SMP AND TARGET breeze_air_sim)
    breeze_fuzz_target(smp SOURCES fuzz_smp.c ${PROJECT_SOURCE_DIR}/tests/support/pair.c
                       LIBS breeze breeze_air_sim breeze_kernel)
endif()
