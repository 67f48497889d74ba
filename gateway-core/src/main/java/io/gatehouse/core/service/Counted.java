package io.gatehouse.core.service;

import io.gatehouse.api.Counters;

/** What a counter had. The array is never changed. */
final class Counted implements Counters.Count {
    private final boolean granted;
    private final long[] before;

    Counted(boolean granted, long[] before) {
        this.granted = granted;
        this.before = before;
    }

    @Override
    public boolean granted() {
        return granted;
    }

    @Override
    public long before(int window) {
        return before[window];
    }
}
