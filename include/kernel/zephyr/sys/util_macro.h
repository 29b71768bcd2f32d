// Preprocessor helpers under Zephyr's names: conditional code, argument counting, repetition.
#ifndef ZEPHYR_SYS_UTIL_MACRO_H_
#define ZEPHYR_SYS_UTIL_MACRO_H_

#define BIT(n)                  (1UL << (n))
#define BIT64(_n)               (1ULL << (_n))
#define BIT_MASK(n)             (BIT(n) - 1UL)
#define BIT64_MASK(n)           (BIT64(n) - 1ULL)
#define GENMASK(h, l)           (((~0UL) - (1UL << (l)) + 1) & (~0UL >> (sizeof(long) * 8 - 1 - (h))))
#define LSB_GET(value)          ((value) & -(value))
#define FIELD_GET(mask, value)  (((value) & (mask)) / LSB_GET(mask))
#define FIELD_PREP(mask, value) (((value)*LSB_GET(mask)) & (mask))

#define WRITE_BIT(var, bit, set) ((var) = (set) ? ((var) | BIT(bit)) : ((var) & ~BIT(bit)))

#define EMPTY
#define IDENTITY(V) V

#define UTIL_PRIMITIVE_CAT(a, ...) a##__VA_ARGS__
#define UTIL_CAT(a, ...)           UTIL_PRIMITIVE_CAT(a, __VA_ARGS__)
#define UTIL_EXPAND(...)           __VA_ARGS__
#define __DEBRACKET(...)           __VA_ARGS__

// 1 when the macro is defined as 1, else 0; usable in C expressions and in #if.
#define IS_ENABLED(config_macro)   Z_IS_ENABLED1(config_macro)
#define Z_IS_ENABLED1(config)      Z_IS_ENABLED2(Z_ENABLED_MARK_##config)
#define Z_ENABLED_MARK_1           Z_ENABLED_YES,
#define Z_IS_ENABLED2(one_or_two)  Z_IS_ENABLED3(one_or_two 1, 0)
#define Z_IS_ENABLED3(a, val, ...) val

// COND_CODE_1(flag, (code if flag is 1), (code otherwise)); COND_CODE_0 the other way round.
#define COND_CODE_1(_flag, _if_1_code, _else_code) Z_COND_CODE_1(_flag, _if_1_code, _else_code)
#define Z_COND_CODE_1(_flag, _if, _else)           Z_COND_CODE(Z_ENABLED_MARK_##_flag, _if, _else)
#define COND_CODE_0(_flag, _if_0_code, _else_code) Z_COND_CODE_0(_flag, _if_0_code, _else_code)
#define Z_ZERO_MARK_0                              Z_ENABLED_YES,
#define Z_COND_CODE_0(_flag, _if, _else)           Z_COND_CODE(Z_ZERO_MARK_##_flag, _if, _else)
#define Z_COND_CODE(one_or_two, _if, _else)        Z_COND_PICK(one_or_two _if, _else)
#define Z_COND_PICK(a, picked, ...)                __DEBRACKET picked

#define IF_ENABLED(_flag, _code)  COND_CODE_1(_flag, _code, ())
#define IF_DISABLED(_flag, _code) COND_CODE_1(_flag, (), _code)

#define UTIL_NOT(a)    COND_CODE_1(a, (0), (1))
#define UTIL_AND(a, b) COND_CODE_1(a, (b), (0))
#define UTIL_OR(a, b)  COND_CODE_1(a, (1), (b))
#define UTIL_BOOL(a)   COND_CODE_0(a, (0), (1))

// Number of arguments, 0 for none, up to 32.
#define NUM_VA_ARGS(...)                                                                           \
    Z_ARG_33(0, ##__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, \
             15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define NUM_VA_ARGS_LESS_1(...)                                                                    \
    Z_ARG_33(__VA_ARGS__, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15,  \
             14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0)
#define Z_ARG_33(_0, _1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15, _16, _17,   \
                 _18, _19, _20, _21, _22, _23, _24, _25, _26, _27, _28, _29, _30, _31, _32, N,     \
                 ...)                                                                              \
    N

