#!/usr/bin/env python3
"""vps_reader.py FILE...: the text twins of streams, by the § of formats/vps.md.  Damage ends in an exception."""
import ctypes, gzip, io, struct, sys, zlib
CODES = dict(f32='f', f16='e', bf16='H', f64='d', i8='b', u8='B', u16='H', u32='I', u64='Q', i32='i', i64='q', str='s')
ESCAPES = {c if c < 128 else 0xDC00 + c: f'\\x{c:02X}' for c in [*range(32), *range(127, 256)]}  # DCxx: byte xx, not UTF-8
ESCAPES |= {ord('\\'): r'\\', ord('\n'): r'\n', ord('\t'): r'\t', ord('\r'): r'\r', ord('"'): r'\"'}
SEALED = 0x2144DF1C  # the CRC-32 of any bytes with their own CRC-32 behind them
def number(kind, value):  # §11
    value = struct.unpack('<f', struct.pack('<I', value << 16))[0] if kind == 'bf16' else value
    if isinstance(value, int) or value != value:
        return str(value) if value == value else '-nan' if struct.pack('>d', value)[0] & 128 else 'nan'
    read_back = float if kind == 'f64' else lambda text: ctypes.c_float(float(text)).value
    return next(text for digits in range(6, 18) if read_back(text := f'{value:.{digits}g}') == value)
def part(stream, n, code='s'):  # §2: n values and the padding behind them
    size = n * struct.calcsize('<' + code)
    data = stream.read(size + -size % 64)
    assert len(data) == size + -size % 64 and not any(data[size:]), 'cut off, or padding that is not 0'
    return data[:size] if code == 's' else struct.unpack(f'<{n}{code}', data[:size])
def header(stream):  # §3, §4
    magic, version, zero, n = struct.unpack_from('<8sHHI', data := part(stream, 64))
    assert (magic, version, zero) == (b'\x89VPS\r\n\x1a\n', 1, 0) and 1 <= n <= 1 << 20, 'no header of version 1'
    data += part(stream, (n + 19) // 64 * 64)
    assert zlib.crc32(data) == SEALED and not any(data[16 + n:-4]), 'CRC or padding of a header'
    text = data[16:16 + n].decode()
    fixed = [line for line in text.split('\n') if not line.startswith('@program ')]
    return text, fixed, [(line.split(' ') + ['1'])[1:4] for line in fixed if line.startswith('@column ')], data[-4:]
def runs(stream, n, values_of):  # §6: n runs of values, by their offsets
    ends = part(stream, n + 1, 'I')
    assert ends[0] == 0 and list(ends) == sorted(ends), 'offsets'
    values = values_of(ends[-1])
    return [values[a:b] for a, b in zip(ends, ends[1:])]
def cells(stream, rows, name, kind, shape):  # §6, as text
    def values_of(n):
        if kind != 'str':
            return [number(kind, value) for value in part(stream, n, CODES[kind])]
        return ['"' + run.decode('utf-8', 'surrogateescape').translate(ESCAPES) + '"'
                for run in runs(stream, n, lambda size: part(stream, size))]
    lists = runs(stream, rows, values_of) if shape == '*' else zip(*[iter(values_of(rows * int(shape)))] * int(shape))
    return [f'{name}=' + ','.join(values) for values in lists]
def member(stream, columns, header_crc, lines, crcs=b''):  # §5, §7: adds its rows to lines; the text of its end record
    for i in range(1 << 64):
        tag, codec, zero, count, rows, raw_bytes, n, crc, rest = struct.unpack('<4sHHQQIII24s4x', head := part(stream, 64))
        data = part(stream, n)
        assert zlib.crc32(head) == SEALED and zlib.crc32(data) == crc and (zero, count) == (0, i), 'CRC or number of a block'
        if tag == b'VEND':
            assert rest == struct.pack('<I4s16x', zlib.crc32(crcs), header_crc) and rows == len(lines), 'a wrong end record'
            return data
        payload = io.BytesIO(zlib.decompress(data) if codec else data)
        lines += map(' '.join, zip(*[cells(payload, rows, *column) for column in columns]))
        crcs += head[-4:]
        assert tag == b'VBLK' and codec < 2 and payload.tell() == raw_bytes == payload.seek(0, 2), 'a block'
for file in sys.argv[1:]:  # §8, §11
    data, first, rows = open(file, 'rb').read(), None, []
    stream = io.BytesIO(gzip.decompress(data) if data[:2] == b'\x1f\x8b' else data)
    while not first or stream.read(1) and stream.seek(-1, 1):
        text, fixed, columns, crc = header(stream)
        first, lines = first or (text, fixed), []
        stats, rows = member(stream, columns, crc, lines), rows + lines
        assert fixed == first[1], 'a member that does not fit'
    sys.stdout.buffer.write((first[0] + '\n'.join(rows + [f'@end {len(rows)}\n'])).encode() + stats)
