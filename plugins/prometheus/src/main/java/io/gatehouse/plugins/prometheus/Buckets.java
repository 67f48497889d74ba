package io.gatehouse.plugins.prometheus;

/** Kong's histogram bounds, in milliseconds. */
final class Buckets {
    private Buckets() {}

    /** For the gateway's own time and the time per token. */
    static double[] gateway() {
        return new double[] {1, 2, 5, 7, 10, 15, 20, 30, 50, 75, 100, 200, 500, 750, 1000, 3000, 6000};
    }

    /** For upstreams and whole requests. */
    static double[] upstream() {
        return new double[] {25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10000, 30000, 60000};
    }

    /** For LLM providers. */
    static double[] provider() {
        return new double[] {250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 10000, 30000, 60000};
    }
}
