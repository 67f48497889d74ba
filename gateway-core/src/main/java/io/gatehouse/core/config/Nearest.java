package io.gatehouse.core.config;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Finds the known name that a user most likely meant. */
public final class Nearest {
    private Nearest() {}

    /** {@code did you mean 'x'?}, or null when no candidate is near. */
    public static @Nullable String hint(String name, Collection<String> candidates) {
        String nearest = to(name, candidates);
        return nearest == null ? null : "did you mean '" + nearest + "'?";
    }

    /**
     * The only candidate that begins with the name, or the one with the fewest edits, at most a third of the name's
     * length; null when there is none.
     */
    public static @Nullable String to(String name, Collection<String> candidates) {
        if (name.isEmpty() || name.length() > 200) {
            return null;
        }
        String longer = longer(name, candidates);
        if (longer != null) {
            return longer;
        }
        int best = name.length() / 3 + 1;
        String nearest = null;
        for (String candidate : candidates) {
            if (Math.abs(candidate.length() - name.length()) <= best) {
                int distance = distance(name, candidate, best + 1);
                boolean earlier = nearest != null && distance == best && candidate.compareTo(nearest) < 0;
                if (distance < best || earlier) {
                    best = distance;
                    nearest = candidate;
                }
            }
        }
        return nearest;
    }

    private static @Nullable String longer(String name, Collection<String> candidates) {
        String longer = null;
        for (String candidate : candidates) {
            if (name.length() >= 3 && candidate.length() > name.length() && candidate.startsWith(name)) {
                if (longer != null) {
                    return null;
                }
                longer = candidate;
            }
        }
        return longer;
    }

    /** Edits between two words, a swap of neighbours counting once; {@code limit} when there are more. */
    private static int distance(String a, String b, int limit) {
        int[] before = new int[b.length() + 1];
        int[] previous = new int[b.length() + 1];
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            int least = i;
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                row[j] = Math.min(Math.min(row[j - 1], previous[j]) + 1, previous[j - 1] + cost);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], before[j - 2] + 1);
                }
                least = Math.min(least, row[j]);
            }
            if (least >= limit) {
                return limit;
            }
            int[] spare = before;
            before = previous;
            previous = row;
            row = spare;
        }
        return previous[b.length()];
    }
}
