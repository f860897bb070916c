// Finds the last block of a deflate stream, so that streams can be joined (RFC 1951).
//
// Blocks have no lengths: every code has to be looked at to know where the next block begins. What
// the codes stand for does not matter, so this is several times faster than inflating.
#include "CDeflate.h"
#include <stdbool.h>
#include <string.h>

enum {
  LONGEST = 15,
  /// Bits that are looked up at once.
  FAST = 11,
  LITERALS = 288,
  DISTANCES = 32,
  END_OF_BLOCK = 256,
};

/// What a look-up leads to. Runs of literals are taken together.
enum kind { LITERAL, LENGTH, END, LONG, INVALID };

typedef struct {
  uint8_t kind;
  /// Of all its codes, with the extra bits of a length or distance.
  uint8_t bits;
} entry;

typedef struct {
  entry fast[1 << FAST];
  // For codes of more than FAST bits, as in canonical Huffman coding: how many codes there are of
  // each length, and the symbols in order.
  uint16_t count[LONGEST + 1];
  uint16_t symbols[LITERALS];
} table;

typedef struct {
  const uint8_t *bytes;
  size_t size, position;
  uint64_t bits;
  /// How many of `bits` count; those beyond the end of the stream are zeros.
  unsigned available;
  size_t beyond;
} input;

