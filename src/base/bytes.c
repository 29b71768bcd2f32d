// The readers and writers as functions, where they are not inlined (fn.h).
#include "base/rd.h"
#include "base/wr.h"

#if BASE_FN_IN_BYTES_C
extern inline const uint8_t *rd_take(struct rd *r, size_t n);
extern inline uint8_t rd_u8(struct rd *r);
extern inline uint16_t rd_le16(struct rd *r);
extern inline uint32_t rd_le24(struct rd *r);
extern inline uint32_t rd_le32(struct rd *r);
extern inline uint64_t rd_le64(struct rd *r);
extern inline void rd_copy(struct rd *r, void *to, size_t n);
extern inline struct rd rd_sub(struct rd *r, size_t n);
extern inline uint8_t *wr_reserve(struct wr *w, size_t n);
extern inline void wr_bytes(struct wr *w, const void *data, size_t n);
extern inline void wr_u8(struct wr *w, uint8_t v);
extern inline void wr_le16(struct wr *w, uint16_t v);
extern inline void wr_le24(struct wr *w, uint32_t v);
extern inline void wr_le32(struct wr *w, uint32_t v);
extern inline void wr_le64(struct wr *w, uint64_t v);
extern inline size_t wr_cut(struct wr *w, const void *data, size_t n);
#endif
