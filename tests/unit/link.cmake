# Connections and GAP against a stand-in for src/hci (link_fake.h).
set(link_sources
    link_fake.c
    ${PROJECT_SOURCE_DIR}/src/hci/post.c
    ${PROJECT_SOURCE_DIR}/src/hci/err.c)
foreach(file again cb conn evt failed info param radio source subrate)
    list(APPEND link_sources ${PROJECT_SOURCE_DIR}/src/conn/${file}.c)
endforeach()
foreach(file accept ad addr adv ext ext_adv ext_data ext_scan gap per_adv per_api per_sync id init link name scan scan_dup tx_power)
    list(APPEND link_sources ${PROJECT_SOURCE_DIR}/src/gap/${file}.c)
endforeach()
set(privacy_sources ${link_sources})
list(APPEND link_sources ${PROJECT_SOURCE_DIR}/src/gap/resolve_none.c ${PROJECT_SOURCE_DIR}/src/gap/rpa_none.c)
add_library(link_under_test OBJECT ${link_sources})
target_include_directories(link_under_test PRIVATE
    ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include/host ${PROJECT_SOURCE_DIR}/include/kernel)
target_link_libraries(link_under_test PRIVATE PkgConfig::CMOCKA)

foreach(test conn_link conn_events conn_param conn_radio conn_subrate conn_cb gap_accept gap_adv gap_ext gap_per gap_scan
        gap_init gap_id gap_ad)
    breeze_unit_test(test_${test} SOURCES test_${test}.c $<TARGET_OBJECTS:link_under_test>
                     LIBS breeze_kernel)
    target_include_directories(test_${test} PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
    # Who gives a held event back is counted.
    target_link_options(test_${test} PRIVATE -Wl,--wrap=net_buf_unref)
endforeach()

# The same sources with two identities.
breeze_unit_test(test_gap_ids SOURCES test_gap_ids.c ${link_sources} LIBS breeze_kernel)
target_include_directories(test_gap_ids PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
target_compile_definitions(test_gap_ids PRIVATE CONFIG_BT_ID_MAX=2)
target_link_options(test_gap_ids PRIVATE -Wl,--wrap=net_buf_unref -Wl,--wrap=gap_bonds_forget)

# The same sources with private addresses, ours and those of peers.
if(BREEZE_SMP AND BREEZE_PRIVACY AND BREEZE_MBEDTLS)
    foreach(file gap/mode gap/resolve gap/rlist gap/rpa crypto/cmac crypto/func crypto/rand crypto/mbedtls)
        list(APPEND privacy_sources ${PROJECT_SOURCE_DIR}/src/${file}.c)
    endforeach()
    breeze_unit_test(test_gap_privacy SOURCES test_gap_privacy.c ${privacy_sources}
                     LIBS breeze_kernel ${BREEZE_MBEDTLS})
    target_include_directories(test_gap_privacy PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
    target_compile_definitions(test_gap_privacy PRIVATE CONFIG_BREEZE_PRIVACY=1 CONFIG_BT_SMP=1 CONFIG_BT_MAX_PAIRED=100)
    target_link_options(test_gap_privacy PRIVATE -Wl,--wrap=net_buf_unref)
endif()

# The settings of GAP, with the shim's settings and its store in RAM.
breeze_unit_test(test_gap_settings SOURCES test_gap_settings.c
                 ${PROJECT_SOURCE_DIR}/src/gap/settings.c LIBS breeze_kernel)
target_include_directories(test_gap_settings PRIVATE ${PROJECT_SOURCE_DIR}/include/host)
