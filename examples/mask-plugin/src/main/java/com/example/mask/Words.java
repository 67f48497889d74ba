package com.example.mask;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;

/** The words as bytes, the longest first. Immutable. */
final class Words {
    private final byte[][] words;
    private final byte[] mask;

    Words(MaskConfig config) {
        this.words = config.words().stream()
                .map(word -> word.getBytes(StandardCharsets.UTF_8))
                .sorted(Comparator.comparingInt((byte[] word) -> word.length).reversed())
                .toArray(byte[][]::new);
        this.mask = config.mask().getBytes(StandardCharsets.UTF_8);
    }

    byte[] mask() {
        return mask;
    }

    /** The length of the longest word that stands here; 0 for none. */
    int lengthAt(byte[] text, int at) {
        for (byte[] word : words) {
            if (text.length - at >= word.length && agrees(text, at, word, word.length)) {
                return word.length;
            }
        }
        return 0;
    }

    /** Whether all that is left may be the beginning of a word. */
    boolean mayBeginAt(byte[] text, int at) {
        int left = text.length - at;
        for (byte[] word : words) {
            if (left < word.length && agrees(text, at, word, left)) {
                return true;
            }
        }
        return false;
    }

    private static boolean agrees(byte[] text, int at, byte[] word, int length) {
        for (int i = 0; i < length; i++) {
            if (text[at + i] != word[i]) {
                return false;
            }
        }
        return true;
    }
}
