# The host in a build that asks for 16 connections, 1,000 attributes and a long memory of duplicates.
if(NOT TARGET breeze_many)
    breeze_host(breeze_many full)
    target_compile_definitions(breeze_many PUBLIC CONFIG_BT_MAX_CONN=16
        CONFIG_BREEZE_GATT_SERVICES_MAX=100 CONFIG_BREEZE_SCAN_DUP_MAX=1024)
endif()
