// Static definitions that are found at run time without a linker script (design D13).
//
// Every object of type `struct T` that is defined with STRUCT_SECTION_ITERABLE(T, name) lies in one
// ELF section whose name is a C identifier, so the linker itself provides the symbols of its ends,
// __start_... and __stop_.... The symbols are weak: with no object the walk is empty. `used` and
// `retain` keep the objects through -fdata-sections and --gc-sections; the explicit alignment keeps
// the compiler from spreading them, so that the section is an array. An object in a static library
// counts only if its object file is linked for another reason.
//
// This header alone knows how; everything else says STRUCT_SECTION_FOREACH().
#ifndef ZEPHYR_SYS_ITERABLE_SECTIONS_H_
#define ZEPHYR_SYS_ITERABLE_SECTIONS_H_

#include <stddef.h>

#include <zephyr/sys/util_macro.h>
#include <zephyr/toolchain.h>

// Linkers of bare-metal targets without SHF_GNU_RETAIN keep a section for the reference that the walk
// makes to its ends; that is enough wherever something walks.
#if defined(__has_attribute) && __has_attribute(retain) &&                                         \
    (defined(__linux__) || defined(__clang__))
#define Z_SECTION_RETAIN __attribute__((__retain__))
#else
#define Z_SECTION_RETAIN
#endif

// Section of a type, and the symbols of its ends.
#define Z_SECTION_NAME(out_type)    STRINGIFY(UTIL_CAT(breeze_iter_, out_type))
#define TYPE_SECTION_START(secname) UTIL_CAT(__start_breeze_iter_, secname)
#define TYPE_SECTION_END(secname)   UTIL_CAT(__stop_breeze_iter_, secname)
#define TYPE_SECTION_START_EXTERN(type, secname)                                                   \
    extern type TYPE_SECTION_START(secname)[] __attribute__((__weak__))
#define TYPE_SECTION_END_EXTERN(type, secname)                                                     \
    extern type TYPE_SECTION_END(secname)[] __attribute__((__weak__))
#define STRUCT_SECTION_START(struct_type) TYPE_SECTION_START(struct_type)
#define STRUCT_SECTION_END(struct_type)   TYPE_SECTION_END(struct_type)
#define STRUCT_SECTION_START_EXTERN(struct_type)                                                   \
    TYPE_SECTION_START_EXTERN(struct struct_type, struct_type)
#define STRUCT_SECTION_END_EXTERN(struct_type)                                                     \
    TYPE_SECTION_END_EXTERN(struct struct_type, struct_type)

// Define an object: TYPE_SECTION_ITERABLE(type, name, section, sort key); the sort key is unused,
// objects are found in link order.
#define TYPE_SECTION_ITERABLE(type, varname, secname, section_postfix)                             \
    type varname __attribute__((__section__(Z_SECTION_NAME(secname)), __used__,                    \
                                __aligned__(__alignof__(type)))) Z_SECTION_RETAIN

#define STRUCT_SECTION_ITERABLE(struct_type, varname)                                              \
    TYPE_SECTION_ITERABLE(struct struct_type, varname, struct_type, varname)
#define STRUCT_SECTION_ITERABLE_ALTERNATE(secname, struct_type, varname)                           \
    TYPE_SECTION_ITERABLE(struct struct_type, varname, secname, varname)
#define STRUCT_SECTION_ITERABLE_NAMED(struct_type, name, varname)                                  \
    TYPE_SECTION_ITERABLE(struct struct_type, varname, struct_type, name)
#define STRUCT_SECTION_ITERABLE_ARRAY(struct_type, varname, size)                                  \
    TYPE_SECTION_ITERABLE(struct struct_type, varname[size], struct_type, varname)

// Walk all objects of a type.
#define TYPE_SECTION_FOREACH(type, secname, iterator)                                              \
    TYPE_SECTION_START_EXTERN(type, secname);                                                      \
    TYPE_SECTION_END_EXTERN(type, secname);                                                        \
    for (type *iterator = TYPE_SECTION_START(secname); iterator < TYPE_SECTION_END(secname);       \
         iterator++)
#define STRUCT_SECTION_FOREACH(struct_type, iterator)                                              \
    TYPE_SECTION_FOREACH(struct struct_type, struct_type, iterator)
#define STRUCT_SECTION_FOREACH_ALTERNATE(secname, struct_type, iterator)                           \
    TYPE_SECTION_FOREACH(struct struct_type, secname, iterator)

// Object number `i`, into *dst; and how many there are.
#define TYPE_SECTION_GET(type, secname, i, dst)                                                    \
    do {                                                                                           \
        TYPE_SECTION_START_EXTERN(type, secname);                                                  \
        *(dst) = &TYPE_SECTION_START(secname)[i];                                                  \
    } while (0)
#define STRUCT_SECTION_GET(struct_type, i, dst)                                                    \
    TYPE_SECTION_GET(struct struct_type, struct_type, i, dst)
#define TYPE_SECTION_COUNT(type, secname, dst)                                                     \
    do {                                                                                           \
        TYPE_SECTION_START_EXTERN(type, secname);                                                  \
        TYPE_SECTION_END_EXTERN(type, secname);                                                    \
        *(dst) = (((size_t)TYPE_SECTION_END(secname)) - ((size_t)TYPE_SECTION_START(secname))) /   \
                 sizeof(type);                                                                     \
    } while (0)
#define STRUCT_SECTION_COUNT(struct_type, dst)                                                     \
    TYPE_SECTION_COUNT(struct struct_type, struct_type, dst)

#endif // ZEPHYR_SYS_ITERABLE_SECTIONS_H_
