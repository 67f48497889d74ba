package io.gatehouse.simulator;

import java.util.ArrayList;
import java.util.List;

/**
 * The text of an answer as a row of pieces, one per completion token: made on demand, so that a stream of
 * millions of events needs no memory.
 */
final class Text {
    private static final String[] FILLER = {
        "the", "quick", "gate", "opens", "for", "every", "word", "that", "wanders", "by", "and", "closes", "again",
        "without", "a", "sound"
    };

    private final String[] cycle;
    private final int count;
    private final int lastLength;
    private final boolean spaced;

    private Text(String[] cycle, int count, int lastLength, boolean spaced) {
        this.cycle = cycle;
        this.count = count;
        this.lastLength = lastLength;
        this.spaced = spaced;
    }

    /** These words, with spaces between. */
    static Text words(List<String> words) {
        return new Text(words.toArray(new String[0]), words.size(), -1, true);
    }

    /** {@code count} words. */
    static Text filler(int count) {
        return new Text(FILLER, count, -1, true);
    }

    /** Words of {@code bytes} bytes in all; the last may be cut. */
    static Text sized(int bytes) {
        int count = 0;
        int length = 0;
        int lastLength = -1;
        while (length < bytes) {
            int piece = FILLER[count % FILLER.length].length() + (count == 0 ? 0 : 1);
            lastLength = Math.min(piece, bytes - length);
            length += lastLength;
            count++;
        }
        return new Text(FILLER, count, lastLength, true);
    }

    /** This text in pieces of eight characters. */
    static Text literal(String text) {
        List<String> pieces = new ArrayList<>(text.length() / 8 + 1);
        for (int start = 0; start < text.length(); ) {
            int end = Math.min(text.length(), start + 8);
            if (end < text.length() && Character.isHighSurrogate(text.charAt(end - 1))) {
                end--;
            }
            pieces.add(text.substring(start, end));
            start = end;
        }
        return new Text(pieces.toArray(new String[0]), pieces.size(), -1, false);
    }

    /** At most {@code max} pieces of it. */
    Text limited(int max) {
        return max >= count ? this : new Text(cycle, max, -1, spaced);
    }

    int pieces() {
        return count;
    }

    String piece(int index) {
        String word = cycle[index % cycle.length];
        String piece = spaced && index > 0 ? " " + word : word;
        return lastLength >= 0 && index == count - 1 ? piece.substring(0, lastLength) : piece;
    }

    String whole() {
        StringBuilder out = new StringBuilder(count * 6 + 16);
        for (int i = 0; i < count; i++) {
            out.append(piece(i));
        }
        return out.toString();
    }
}
