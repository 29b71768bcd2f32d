// CHECKIF(): a check of an argument at run time; always compiled in.
#ifndef ZEPHYR_SYS_CHECK_H_
#define ZEPHYR_SYS_CHECK_H_

#define CHECKIF(expr) if (expr)

#endif // ZEPHYR_SYS_CHECK_H_
