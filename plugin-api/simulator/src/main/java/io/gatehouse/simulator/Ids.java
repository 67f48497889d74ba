package io.gatehouse.simulator;

/** Ids that follow from the seed and a request's sequence number. */
final class Ids {
    private static final char[] HEX = "0123456789abcdef".toCharArray();

    private Ids() {}

    /** 24 hexadecimal digits. */
    static String of(long seed, long sequence) {
        long high = mix(seed * 0x9E3779B97F4A7C15L + sequence);
        long low = mix(high + sequence);
        char[] out = new char[24];
        for (int i = 0; i < 16; i++) {
            out[i] = HEX[(int) (high >>> (60 - 4 * i)) & 15];
        }
        for (int i = 0; i < 8; i++) {
            out[16 + i] = HEX[(int) (low >>> (60 - 4 * i)) & 15];
        }
        return new String(out);
    }

    /** Spreads the bits of {@code z}; Stafford's thirteenth variant of the MurmurHash3 finalizer. */
    static long mix(long z) {
        long a = (z + 0x9E3779B97F4A7C15L);
        a = (a ^ (a >>> 30)) * 0xBF58476D1CE4E5B9L;
        a = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return a ^ (a >>> 31);
    }
}
