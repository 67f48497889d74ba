package io.gatehouse.e2e;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** 600 MiB of zeros in every coding, each a valid body of 500 bytes (br) to 611 KB (gzip). */
final class Bombs {
    private static final int MIB = 1 << 20;
    private static final int MEBIBYTES = 600;
    private static final long SIZE = (long) MEBIBYTES * MIB;

    private static final int ADLER_BASE = 65521;

    private Bombs() {}

    /** By the name that {@code Content-Encoding} has for it. */
    static byte[] of(String coding) {
        return switch (coding) {
            case "gzip" -> gzip();
            case "deflate" -> zlib();
            case "br" -> brotli();
            case "zstd" -> zstd();
            case "gzip, gzip" -> zipped(gzip());
            default -> throw new IllegalArgumentException(coding);
        };
    }

    private static byte[] zipped(byte[] bytes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(out)) {
            zip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** One member (RFC 1952): its checksum and length stand behind it. */
    private static byte[] gzip() {
        CRC32 checksum = new CRC32();
        byte[] zeros = new byte[MIB];
        for (int i = 0; i < MEBIBYTES; i++) {
            checksum.update(zeros);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, (byte) 255});
        deflated(out);
        out.writeBytes(ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) checksum.getValue())
                .putInt((int) SIZE)
                .array());
        return out.toByteArray();
    }

    /** RFC 1950; the Adler checksum of zeros is their number and 1. */
    private static byte[] zlib() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(new byte[] {0x78, (byte) 0x9C});
        deflated(out);
        out.writeBytes(ByteBuffer.allocate(4)
                .putInt((int) (SIZE % ADLER_BASE << 16) | 1)
                .array());
        return out.toByteArray();
    }

    /** Blocks (RFC 1951) of which none refers to the one before, so that one can stand there as often as wanted. */
    private static void deflated(ByteArrayOutputStream out) {
        Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
        deflater.setInput(new byte[MIB]);
        byte[] block = new byte[MIB];
        int length = deflater.deflate(block, 0, block.length, Deflater.FULL_FLUSH);
        deflater.end();
        for (int i = 0; i < MEBIBYTES; i++) {
            out.write(block, 0, length);
        }
        out.writeBytes(new byte[] {3, 0}); // the last block, and nothing in it
    }

    /** A frame (RFC 8878) of blocks that each repeat one byte 128 Ki times. */
    private static byte[] zstd() {
        int block = 128 << 10;
        int blocks = (int) (SIZE / block);
        ByteBuffer out = ByteBuffer.allocate(6 + 4 * blocks).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(0xFD2FB528).put((byte) 0).put((byte) (10 << 3)); // a window of 1 MiB
        for (int i = 1; i <= blocks; i++) {
            int header = block << 3 | 1 << 1 | (i == blocks ? 1 : 0);
            out.putShort((short) header).put((byte) (header >> 16)).put((byte) 0);
        }
        return out.array();
    }

    /** Meta-blocks of 16 MiB (RFC 7932): a zero, and all of the others by one copy of what stands a byte before. */
    private static byte[] brotli() {
        Bits bits = new Bits();
        bits.add(0, 1); // a window of 64 KiB
        long left = SIZE;
        while (left > 0) {
            int length = (int) Math.min(left, 16 << 20);
            left -= length;
            bits.add(0, 1).add(2, 2).add(length - 1, 24).add(0, 1); // not the last, six nibbles of length, compressed
            bits.add(0, 3); // one type each of literals, commands and distances
            bits.add(0, 6); // no postfix, no direct distances
            bits.add(0, 2).add(0, 2); // the type's context mode; one tree of literals, one of distances
            bits.add(1, 2).add(0, 2).add(0, 8); // all literals are zero, which takes no bits
            bits.add(1, 2).add(0, 2).add(384 + 8 + 7, 10); // all commands: insert one, copy 2,118 and what 24 bits say
            bits.add(1, 2).add(0, 2).add(16, 6); // all distances: 1 and what one bit says
            bits.add(length - 1 - 2118, 24).add(0, 1);
        }
        return bits.add(3, 2).bytes(); // the last meta-block, which is empty
    }

    /** Bits that are written the lowest first. */
    private static final class Bits {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();
        private long kept;
        private int count;

        Bits add(int value, int bits) {
            kept |= (long) value << count;
            count += bits;
            for (; count >= 8; count -= 8) {
                out.write((int) kept);
                kept >>>= 8;
            }
            return this;
        }

        byte[] bytes() {
            if (count > 0) {
                out.write((int) kept);
            }
            return out.toByteArray();
        }
    }
}
