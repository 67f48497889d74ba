package io.gatehouse.api.json;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/** Where the names and values of one object's members are, in document order, duplicates included. */
final class Members {
    private static final int STRIDE = 5;
    private static final int NAME = 0;
    private static final int NAME_END = 1;
    private static final int VALUE = 2;
    private static final int VALUE_END = 3;
    private static final int HASH = 4;

    /** Stands for names with escapes or beyond ASCII, whose bytes say nothing about the hash of the text. */
    private static final int UNKNOWN_HASH = 0;

    /** So many members are compared each with each. */
    private static final int FEW = 32;

    private int[] places = new int[8 * STRIDE];
    private int used;

    /** The same for letters of both cases. */
    private static int mixed(int hash, int c) {
        return 31 * hash + (c | 0x20);
    }

    int count() {
        return used / STRIDE;
    }

    /** Starts a member; the range of the name excludes its quotes. */
    void name(ByteWindow window, int from, int to, boolean plain) {
        if (used == places.length) {
            places = Arrays.copyOf(places, used * 2);
        }
        int hash = UNKNOWN_HASH;
        if (plain) {
            for (int i = from; i < to; i++) {
                hash = mixed(hash, window.at(i));
            }
        }
        places[used + NAME] = from;
        places[used + NAME_END] = to;
        places[used + HASH] = hash;
        used += STRIDE;
    }

    void value(int from) {
        places[used - STRIDE + VALUE] = from;
    }

    void end(int to) {
        places[used - STRIDE + VALUE_END] = to;
    }

    int nameStart(int member) {
        return places[member * STRIDE + NAME];
    }

    int nameEnd(int member) {
        return places[member * STRIDE + NAME_END];
    }

    int valueStart(int member) {
        return places[member * STRIDE + VALUE];
    }

    int valueEnd(int member) {
        return places[member * STRIDE + VALUE_END];
    }

    /** The last member before {@code before} whose name is that part of the text, -1 when there is none. */
    int find(ByteWindow window, int before, String text, int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = mixed(hash, text.charAt(i));
        }
        for (int member = before - 1; member >= 0; member--) {
            int known = places[member * STRIDE + HASH];
            if ((known == hash || known == UNKNOWN_HASH)
                    && Reading.sameName(window, nameStart(member), nameEnd(member), text, from, to)) {
                return member;
            }
        }
        return -1;
    }

    /**
     * The first member whose name an earlier one has; -1 when all names differ.
     *
     * @param anyCase whether they have to differ in more than their case
     */
    int repeated(ByteWindow window, boolean anyCase) {
        int count = count();
        if (count > FEW) {
            Set<String> seen = anyCase ? new TreeSet<>(String.CASE_INSENSITIVE_ORDER) : new HashSet<>(count * 2);
            for (int member = 0; member < count; member++) {
                if (!seen.add(text(window, member))) {
                    return member;
                }
            }
            return -1;
        }
        for (int member = 1; member < count; member++) {
            int hash = places[member * STRIDE + HASH];
            for (int earlier = 0; earlier < member; earlier++) {
                int other = places[earlier * STRIDE + HASH];
                boolean possible = hash == other || other == UNKNOWN_HASH || hash == UNKNOWN_HASH;
                if (possible && sameName(text(window, member), text(window, earlier), anyCase)) {
                    return member;
                }
            }
        }
        return -1;
    }

    private static boolean sameName(String one, String other, boolean anyCase) {
        return anyCase ? one.equalsIgnoreCase(other) : one.equals(other);
    }

    private String text(ByteWindow window, int member) {
        return Reading.text(window, nameStart(member), nameEnd(member));
    }
}
