package io.gatehouse.bench;

/** Times in steps of 5 microseconds up to ten seconds. */
final class Histogram {
    private static final int STEP = 5_000;
    private final int[] counts = new int[2_000_000];
    private long total;

    void record(long nanos) {
        counts[(int) Math.min(Math.max(nanos, 0) / STEP, counts.length - 1)]++;
        total++;
    }

    /** The time in microseconds that this share (0 to 1) does not exceed; 0 when nothing was recorded. */
    double micros(double share) {
        long rank = (long) Math.ceil(total * share);
        long seen = 0;
        for (int i = 0; i < counts.length && rank > 0; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return (i + 0.5) * STEP / 1000;
            }
        }
        return 0;
    }
}