#define GET_ARG_N(N, ...)               UTIL_CAT(Z_GET_ARG_, N)(__VA_ARGS__, )
#define Z_GET_ARG_1(a, ...)             a
#define Z_GET_ARG_2(a, b, ...)          b
#define Z_GET_ARG_3(a, b, c, ...)       c
#define Z_GET_ARG_4(a, b, c, d, ...)    d
#define Z_GET_ARG_5(a, b, c, d, e, ...) e
#define GET_ARGS_LESS_N(N, ...)         UTIL_CAT(Z_ARGS_LESS_, N)(__VA_ARGS__)
#define Z_ARGS_LESS_0(...)              __VA_ARGS__
#define Z_ARGS_LESS_1(a, ...)           __VA_ARGS__
#define Z_ARGS_LESS_2(a, b, ...)        __VA_ARGS__
#define Z_ARGS_LESS_3(a, b, c, ...)     __VA_ARGS__

// FOR_EACH(F, (separator), a, b, ...): F(a) separator F(b) ...; up to 32 arguments.
#define FOR_EACH(F, sep, ...) UTIL_CAT(Z_FE_, NUM_VA_ARGS(__VA_ARGS__))(F, sep, ##__VA_ARGS__)
#define Z_FE_0(F, sep)
#define Z_FE_1(F, sep, x)       F(x)
#define Z_FE_2(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_1(F, sep, __VA_ARGS__)
#define Z_FE_3(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_2(F, sep, __VA_ARGS__)
#define Z_FE_4(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_3(F, sep, __VA_ARGS__)
#define Z_FE_5(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_4(F, sep, __VA_ARGS__)
#define Z_FE_6(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_5(F, sep, __VA_ARGS__)
#define Z_FE_7(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_6(F, sep, __VA_ARGS__)
#define Z_FE_8(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_7(F, sep, __VA_ARGS__)
#define Z_FE_9(F, sep, x, ...)  F(x) __DEBRACKET sep Z_FE_8(F, sep, __VA_ARGS__)
#define Z_FE_10(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_9(F, sep, __VA_ARGS__)
#define Z_FE_11(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_10(F, sep, __VA_ARGS__)
#define Z_FE_12(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_11(F, sep, __VA_ARGS__)
#define Z_FE_13(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_12(F, sep, __VA_ARGS__)
#define Z_FE_14(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_13(F, sep, __VA_ARGS__)
#define Z_FE_15(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_14(F, sep, __VA_ARGS__)
#define Z_FE_16(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_15(F, sep, __VA_ARGS__)
#define Z_FE_17(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_16(F, sep, __VA_ARGS__)
#define Z_FE_18(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_17(F, sep, __VA_ARGS__)
#define Z_FE_19(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_18(F, sep, __VA_ARGS__)
#define Z_FE_20(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_19(F, sep, __VA_ARGS__)
#define Z_FE_21(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_20(F, sep, __VA_ARGS__)
#define Z_FE_22(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_21(F, sep, __VA_ARGS__)
#define Z_FE_23(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_22(F, sep, __VA_ARGS__)
#define Z_FE_24(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_23(F, sep, __VA_ARGS__)
#define Z_FE_25(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_24(F, sep, __VA_ARGS__)
#define Z_FE_26(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_25(F, sep, __VA_ARGS__)
#define Z_FE_27(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_26(F, sep, __VA_ARGS__)
#define Z_FE_28(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_27(F, sep, __VA_ARGS__)
#define Z_FE_29(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_28(F, sep, __VA_ARGS__)
#define Z_FE_30(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_29(F, sep, __VA_ARGS__)
#define Z_FE_31(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_30(F, sep, __VA_ARGS__)
#define Z_FE_32(F, sep, x, ...) F(x) __DEBRACKET sep Z_FE_31(F, sep, __VA_ARGS__)

