// The earlier place of <zephyr/net_buf.h>.
#ifndef ZEPHYR_NET_BUF_FORWARD_H_
#define ZEPHYR_NET_BUF_FORWARD_H_

#include <zephyr/net_buf.h>

#endif // ZEPHYR_NET_BUF_FORWARD_H_
