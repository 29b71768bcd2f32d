// Opcodes and sizes of the Attribute Protocol (Vol 3, Part F, 3.4).
#ifndef BREEZE_SRC_ATT_PDU_H_
#define BREEZE_SRC_ATT_PDU_H_

#define ATT_ERROR_RSP          0x01
#define ATT_MTU_REQ            0x02
#define ATT_MTU_RSP            0x03
#define ATT_FIND_INFO_REQ      0x04
#define ATT_FIND_INFO_RSP      0x05
#define ATT_FIND_TYPE_REQ      0x06
#define ATT_FIND_TYPE_RSP      0x07
#define ATT_READ_TYPE_REQ      0x08
#define ATT_READ_TYPE_RSP      0x09
#define ATT_READ_REQ           0x0a
#define ATT_READ_RSP           0x0b
#define ATT_READ_BLOB_REQ      0x0c
#define ATT_READ_BLOB_RSP      0x0d
#define ATT_READ_MULTI_REQ     0x0e
#define ATT_READ_MULTI_RSP     0x0f
#define ATT_READ_GROUP_REQ     0x10
#define ATT_READ_GROUP_RSP     0x11
#define ATT_WRITE_REQ          0x12
#define ATT_WRITE_RSP          0x13
#define ATT_PREPARE_REQ        0x16
#define ATT_PREPARE_RSP        0x17
#define ATT_EXECUTE_REQ        0x18
#define ATT_EXECUTE_RSP        0x19
#define ATT_NOTIFICATION       0x1b
#define ATT_INDICATION         0x1d
#define ATT_CONFIRMATION       0x1e
#define ATT_READ_MULTI_VAR_REQ 0x20
#define ATT_READ_MULTI_VAR_RSP 0x21
#define ATT_MULTI_NOTIFICATION 0x23
#define ATT_WRITE_CMD          0x52
#define ATT_SIGNED_WRITE_CMD   0xd2

// Bits of every opcode: a command gets no answer, ever; a signed PDU carries a signature.
#define ATT_OP_COMMAND 0x40

#define ATT_MTU_MIN    23
#define ATT_HDR_LEN    3 // Opcode and handle of writes, notifications and indications.
#define ATT_HANDLE_MAX 0xffff
#define ATT_SIGN_LEN   12 // Counter and code behind a signed PDU (3.3.1).

#define ATT_EXECUTE_CANCEL 0x00 // Flags of an Execute Write Request (3.4.6.3).
#define ATT_EXECUTE_WRITE  0x01
#define ATT_TIMEOUT_US     (30 * 1000000LL) // A transaction, 3.3.3.

#endif // BREEZE_SRC_ATT_PDU_H_