// The same with a fixed last argument: F(a, fixed) separator F(b, fixed) ...
#define FOR_EACH_FIXED_ARG(F, sep, fixed, ...)                                                     \
    UTIL_CAT(Z_FEF_, NUM_VA_ARGS(__VA_ARGS__))(F, sep, fixed, ##__VA_ARGS__)
#define Z_FEF_0(F, sep, fixed)
#define Z_FEF_1(F, sep, fixed, x) F(x, fixed)
#define Z_FEF_2(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_1(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_3(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_2(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_4(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_3(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_5(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_4(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_6(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_5(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_7(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_6(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_8(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_7(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_9(F, sep, fixed, x, ...)                                                             \
    F(x, fixed) __DEBRACKET sep Z_FEF_8(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_10(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_9(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_11(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_10(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_12(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_11(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_13(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_12(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_14(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_13(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_15(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_14(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_16(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_15(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_17(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_16(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_18(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_17(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_19(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_18(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_20(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_19(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_21(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_20(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_22(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_21(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_23(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_22(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_24(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_23(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_25(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_24(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_26(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_25(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_27(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_26(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_28(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_27(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_29(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_28(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_30(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_29(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_31(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_30(F, sep, fixed, __VA_ARGS__)
#define Z_FEF_32(F, sep, fixed, x, ...)                                                            \
    F(x, fixed) __DEBRACKET sep Z_FEF_31(F, sep, fixed, __VA_ARGS__)

// LISTIFY(n, F, (separator), args): F(0, args) separator F(1, args) ... F(n - 1, args); n up to 32.
#define LISTIFY(LEN, F, sep, ...) UTIL_CAT(Z_LIST_, LEN)(F, sep, ##__VA_ARGS__)
#define Z_LIST_0(F, sep, ...)
#define Z_LIST_1(F, sep, ...)  F(0, ##__VA_ARGS__)
#define Z_LIST_2(F, sep, ...)  Z_LIST_1(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(1, ##__VA_ARGS__)
#define Z_LIST_3(F, sep, ...)  Z_LIST_2(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(2, ##__VA_ARGS__)
#define Z_LIST_4(F, sep, ...)  Z_LIST_3(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(3, ##__VA_ARGS__)
#define Z_LIST_5(F, sep, ...)  Z_LIST_4(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(4, ##__VA_ARGS__)
#define Z_LIST_6(F, sep, ...)  Z_LIST_5(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(5, ##__VA_ARGS__)
#define Z_LIST_7(F, sep, ...)  Z_LIST_6(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(6, ##__VA_ARGS__)
#define Z_LIST_8(F, sep, ...)  Z_LIST_7(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(7, ##__VA_ARGS__)
#define Z_LIST_9(F, sep, ...)  Z_LIST_8(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(8, ##__VA_ARGS__)
#define Z_LIST_10(F, sep, ...) Z_LIST_9(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(9, ##__VA_ARGS__)
#define Z_LIST_11(F, sep, ...) Z_LIST_10(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(10, ##__VA_ARGS__)
#define Z_LIST_12(F, sep, ...) Z_LIST_11(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(11, ##__VA_ARGS__)
#define Z_LIST_13(F, sep, ...) Z_LIST_12(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(12, ##__VA_ARGS__)
#define Z_LIST_14(F, sep, ...) Z_LIST_13(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(13, ##__VA_ARGS__)
#define Z_LIST_15(F, sep, ...) Z_LIST_14(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(14, ##__VA_ARGS__)
#define Z_LIST_16(F, sep, ...) Z_LIST_15(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(15, ##__VA_ARGS__)
#define Z_LIST_17(F, sep, ...) Z_LIST_16(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(16, ##__VA_ARGS__)
#define Z_LIST_18(F, sep, ...) Z_LIST_17(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(17, ##__VA_ARGS__)
#define Z_LIST_19(F, sep, ...) Z_LIST_18(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(18, ##__VA_ARGS__)
#define Z_LIST_20(F, sep, ...) Z_LIST_19(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(19, ##__VA_ARGS__)
#define Z_LIST_21(F, sep, ...) Z_LIST_20(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(20, ##__VA_ARGS__)
#define Z_LIST_22(F, sep, ...) Z_LIST_21(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(21, ##__VA_ARGS__)
#define Z_LIST_23(F, sep, ...) Z_LIST_22(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(22, ##__VA_ARGS__)
#define Z_LIST_24(F, sep, ...) Z_LIST_23(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(23, ##__VA_ARGS__)
#define Z_LIST_25(F, sep, ...) Z_LIST_24(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(24, ##__VA_ARGS__)
#define Z_LIST_26(F, sep, ...) Z_LIST_25(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(25, ##__VA_ARGS__)
#define Z_LIST_27(F, sep, ...) Z_LIST_26(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(26, ##__VA_ARGS__)
#define Z_LIST_28(F, sep, ...) Z_LIST_27(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(27, ##__VA_ARGS__)
#define Z_LIST_29(F, sep, ...) Z_LIST_28(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(28, ##__VA_ARGS__)
#define Z_LIST_30(F, sep, ...) Z_LIST_29(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(29, ##__VA_ARGS__)
#define Z_LIST_31(F, sep, ...) Z_LIST_30(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(30, ##__VA_ARGS__)
#define Z_LIST_32(F, sep, ...) Z_LIST_31(F, sep, ##__VA_ARGS__) __DEBRACKET sep F(31, ##__VA_ARGS__)

#endif // ZEPHYR_SYS_UTIL_MACRO_H_
