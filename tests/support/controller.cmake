# The host with the controller's cryptography, and no other.
if(NOT TARGET breeze_controller)
    block()
        set(BREEZE_CRYPTO controller)
        set(BREEZE_EATT OFF)
        breeze_host(breeze_controller full)
    endblock()
endif()