static void refill(input *in) {
  if (in->size - in->position >= 8) {
    uint64_t word;
    memcpy(&word, in->bytes + in->position, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    in->bits |= word << in->available;
    in->position += (63 - in->available) >> 3;
    in->available |= 56;
    return;
  }
  while (in->available <= 56) {
    if (in->position < in->size)
      in->bits |= (uint64_t)in->bytes[in->position++] << in->available;
    else
      in->beyond++;
    in->available += 8;
  }
}

static void skip(input *in, unsigned count) {
  in->bits >>= count;
  in->available -= count;
}

static unsigned take(input *in, unsigned count) {
  unsigned value = (unsigned)(in->bits & ((1ull << count) - 1));
  skip(in, count);
  return value;
}

/// Where the next bit is, counted from the start.
static size_t bit_position(const input *in) {
  return (in->position + in->beyond) * 8 - in->available;
}

static unsigned length_extra(unsigned symbol) {
  if (symbol < 265 || symbol == 285) return 0;
  return (symbol - 261) / 4;
}

static entry entry_of(unsigned symbol, unsigned length, bool is_distance) {
  if (is_distance) {
    if (symbol >= 30) return (entry){INVALID, 0};
    return (entry){LENGTH, (uint8_t)(length + (symbol < 2 ? 0 : symbol / 2 - 1))};
  }
  if (symbol < END_OF_BLOCK) return (entry){LITERAL, (uint8_t)length};
  if (symbol == END_OF_BLOCK) return (entry){END, (uint8_t)length};
  if (symbol > 285) return (entry){INVALID, 0};
  return (entry){LENGTH, (uint8_t)(length + length_extra(symbol))};
}

static unsigned reversed(unsigned code, unsigned length) {
  unsigned result = 0;
  for (unsigned bit = 0; bit < length; bit++) result |= (code >> bit & 1) << (length - 1 - bit);
  return result;
}

static void build(table *table, const uint8_t *lengths, unsigned symbols, bool is_distance) {
  uint16_t next[LONGEST + 2] = {0}, offset[LONGEST + 2] = {0};
  memset(table->count, 0, sizeof table->count);
  for (unsigned symbol = 0; symbol < symbols; symbol++) table->count[lengths[symbol]]++;
  table->count[0] = 0;
  for (unsigned length = 1; length <= LONGEST; length++) {
    next[length + 1] = (uint16_t)((next[length] + table->count[length]) << 1);
    offset[length + 1] = (uint16_t)(offset[length] + table->count[length]);
  }
  for (unsigned index = 0; index < 1 << FAST; index++) table->fast[index] = (entry){LONG, 0};
  for (unsigned symbol = 0; symbol < symbols; symbol++) {
    unsigned length = lengths[symbol];
    if (length == 0) continue;
    table->symbols[offset[length]++] = (uint16_t)symbol;
    unsigned code = next[length]++;
    if (length > FAST) continue;
    entry value = entry_of(symbol, length, is_distance);
    for (unsigned index = reversed(code, length) & ((1 << FAST) - 1); index < 1 << FAST;
         index += 1u << length)
      table->fast[index] = value;
  }
}

/// Takes the literals together that are looked up at once.
static void join_literals(table *table) {
  entry joined[1 << FAST];
  for (unsigned index = 0; index < 1 << FAST; index++) {
    entry value = table->fast[index];
    while (value.kind == LITERAL) {
      entry following = table->fast[index >> value.bits];
      // Anything else waits for a look-up of its own.
      if (following.kind != LITERAL || value.bits + following.bits > FAST) break;
      value.bits = (uint8_t)(value.bits + following.bits);
    }
    joined[index] = value;
  }
  memcpy(table->fast, joined, sizeof joined);
}

/// A code of more than FAST bits, bit by bit.
static entry look_up_slowly(const table *table, const input *in, bool is_distance) {
  int code = 0, first = 0, index = 0;
  for (unsigned length = 1; length <= LONGEST; length++) {
    code |= (int)(in->bits >> (length - 1) & 1);
    int count = table->count[length];
    if (code - count < first)
      return entry_of(table->symbols[index + (code - first)], length, is_distance);
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return (entry){INVALID, 0};
}

/// To the end of a block with Huffman codes.
static int skip_codes(input *in, const table *literals, const table *distances) {
  for (;;) {
    refill(in);
    if (in->beyond > 8) return -1;
    entry found = literals->fast[in->bits & ((1 << FAST) - 1)];
    if (found.kind == LITERAL) {
      // There are 56 bits: enough for two more.
      skip(in, found.bits);
      found = literals->fast[in->bits & ((1 << FAST) - 1)];
      if (found.kind == LITERAL) {
        skip(in, found.bits);
        continue;
      }
    }
    if (found.kind == LONG) found = look_up_slowly(literals, in, false);
    if (found.kind == INVALID) return -1;
    skip(in, found.bits);
    if (found.kind == END) return 0;
    if (found.kind == LITERAL) continue;
    if (in->available < 28) refill(in);
    found = distances->fast[in->bits & ((1 << FAST) - 1)];
    if (found.kind == LONG) found = look_up_slowly(distances, in, true);
    if (found.kind != LENGTH) return -1;
    skip(in, found.bits);
  }
}

static int read_lengths(input *in, uint8_t *lengths, unsigned count) {
  static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                    11, 4,  12, 3, 13, 2, 14, 1, 15};
  unsigned codes = take(in, 4) + 4;
  uint8_t own[19] = {0};
  for (unsigned index = 0; index < codes; index++) {
    if (index % 8 == 0) refill(in);
    own[order[index]] = (uint8_t)take(in, 3);
  }
  uint16_t counts[8] = {0}, next[9] = {0};
  for (unsigned symbol = 0; symbol < 19; symbol++) counts[own[symbol]]++;
  counts[0] = 0;
  for (unsigned length = 1; length < 8; length++)
    next[length + 1] = (uint16_t)((next[length] + counts[length]) << 1);
  entry fast[128];
  for (unsigned index = 0; index < 128; index++) fast[index] = (entry){INVALID, 0};
  for (unsigned symbol = 0; symbol < 19; symbol++) {
    unsigned length = own[symbol];
    if (length == 0) continue;
    for (unsigned index = reversed(next[length]++, length) & 127; index < 128;
         index += 1u << length)
      fast[index] = (entry){(uint8_t)symbol, (uint8_t)length};
  }
  for (unsigned filled = 0; filled < count;) {
    refill(in);
    if (in->beyond > 8) return -1;
    entry found = fast[in->bits & 127];
    if (found.bits == 0) return -1;
    skip(in, found.bits);
    unsigned symbol = found.kind, repeated = 1;
    uint8_t value = (uint8_t)symbol;
    if (symbol >= 16) {
      if (symbol == 16 && filled == 0) return -1;
      value = symbol == 16 ? lengths[filled - 1] : 0;
      repeated = symbol == 16 ? 3 + take(in, 2) : symbol == 17 ? 3 + take(in, 3) : 11 + take(in, 7);
    }
    if (repeated > count - filled) return -1;
    memset(lengths + filled, value, repeated);
    filled += repeated;
  }
  return 0;
}

int cdeflate_last_block(const void *bytes, size_t size, size_t *start, size_t *end) {
  input in = {.bytes = bytes, .size = size};
  table literals, distances;
  for (;;) {
    refill(&in);
    *start = bit_position(&in);
    bool is_last = take(&in, 1);
    unsigned type = take(&in, 2);
    if (type == 0) {
      size_t position = (bit_position(&in) + 7) / 8;
      if (position > size || size - position < 4) return -1;
      size_t length = in.bytes[position] | (size_t)in.bytes[position + 1] << 8;
      if (size - position - 4 < length) return -1;
      in = (input){.bytes = bytes, .size = size, .position = position + 4 + length};
    } else if (type == 1 || type == 2) {
      uint8_t lengths[LITERALS + DISTANCES];
      unsigned literal_count = LITERALS, distance_count = DISTANCES;
      if (type == 1) {
        memset(lengths, 8, 144);
        memset(lengths + 144, 9, 112);
        memset(lengths + 256, 7, 24);
        memset(lengths + 280, 8, 8);
        memset(lengths + LITERALS, 5, DISTANCES);
      } else {
        literal_count = take(&in, 5) + 257;
        distance_count = take(&in, 5) + 1;
        if (literal_count > LITERALS) return -1;
        if (read_lengths(&in, lengths, literal_count + distance_count) != 0) return -1;
      }
      build(&literals, lengths, literal_count, false);
      join_literals(&literals);
      build(&distances, lengths + literal_count, distance_count, true);
      if (skip_codes(&in, &literals, &distances) != 0) return -1;
    } else {
      return -1;
    }
    *end = bit_position(&in);
    if (*end > size * 8) return -1;
    if (is_last) return 0;
  }
}
