# AD structures, and events for connections and GAP, against the stand-in for src/hci.
foreach(name ad link_evt ext_evt per_evt)
    breeze_fuzz_target(${name} SOURCES fuzz_${name}.c $<TARGET_OBJECTS:link_under_test>
                       LIBS breeze_kernel PkgConfig::CMOCKA)
    target_include_directories(fuzz_${name} PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
    target_link_options(fuzz_${name} PRIVATE -Wl,--wrap=net_buf_unref)
endforeach()
