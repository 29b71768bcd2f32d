// MicroPython's own error numbers (Linux's), for builds outside MicroPython.
#ifndef BREEZE_STOCK_MPERRNO_H_
#define BREEZE_STOCK_MPERRNO_H_

#define MP_EPERM        1
#define MP_ENOENT       2
#define MP_EIO          5
#define MP_E2BIG        7
#define MP_EAGAIN       11
#define MP_ENOMEM       12
#define MP_EACCES       13
#define MP_EBUSY        16
#define MP_ENODEV       19
#define MP_EINVAL       22
#define MP_EOPNOTSUPP   95
#define MP_ENOTCONN     107
#define MP_ETIMEDOUT    110
#define MP_ECONNREFUSED 111
#define MP_EHOSTUNREACH 113
#define MP_EALREADY     114
#define MP_EINPROGRESS  115

#endif // BREEZE_STOCK_MPERRNO_H_
