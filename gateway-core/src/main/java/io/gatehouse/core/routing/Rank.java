package io.gatehouse.core.routing;

/**
 * The place of a route, or of some of its paths, in the order in which routes win: the smaller one wins. No two have the same.
 *
 * @param first what is compared first, larger values win
 * @param second what is compared where the first is equal, larger values win
 * @param id what decides between equal ones, larger texts win
 */
record Rank(long first, long second, String id) implements Comparable<Rank> {
    private static final long EXPRESSION = Long.MAX_VALUE;

    /** That of a route with an expression: before all others, by its priority. */
    static Rank ofExpression(long priority, String id) {
        return new Rank(EXPRESSION, priority, id);
    }

    /**
     * That of a route by its categories.
     *
     * @param categories how many it asks for, up to 7
     * @param plainHosts whether all its hosts are without wildcards
     * @param headers how many it asks for, up to 255
     * @param regex whether its paths are regular expressions
     * @param order among equal ones: that of regular expressions, or the length of prefixes
     */
    static Rank ofCategories(int categories, boolean plainHosts, int headers, boolean regex, long order, String id) {
        long first = categories;
        first = first << 1 | (plainHosts ? 1 : 0);
        first = first << 8 | headers;
        first = first << 1 | (regex ? 1 : 0);
        return new Rank(first, order, id);
    }

    @Override
    public int compareTo(Rank other) {
        if (first != other.first) {
            return first > other.first ? -1 : 1;
        }
        if (second != other.second) {
            return second > other.second ? -1 : 1;
        }
        return other.id.compareTo(id);
    }
}
