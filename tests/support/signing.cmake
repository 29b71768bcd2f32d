# The host with signed writes, whatever the build itself has.
if(NOT TARGET breeze_signing)
    block()
        set(BREEZE_SIGNING ON)
        set(BREEZE_EATT OFF)
        breeze_host(breeze_signing full)
    endblock()
endif()
