package io.gatehouse.e2e;

/**
 * How much a suite does: {@code ./gatehouse test --long} multiplies it, by setting {@code e2e.effort}. What happens at
 * random follows from {@code e2e.seed}, which a failure names.
 */
final class Effort {
    private static final int FACTOR = Integer.getInteger("e2e.effort", 1);
    private static final long SEED = Long.getLong("e2e.seed", 20_260_101L);

    private Effort() {}

    /** So many, or more when there is time. */
    static int times(int usual) {
        return Math.multiplyExact(usual, FACTOR);
    }

    /** Clients at once: those that fit into a few seconds, or as many as the fault plan says. */
    static int clients() {
        return isLong() ? 64 : 16;
    }

    /** Whether figures of time may be judged, not only printed: a short run shares its machine with others. */
    static boolean isLong() {
        return FACTOR > 1;
    }

    static long seed() {
        return SEED;
    }
}
