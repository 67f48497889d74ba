package io.gatehouse.core.balancer;

import java.nio.charset.StandardCharsets;

/** The 32 bit hash of xxHash with seed 0, which Kong's rings use: the same key goes to the same target there and here. */
final class XxHash32 {
    private static final int PRIME1 = 0x9E3779B1;
    private static final int PRIME2 = 0x85EBCA77;
    private static final int PRIME3 = 0xC2B2AE3D;
    private static final int PRIME4 = 0x27D4EB2F;
    private static final int PRIME5 = 0x165667B1;

    private XxHash32() {}

    static int of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    static int of(byte[] in) {
        int at = 0;
        int hash;
        if (in.length >= 16) {
            int a = 0x24234428; // the sum of the first two primes
            int b = PRIME2;
            int c = 0;
            int d = 0x61C8864F; // the first prime, negative
            for (; at <= in.length - 16; at += 16) {
                a = round(a, word(in, at));
                b = round(b, word(in, at + 4));
                c = round(c, word(in, at + 8));
                d = round(d, word(in, at + 12));
            }
            hash = Integer.rotateLeft(a, 1)
                    + Integer.rotateLeft(b, 7)
                    + Integer.rotateLeft(c, 12)
                    + Integer.rotateLeft(d, 18);
        } else {
            hash = PRIME5;
        }
        hash += in.length;
        for (; at <= in.length - 4; at += 4) {
            hash = Integer.rotateLeft(hash + word(in, at) * PRIME3, 17) * PRIME4;
        }
        for (; at < in.length; at++) {
            hash = Integer.rotateLeft(hash + (in[at] & 0xff) * PRIME5, 11) * PRIME1;
        }
        hash = (hash ^ hash >>> 15) * PRIME2;
        hash = (hash ^ hash >>> 13) * PRIME3;
        return hash ^ hash >>> 16;
    }

    private static int round(int lane, int word) {
        return Integer.rotateLeft(lane + word * PRIME2, 13) * PRIME1;
    }

    private static int word(byte[] in, int at) {
        return in[at] & 0xff | (in[at + 1] & 0xff) << 8 | (in[at + 2] & 0xff) << 16 | in[at + 3] << 24;
    }
}
