package io.gatehouse.core.config;

import java.util.Arrays;

/** Counts the characters of a text as people do, without walking through it each time. Immutable. */
final class CodePoints {
    /** Characters between two places whose count is kept. */
    private static final int STEP = 256;

    private final String text;
    /** Code points before every {@link #STEP}th char; empty when each char is one. */
    private final int[] before;

    CodePoints(String text) {
        this.text = text;
        boolean pairs = false;
        for (int i = 0; i < text.length() && !pairs; i++) {
            pairs = Character.isSurrogate(text.charAt(i));
        }
        int[] counts = new int[pairs ? text.length() / STEP + 1 : 0];
        for (int i = 1; i < counts.length; i++) {
            counts[i] = counts[i - 1] + count((i - 1) * STEP, i * STEP);
        }
        this.before = counts;
    }

    /** Counts a pair where it ends, so that the parts of a pair may be counted apart. */
    private int count(int from, int to) {
        int count = to - from;
        for (int i = Math.max(1, from); i < to; i++) {
            if (Character.isLowSurrogate(text.charAt(i)) && Character.isHighSurrogate(text.charAt(i - 1))) {
                count--;
            }
        }
        return count;
    }

    /** Code points before a char. */
    int index(int offset) {
        return before.length == 0 ? offset : before[offset / STEP] + count(offset / STEP * STEP, offset);
    }

    /** The char at which a code point begins. */
    int offset(int index) {
        if (before.length == 0) {
            return Math.min(index, text.length());
        }
        int step = Arrays.binarySearch(before, index);
        int offset = (step < 0 ? -step - 2 : step) * STEP;
        if (offset > 0
                && offset < text.length()
                && Character.isSurrogatePair(text.charAt(offset - 1), text.charAt(offset))) {
            offset--; // the step fell into a pair, which it has counted
        }
        int at = index(offset);
        while (at < index && offset < text.length()) {
            offset += Character.charCount(text.codePointAt(offset));
            at++;
        }
        return offset;
    }
}
