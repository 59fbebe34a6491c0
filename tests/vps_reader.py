#!/usr/bin/env python3
"""vps_reader.py FILE...: the text twins of streams, by formats/vps.md alone, whose sections the § name.  Status 3: refused."""
import ctypes, gzip, io, re, struct, sys, zlib
CODES = dict(f32='f', f16='e', bf16='H', f64='d', i8='b', u8='B', u16='H', u32='I', u64='Q', i32='i', i64='q', str='s')
ESCAPES = {c if c < 128 else 0xDC00 + c: f'\\x{c:02X}' for c in [*range(32), *range(127, 256)]}  # DCxx: byte xx, not UTF-8
ESCAPES |= {ord('\\'): r'\\', ord('\n'): r'\n', ord('\t'): r'\t', ord('\r'): r'\r'}
NAME, NUMBER = '([a-z][a-z0-9_.-]{0,62})', '(?:0|[1-9][0-9]{0,6})'
COLUMN, META = f'@column {NAME} ({"|".join(CODES)})(?: ([*]|{NUMBER}))?\n', f'@meta {NAME} .*\n'
PROGRAM = f'@program ({NUMBER}) (-|{NUMBER}(?:,{NUMBER}){{0,63}}) {NAME} [^ \n]* .*\n'
SEALED = 0x2144DF1C  # the CRC-32 of any bytes with their own CRC-32 behind them
def escaped(data):  # §4
    return data.decode('utf-8', 'surrogateescape').translate(ESCAPES)
def number(kind, value):  # §11
    value = struct.unpack('<f', struct.pack('<I', value << 16))[0] if kind == 'bf16' else value
    if isinstance(value, int) or value != value:
        return str(value) if value == value else '-nan' if struct.pack('>d', value)[0] & 128 else 'nan'
    read_back = float if kind == 'f64' else lambda text: ctypes.c_float(float(text)).value
    return next(text for digits in range(6, 18) if read_back(text := f'{value:.{digits}g}') == value)
def part(stream, n, code='s'):  # §2: n values and the padding behind them
    size = n * struct.calcsize('<' + code)
    data = stream.read(min(size + -size % 64, sys.maxsize))
    assert len(data) == size + -size % 64 and not any(data[size:]), 'cut off, or padding that is not 0'
    return data[:size] if code == 's' else struct.unpack(f'<{n}{code}', data[:size])
def header(stream):  # §3, §4
    magic, version, zero, n = struct.unpack_from('<8sHHI', data := part(stream, 64))
    assert (magic, version, zero) == (b'\x89VPS\r\n\x1a\n', 1, 0) and 1 <= n <= 1 << 20, 'no header of version 1'
    data += part(stream, (n + 19) // 64 * 64)
    assert zlib.crc32(data) == SEALED and not any(data[16 + n:-4]), 'CRC or padding of a header'
    text, form = data[16:16 + n].decode(), f'@kind {NAME}\n({COLUMN}){{1,256}}({META}){{0,1024}}({PROGRAM}){{0,1024}}'
    plain = text.encode().decode('unicode_escape').encode('latin-1')
    assert re.fullmatch(form, text) and b'\0' not in plain and escaped(plain) == text.replace('\n', r'\n'), 'text of a header'
    columns, keys, programs = (re.findall('^' + line, text, re.M) for line in (COLUMN, META, PROGRAM))
    assert len({name for name, _, _ in columns}) == len(columns) and sorted(set(keys)) == keys, 'names of columns or keys'
    assert all(s in ('', '*') or t != 'str' and 2 <= int(s) <= 1 << 20 for _, t, s in columns), 'a shape'
    assert all(int(n) == i and (p == '-' or max(map(int, p.split(','))) < i) for i, (n, p, _) in enumerate(programs)), 'programs'
    return [line for line in text.split('\n')[:-1] if line[:9] != '@program '], text, columns, data[-4:]
def runs(stream, n, values_of):  # §6: n runs of values, by their offsets
    ends = part(stream, n + 1, 'I')
    assert ends[0] == 0 and list(ends) == sorted(ends), 'offsets'
    values = values_of(ends[-1])
    return [values[a:b] for a, b in zip(ends, ends[1:])]
def cells(stream, rows, name, kind, shape):  # §6, as text
    def values_of(n):
        if kind == 'str':
            return ['"' + escaped(run).replace('"', r'\"') + '"' for run in runs(stream, n, lambda size: part(stream, size))]
        return [number(kind, value) for value in part(stream, n, CODES[kind])]
    size = 1 if shape in ('', '*') else int(shape)
    lists = runs(stream, rows, values_of) if shape == '*' else zip(*[iter(values_of(rows * size))] * size)
    return [f'{name}=' + ','.join(values) for values in lists]
def member(stream, columns, header_crc):  # §5, §7: the lines of its rows and the text of its end record
    lines, crcs = [], []
    while True:
        head = part(stream, 64)
        tag, codec, zero, i, rows, raw_bytes, stored_bytes, crc, rest = struct.unpack('<4sHHQQIII24s4x', head)
        data = part(stream, stored_bytes)
        assert zlib.crc32(head) == SEALED and zlib.crc32(data) == crc and zero == 0 and i == len(crcs), 'CRC or number of a block'
        if tag == b'VEND':
            proof = struct.pack('<I4s16x', zlib.crc32(b''.join(crcs)), header_crc)
            assert (codec, rows, raw_bytes, rest) == (0, len(lines), min(stored_bytes, 1 << 20), proof), 'a wrong end record'
            assert re.fullmatch(b'(@stat %s [^\n\0]*\n)*' % NAME.encode(), data), 'lines of an end record'
            return lines, [line.split(b' ', 2)[1:] for line in data.split(b'\n')[:-1]]
        assert tag == b'VBLK' and codec < 2 and rows and not any(rest) and max(raw_bytes, stored_bytes) <= 1 << 26, 'a block'
        inflate = zlib.decompressobj()
        data = inflate.decompress(data, raw_bytes + 1) if codec else data
        assert len(data) == raw_bytes and (not codec or inflate.eof and not inflate.unused_data), 'the lengths of a block'
        payload = io.BytesIO(data)
        texts = [cells(payload, rows, *column) for column in columns]
        assert payload.tell() == raw_bytes, 'bytes behind the last column'
        lines += map(' '.join, zip(*texts))
        crcs.append(head[-4:])
def twin(data):  # §8, §11
    stream, first, rows, stats = io.BytesIO(data), None, [], {}
    while not first or stream.tell() < len(data):
        fixed, text, columns, crc = header(stream)
        first = first or (fixed, text)
        assert fixed == first[0], 'a member that does not fit'
        lines, pairs = member(stream, columns, crc)
        rows, stats = rows + lines, {**stats, **dict(pairs)}
    end = b''.join(b'@stat %s %s\n' % pair for pair in stats.items())
    return (first[1] + '\n'.join([*rows, f'@end {len(rows)}\n'])).encode() + end
for file in sys.argv[1:]:
    with open(file, 'rb') as opened:
        data = opened.read()
    try:
        sys.stdout.buffer.write(twin(gzip.decompress(data) if data[:2] == b'\x1f\x8b' else data))
    except (AssertionError, ValueError, zlib.error, EOFError, gzip.BadGzipFile) as error:
        print(f'vps-reader: {file}: {error}', file=sys.stderr)
        sys.exit(3)
