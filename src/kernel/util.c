// The parts of zephyr/sys/util.h and byteorder.h that are too long to be inline.
#include <errno.h>

#include <zephyr/sys/byteorder.h>
#include <zephyr/sys/util.h>

void sys_memcpy_swap(void *dst, const void *src, size_t length)
{
    uint8_t *to = dst;
    const uint8_t *from = (const uint8_t *)src + length;
    while (length--) {
        *to++ = *--from;
    }
}

void sys_mem_swap(void *buf, size_t length)
{
    uint8_t *bytes = buf;
    for (size_t i = 0; i < length / 2; i++) {
        uint8_t byte = bytes[i];
        bytes[i] = bytes[length - 1 - i];
        bytes[length - 1 - i] = byte;
    }
}

int char2hex(char c, uint8_t *x)
{
    if (c >= '0' && c <= '9') {
        *x = (uint8_t)(c - '0');
    } else if (c >= 'a' && c <= 'f') {
        *x = (uint8_t)(c - 'a' + 10);
    } else if (c >= 'A' && c <= 'F') {
        *x = (uint8_t)(c - 'A' + 10);
    } else {
        return -EINVAL;
    }
    return 0;
}

int hex2char(uint8_t x, char *c)
{
    if (x > 15) {
        return -EINVAL;
    }
    *c = "0123456789abcdef"[x];
    return 0;
}

size_t bin2hex(const uint8_t *buf, size_t buflen, char *hex, size_t hexlen)
{
    if (hexlen / 2 < buflen || hexlen < buflen * 2 + 1) {
        return 0;
    }
    for (size_t i = 0; i < buflen; i++) {
        (void)hex2char(buf[i] >> 4, &hex[2 * i]);
        (void)hex2char(buf[i] & 0xf, &hex[2 * i + 1]);
    }
    hex[2 * buflen] = '\0';
    return 2 * buflen;
}

size_t hex2bin(const char *hex, size_t hexlen, uint8_t *buf, size_t buflen)
{
    size_t bytes = hexlen / 2 + hexlen % 2;
    if (buflen < bytes) {
        return 0;
    }
    memset(buf, 0, bytes);
    // Counted from the end, digit 0 is the low half of the last byte.
    for (size_t i = 0; i < hexlen; i++) {
        uint8_t digit;
        if (char2hex(hex[hexlen - 1 - i], &digit) < 0) {
            return 0;
        }
        buf[bytes - 1 - i / 2] |= (uint8_t)(digit << (i % 2 ? 4 : 0));
    }
    return bytes;
}

uint8_t u8_to_dec(char *buf, uint8_t buflen, uint8_t value)
{
    uint8_t written = 0;
    for (uint8_t divisor = 100; divisor > 0 && written < buflen; divisor /= 10) {
        uint8_t digit = (value / divisor) % 10;
        if (digit || written || divisor == 1) {
            buf[written++] = (char)('0' + digit);
        }
    }
    if (written < buflen) {
        buf[written] = '\0';
    }
    return written;
}
